import { CAPABILITY_MODULE } from "../capability-module.ts";
import { PluginError } from "../plugin-error.ts";
import type { FunctionType, WasmImport } from "../wasm/outline.ts";
import { EXTISM_ENV, KERNEL_FUNCTIONS } from "./kernel/kernel.ts";
import { WASI_ANSWERED, WASI_FUNCTIONS, WASI_MODULE } from "./wasi/wasi-signature.ts";

/** The type of every capability's function. */
const CAPABILITY_TYPE: FunctionType = { params: ["i64"], results: ["i64"] };

/** True for an import that the sandbox answers by itself, without any grant. */
export function isOffered(item: WasmImport): boolean {
  return isOf(item, offeredType(item, new Set()));
}

/** True for an import that links and does nothing: its answer is always that there is no such thing. */
export function isRefused({ module, name }: WasmImport): boolean {
  if (module === EXTISM_ENV) return name.startsWith("http_");
  return module === WASI_MODULE && WASI_FUNCTIONS.has(name) && !WASI_ANSWERED.has(name);
}

/**
 * Refuses a module that imports what nobody answers, or by another type than it has.
 *
 * @param name The plugin's, for messages.
 * @param granted The functions of capabilities that it may call.
 * @throws {PluginError} `sandbox.import-unknown`
 */
export function checkImports(
  name: string,
  imports: readonly WasmImport[],
  granted: ReadonlySet<string>,
): void {
  const faults = imports.flatMap((item) => {
    const wanted = offeredType(item, granted);
    const shown = `${item.kind} "${item.module}" "${item.name}"`;
    if (wanted === undefined) return [shown];
    if (isOf(item, wanted)) return [];
    return [`${shown} as ${item.type ? show(item.type) : "no type"} (it is ${show(wanted)})`];
  });
  if (faults.length === 0) return;
  const more = faults.length > 5 ? ` and ${faults.length - 5} more` : "";
  throw new PluginError(
    "sandbox.import-unknown",
    `Cannot load ${name}: nobody offers what it imports: ${faults.slice(0, 5).join(", ")}${more}`,
    { details: { imports: faults.slice(0, 100) } },
  );
}

function offeredType(item: WasmImport, granted: ReadonlySet<string>): FunctionType | undefined {
  if (item.kind !== "function") return undefined;
  switch (item.module) {
    case EXTISM_ENV:
      return KERNEL_FUNCTIONS.get(item.name);
    case WASI_MODULE:
      return WASI_FUNCTIONS.get(item.name);
    case CAPABILITY_MODULE:
      return granted.has(item.name) ? CAPABILITY_TYPE : undefined;
    default:
      return undefined;
  }
}

/** By another type the engine would link it, and fail in the middle of a call. */
function isOf({ type }: WasmImport, wanted: FunctionType | undefined): boolean {
  return type !== undefined && wanted !== undefined && show(type) === show(wanted);
}

function show({ params, results }: FunctionType): string {
  return `(${params.join(", ")}) -> (${results.join(", ")})`;
}

import { concatBytes } from "../concat-bytes.ts";
import { EXTERNAL_KINDS, type ModuleOutline, type WasmExport } from "../wasm/outline.ts";
import { encodeName, encodeU32 } from "../wasm/writer.ts";
import { CONTROL_EXPORTS, PREFIX } from "./controls.ts";

/** One export, by what it is and its index. */
export type ExportEntry = Pick<WasmExport, "name" | "kind" | "index">;

/** What replaces a module's export section, and what must be called before anything else. */
export interface DeferredStart {
  readonly exportSection: Uint8Array;
  /** Names of exports, in order. */
  readonly calls: readonly string[];
}

/** The SDK calls the first of these that a module exports, as it instantiates it. */
const CALLED_BY_SDK = ["hs_init", "_initialize", "_start"];

/**
 * Turns what a module would run while it is instantiated into exports that are called afterwards: the
 * start function, and the entry points that the SDK calls by itself. So all of a guest's code runs
 * inside of its time limit; the start section has to be left out of the module.
 *
 * @param added Exports of things that the host appended to the module.
 */
export function deferStart(
  { exports, memories, start }: ModuleOutline,
  added: readonly ExportEntry[] = [],
): DeferredStart {
  const calls: string[] = [];
  const entries: ExportEntry[] = [...exports, ...added];
  if (memories.length > 0) {
    entries.push({ name: CONTROL_EXPORTS.memory, kind: "memory", index: 0 });
  }
  if (start !== undefined) {
    entries.push({ name: `${PREFIX}start`, kind: "function", index: start });
    calls.push(`${PREFIX}start`);
  }
  const renamed = entries.map((entry) =>
    CALLED_BY_SDK.includes(entry.name) ? { ...entry, name: `${PREFIX}${entry.name}` } : entry
  );
  const called = CALLED_BY_SDK.find((name) =>
    exports.some((entry) => entry.name === name && entry.kind === "function")
  );
  if (called !== undefined) calls.push(`${PREFIX}${called}`);
  const exportSection = concatBytes([
    Uint8Array.from(encodeU32(renamed.length)),
    ...renamed.flatMap(({ name, kind, index }) => [
      encodeName(name),
      Uint8Array.from([EXTERNAL_KINDS.indexOf(kind), ...encodeU32(index)]),
    ]),
  ]);
  return { exportSection, calls };
}

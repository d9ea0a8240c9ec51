import { PluginError } from "../../plugin-error.ts";
import type { ModuleOutline } from "../../wasm/outline.ts";
import { SECTION } from "../../wasm/section.ts";
import { encodeU32 } from "../../wasm/writer.ts";
import { CONTROL_EXPORTS, PREFIX } from "../controls.ts";
import { deferStart, type ExportEntry } from "../deferred-start.ts";
import { cappedMemories, cappedTables } from "../size-caps.ts";
import { Appendix } from "./appendix.ts";
import { Assembly } from "./assembly.ts";
import { rewriteCode } from "./code.ts";
import { invalid } from "./invalid.ts";
import { checkSegments } from "./segments.ts";
import { readShape } from "./shape.ts";

export { FUEL_SCHEDULE } from "./schedule.ts";

/** How a module is metered. */
export interface MeterOptions {
  /** What its memory may grow to, in pages of 64 KiB. */
  readonly memoryPages: number;
  /** False leaves NaN bits to the engine; for benches only. */
  readonly canonicalNaN?: boolean;
}

/** A module that may be compiled and run. */
export interface MeteredModule {
  /** Without its custom sections: what they say of offsets is no longer so. */
  readonly bytes: Uint8Array;
  /** Exports to call, in order, before the entry: what would have run at instantiation. */
  readonly startCalls: readonly string[];
  /**
   * True where the control `reset` and restoring the memory give a state equal to a new instance's. A
   * memory that has grown is for the host to see.
   */
  readonly resets: boolean;
}

/**
 * Rewrites a module so that it counts what it spends and how deep it calls, makes no NaN but the
 * canonical one, and cannot grow beyond its caps. The host sets the counters before each call.
 *
 * @param name For messages.
 * @throws {PluginError} `sandbox.module-invalid` for a feature or a size that is not allowed and for
 * whatever the specification does not allow; `sandbox.memory` for too large a memory or table
 */
export function meter(
  name: string,
  bytes: Uint8Array,
  outline: ModuleOutline,
  options: MeterOptions,
): MeteredModule {
  refuseOurNames(name, outline);
  refuseOtherImports(name, outline);
  const tables = cappedTables(outline.tables);
  const memories = cappedMemories(outline.memories, options.memoryPages);
  const { bodies, appendix, resets } = rewrite(name, bytes, outline, options);
  // What is appended could make valid what was not. The walk has named what it saw; this sees all.
  if (!WebAssembly.validate(bytes as Uint8Array<ArrayBuffer>)) throw explain(name, bytes);

  const added: ExportEntry[] = [
    { name: CONTROL_EXPORTS.fuel, kind: "global", index: appendix.fuelGlobal },
    { name: CONTROL_EXPORTS.stack, kind: "global", index: appendix.stackGlobal },
    { name: CONTROL_EXPORTS.fault, kind: "global", index: appendix.faultGlobal },
  ];
  if (resets) {
    added.push({ name: CONTROL_EXPORTS.reset, kind: "function", index: appendix.reset() });
  }
  const { exportSection, calls } = deferStart(outline, added);
  const { types, functions } = appendix;
  const module = new Assembly(bytes, outline);
  module.replace(SECTION.table, tables);
  module.replace(SECTION.memory, memories);
  module.replace(SECTION.export, exportSection);
  module.remove(SECTION.start);
  module.append(SECTION.type, types);
  module.append(SECTION.function, functions.map(({ type }) => encodeU32(type)));
  module.append(SECTION.global, COUNTERS);
  module.append(
    SECTION.code,
    functions.map(({ body }) => [...encodeU32(body.length), ...body]),
    bodies,
  );
  return { bytes: module.bytes(), startCalls: calls, resets };
}

/** Mutable globals that begin at 0: an i64 and two i32, as {@link Appendix} numbers them. */
const COUNTERS = [
  [0x7e, 0x01, 0x42, 0x00, 0x0b],
  [0x7f, 0x01, 0x41, 0x00, 0x0b],
  [0x7f, 0x01, 0x41, 0x00, 0x0b],
];

function refuseOtherImports(name: string, { imports }: ModuleOutline): void {
  const other = imports.find(({ kind }) => kind !== "function");
  if (other !== undefined) {
    throw invalid(
      name,
      `imports a ${other.kind} (${JSON.stringify(other.name)}); only functions may be imported`,
    );
  }
}

function refuseOurNames(name: string, { exports }: ModuleOutline): void {
  const taken = exports.find((item) => item.name.startsWith(PREFIX));
  if (taken !== undefined) {
    throw invalid(
      name,
      `exports "${taken.name}"; names that begin with "${PREFIX}" are the host's`,
    );
  }
}

/** Walks over the whole module; what its sections lack is a fault of the module here. */
function rewrite(
  name: string,
  bytes: Uint8Array,
  outline: ModuleOutline,
  options: MeterOptions,
): { bodies: Uint8Array; appendix: Appendix; resets: boolean } {
  try {
    const shape = readShape(name, bytes, outline);
    checkSegments(shape, outline);
    const appendix = new Appendix(shape, options.memoryPages);
    const code = rewriteCode(shape, outline, appendix, options.canonicalNaN ?? true);
    const resets = !code.changesTables && !outline.exports.some(({ kind }) => kind === "table");
    return { bodies: code.bodies, appendix, resets };
  } catch (error) {
    if (!(error instanceof PluginError) || error.code !== "bundle.malformed") throw error;
    throw new PluginError("sandbox.module-invalid", `Cannot load ${name}: ${error.message}`, {
      details: error.details,
      cause: error,
    });
  }
}

/** The engine's own words for an invalid module. */
function explain(name: string, bytes: Uint8Array): PluginError {
  let cause: unknown;
  try {
    new WebAssembly.Module(bytes as Uint8Array<ArrayBuffer>);
  } catch (error) {
    cause = error;
  }
  const why = cause instanceof Error ? `: ${cause.message}` : "";
  return new PluginError(
    "sandbox.module-invalid",
    `Cannot load ${name}: it is not a valid Wasm module${why}`,
    cause === undefined ? {} : { cause },
  );
}

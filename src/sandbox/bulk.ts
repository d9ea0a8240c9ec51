import { PluginError } from "../plugin-error.ts";
import type { ModuleOutline } from "../wasm/outline.ts";

/**
 * Two exports by which a guest offers to take its input and give its output in its own memory, each in
 * one copy. A host that does not know them, any other Extism host, calls neither, and the guest uses
 * Extism's functions: so the file stays an ordinary Extism plugin.
 */
const BULK_INPUT = "cofferdam_input";
/** See {@link BULK_INPUT}. */
const BULK_OUTPUT = "cofferdam_output";

/** The functions of a guest that takes part. */
export interface BulkExports {
  /** Makes room for an input of `length` bytes; gives its address. Called before the entry point. */
  readonly [BULK_INPUT]: (length: number) => number;
  /** The output's length in the upper, its address in the lower 32 bits; 0 where there is none. */
  readonly [BULK_OUTPUT]: () => bigint;
}

/** True for a module with both functions and a memory of its own. */
export function offersBulk({ exports, memories }: ModuleOutline): boolean {
  const typeOf = (name: string) => {
    const type = exports.find((item) => item.name === name && item.kind === "function")?.type;
    return type && `${type.params.join()}->${type.results.join()}`;
  };
  return memories.length === 1 && typeOf(BULK_INPUT) === "i32->i32" &&
    typeOf(BULK_OUTPUT) === "->i64";
}

/** Copies `input` to where the guest wants it. */
export function putInput(guest: BulkExports, memory: WebAssembly.Memory, input: Uint8Array): void {
  const address = guest[BULK_INPUT](input.length) >>> 0;
  span(memory, address, input.length, "input").set(input);
}

/** The guest's output as a view; undefined where it gave none this way. */
export function takeOutput(
  guest: BulkExports,
  memory: WebAssembly.Memory,
): Uint8Array | undefined {
  const place = BigInt.asUintN(64, guest[BULK_OUTPUT]());
  if (place === 0n) return undefined;
  return span(memory, Number(place & 0xffff_ffffn), Number(place >> 32n), "output");
}

function span(
  { buffer }: WebAssembly.Memory,
  address: number,
  length: number,
  what: string,
): Uint8Array {
  if (address + length <= buffer.byteLength) return new Uint8Array(buffer, address, length);
  throw new PluginError(
    "sandbox.trap",
    `The plugin was stopped: it put its ${what} outside of its memory`,
  );
}

import { type Output, putU32 } from "./output.ts";

/** An instruction with one index: a byte and a LEB128 of 32 bits. */
const INSTRUCTION_BYTES = 6;

/**
 * Writes the code of a body. What is not changed is copied in runs, each as long as it can be: the run
 * at hand is copied when something is to stand behind it.
 */
export class RunWriter {
  /** Where the next byte goes in the output. */
  at = 0;
  /** Where the run begins that is still to be copied. What is not to be copied is left out by it. */
  runStart = 0;
  readonly #output: Output;

  /** @param output Has in front of it what is copied. */
  constructor(output: Output) {
    this.#output = output;
  }

  /** Copies the run up to `end` and writes `code` behind it; the next run begins at `end`. */
  put(end: number, code: Uint8Array): void {
    const out = this.#copyRun(end, code.length);
    out.set(code, this.at);
    this.at += code.length;
  }

  /** As {@link put}, with an instruction that has one index. */
  putInstruction(end: number, opcode: number, index: number): void {
    const out = this.#copyRun(end, INSTRUCTION_BYTES);
    out[this.at] = opcode;
    this.at = putU32(out, this.at + 1, index);
  }

  /** As {@link put}, with `width` bytes that are written later; returns where they stand. */
  reserve(end: number, width: number): number {
    this.#copyRun(end, width);
    const place = this.at;
    this.at += width;
    return place;
  }

  #copyRun(end: number, more: number): Uint8Array {
    const { at, runStart } = this;
    const size = end - runStart;
    const room = at + size + more;
    const output = this.#output;
    const out = room > output.bytes.length ? output.grow(room) : output.bytes;
    if (size > 0) out.copyWithin(at, runStart, end);
    this.at = at + size;
    this.runStart = end;
    return out;
  }
}

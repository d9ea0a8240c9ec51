import { type Output, putU32 } from "./output.ts";

/** Room behind each run for what is written without another look: an opcode and an index. */
const SPARE = 8;

const NOTHING = new Uint8Array(0);

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
    const { at, runStart } = this;
    const behind = at + (end - runStart);
    const room = behind + code.length + SPARE;
    const output = this.#output;
    const out = room > output.bytes.length ? output.grow(room) : output.bytes;
    if (behind > at) out.copyWithin(at, runStart, end);
    if (code.length > 0) out.set(code, behind);
    this.at = behind + code.length;
    this.runStart = end;
  }

  /** As {@link put}, with an instruction that has one index. */
  putInstruction(end: number, opcode: number, index: number): void {
    this.put(end, NOTHING);
    const out = this.#output.bytes;
    out[this.at] = opcode;
    this.at = putU32(out, this.at + 1, index);
  }

  /** As {@link put}, with a number of `width` bytes that is written later; returns where it stands. */
  reserve(end: number, width: number): number {
    this.put(end, NOTHING);
    const place = this.at;
    this.at += width;
    return place;
  }
}

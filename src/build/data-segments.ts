import { concatBytes } from "../concat-bytes.ts";
import { encodeU32 } from "../wasm/writer.ts";
import { encodeConstant } from "./signed.ts";

/** A run of bytes ends where so many zeros follow: a segment's own frame takes about ten bytes. */
const GAP_BYTES = 64;

/** Engines take 100,000; each costs time when an instance is made. */
const MAX_SEGMENTS = 10_000;

/**
 * A data section that writes a memory, without its zeros.
 *
 * @param from Bytes before it count as zero.
 */
export function encodeData(
  memory: Uint8Array,
  from: number,
): { readonly count: number; readonly content: Uint8Array } {
  let runs = findRuns(memory, from, GAP_BYTES);
  for (let gap = GAP_BYTES * 2; runs.length > MAX_SEGMENTS; gap *= 2) {
    runs = findRuns(memory, from, gap);
  }
  const parts = runs.flatMap(([start, end]) => [
    // An active segment of memory 0: its place, its length.
    Uint8Array.from([0, ...encodeConstant(start), ...encodeU32(end - start)]),
    memory.subarray(start, end),
  ]);
  return {
    count: runs.length,
    content: concatBytes([Uint8Array.from(encodeU32(runs.length)), ...parts]),
  };
}

/** From the first byte that is not zero to one past the last, each followed by `gap` zeros. */
function findRuns(memory: Uint8Array, from: number, gap: number): [number, number][] {
  const runs: [number, number][] = [];
  let start = -1;
  let end = -1;
  for (let at = from; at < memory.length; at++) {
    if (memory[at] === 0) continue;
    if (start !== -1 && at - end >= gap) {
      runs.push([start, end]);
      start = at;
    }
    if (start === -1) start = at;
    end = at + 1;
  }
  if (start !== -1) runs.push([start, end]);
  return runs;
}

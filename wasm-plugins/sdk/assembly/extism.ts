/**
 * The few functions of Extism's ABI that a guest needs. Addresses, offsets and lengths are i64 and
 * lie in the host's memory, not in the guest's; each access is a call into the host, so whatever is
 * long goes eight bytes at a time.
 *
 * @see https://extism.org/docs/concepts/memory
 */

// Names the module that the functions below are imported from. AssemblyScript would also take an
// `@external` decorator on each, but TypeScript's grammar, and so the formatter, has none there.
declare module "extism:host/env";

declare function input_length(): i64;
declare function input_load_u8(offset: i64): i32;
declare function input_load_u64(offset: i64): i64;
declare function alloc(length: i64): i64;
declare function length(offset: i64): i64;
declare function load_u8(offset: i64): i32;
declare function load_u64(offset: i64): i64;
declare function store_u8(offset: i64, byte: i32): void;
declare function store_u64(offset: i64, word: i64): void;
declare function output_set(offset: i64, length: i64): void;
declare function error_set(offset: i64): void;

/** Zero bytes behind every input, so that a reader may look eight bytes ahead of the last one. */
const PADDING: usize = 8;

/** A range of the guest's own memory. */
export class Bytes {
  constructor(readonly start: usize, readonly length: usize) {}

  get end(): usize {
    return this.start + this.length;
  }
}

// Where a host that knows the two functions below has put the input and will look for the output.
let isBulk = false;
let inputStart: usize = 0;
let inputLength: usize = 0;
let outputStart: usize = 0;
let outputLength: usize = 0;

/**
 * Export of a plugin that spares Cofferdam the eight bytes at a time: makes room for the input, which
 * the host then copies at once. Other Extism hosts do not call it.
 */
export function cofferdam_input(length: i32): i32 {
  isBulk = true;
  heap.reset();
  inputLength = <usize> length;
  inputStart = heap.alloc(inputLength + PADDING);
  memory.fill(inputStart + inputLength, 0, PADDING);
  return <i32> inputStart;
}

/** Its counterpart: the output's length in the upper, its address in the lower half. */
export function cofferdam_output(): i64 {
  return (<i64> outputLength) << 32 | <i64> outputStart;
}

/** Makes the heap empty, where the input does not lie in it already. */
export function beginCall(): void {
  if (!isBulk) heap.reset();
}

/** The call's input, in the guest's memory; eight zero bytes stand behind it. */
export function readInput(): Bytes {
  if (isBulk) return new Bytes(inputStart, inputLength);
  const length = <usize> input_length();
  const start = heap.alloc(length + PADDING);
  const words = length & ~7;
  for (let at: usize = 0; at < words; at += 8) {
    store<i64>(start + at, input_load_u64(at));
  }
  for (let at = words; at < length; at++) {
    store<u8>(start + at, <u8> input_load_u8(at));
  }
  memory.fill(start + length, 0, PADDING);
  return new Bytes(start, length);
}

/** Hands `bytes` to the host as the call's output. */
export function writeOutput(bytes: Bytes): void {
  if (isBulk) {
    outputStart = bytes.start;
    outputLength = bytes.length;
    return;
  }
  output_set(copyOut(bytes), bytes.length);
}

/** Hands `message` to the host as the reason why the call failed; the entry point then returns 1. */
export function writeError(message: string): void {
  const text = String.UTF8.encode(message);
  error_set(copyOut(new Bytes(changetype<usize>(text), text.byteLength)));
}

/**
 * What AssemblyScript calls for `throw`, a failed `assert` or an index out of range, in place of an
 * import `env.abort` that no Extism host has: says why, then traps.
 */
export function abort(message: string | null, file: string | null, line: u32, column: u32): void {
  const what = message === null ? "aborted" : message;
  const where = file === null ? "" : ` (${file}:${line}:${column})`;
  writeError(what + where);
  unreachable();
}

/** Copies `bytes` into a block of the host's. @returns its address */
export function copyOut(bytes: Bytes): i64 {
  const block = alloc(bytes.length);
  const words = bytes.length & ~7;
  for (let at: usize = 0; at < words; at += 8) {
    store_u64(block + <i64> at, load<i64>(bytes.start + at));
  }
  for (let at = words; at < bytes.length; at++) {
    store_u8(block + <i64> at, load<u8>(bytes.start + at));
  }
  return block;
}

/** Copies a block of the host's into the guest's memory; eight zero bytes stand behind it. */
export function copyIn(block: i64): Bytes {
  const size = <usize> length(block);
  const start = heap.alloc(size + PADDING);
  const words = size & ~7;
  for (let at: usize = 0; at < words; at += 8) {
    store<i64>(start + at, load_u64(block + <i64> at));
  }
  for (let at = words; at < size; at++) {
    store<u8>(start + at, <u8> load_u8(block + <i64> at));
  }
  memory.fill(start + size, 0, PADDING);
  return new Bytes(start, size);
}

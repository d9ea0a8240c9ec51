/**
 * What the walker must know of each instruction: which immediates follow it, and how many operands
 * it leaves more than it takes. The types of operands are the engine's business.
 *
 * @see Wasm 2.0, 5.4 and appendix "Index of Instructions"
 */

/** How a SIMD instruction is walked. */
export const SIMD_SHAPE = {
  refused: 0,
  plain: 1,
  access: 2,
  accessLane: 3,
  bytes16: 4,
  lane: 5,
  float: 6,
} as const;

/** 1 for each one-byte opcode of Wasm 2.0 that has no immediates and means nothing to the walk. */
export const PLAIN: Uint8Array = new Uint8Array(256);
/** Operands left minus operands taken, where that does not depend on an immediate. */
export const NET: Int8Array = new Int8Array(256);
/** {@link SIMD_SHAPE} of each opcode behind 0xFD. */
export const SIMD_SHAPES: Uint8Array = new Uint8Array(256);
/** As {@link NET}, behind 0xFD. */
export const SIMD_NET: Int8Array = new Int8Array(256);

const fill = (shapes: Uint8Array, nets: Int8Array) =>
(
  shape: number,
  net: number,
  ...ranges: readonly (readonly [first: number, last?: number])[]
): void => {
  for (const [first, last = first] of ranges) {
    shapes.fill(shape, first, last + 1);
    nets.fill(net, first, last + 1);
  }
};

const set = fill(new Uint8Array(256), NET);
const setPlain = fill(PLAIN, NET);
// if, br_if, br_table and call_indirect take an i32 of their own; labels and calls are the walk's.
set(0, -1, [0x04], [0x0d, 0x0e], [0x11]);
set(0, -2, [0x1c]);
// local.get, set, tee; global.get, set; table.get, set.
set(0, 1, [0x20], [0x23]);
set(0, -1, [0x21], [0x24]);
set(0, -2, [0x26]);
// Stores, memory.size, constants, ref.null, ref.func; loads and memory.grow leave what they take.
set(0, -2, [0x36, 0x3e]);
set(0, 1, [0x3f], [0x41, 0x44], [0xd0], [0xd2]);
// Floats that may be NaN, of two operands.
set(0, -1, [0x92, 0x97], [0xa0, 0xa5]);
// drop and select, ref.is_null, then the numeric instructions of one operand and of two.
setPlain(1, -1, [0x1a]);
setPlain(1, -2, [0x1b]);
setPlain(1, 0, [0x45], [0x50], [0x67, 0x69], [0x79, 0x7b], [0x8b, 0x8c], [0x99, 0x9a]);
setPlain(1, 0, [0xa7, 0xb5], [0xb7, 0xba], [0xbc, 0xc4], [0xd1]);
setPlain(1, -1, [0x46, 0x4f], [0x51, 0x66], [0x6a, 0x78], [0x7c, 0x8a], [0x98], [0xa6]);

const setSimd = fill(SIMD_SHAPES, SIMD_NET);
// Of one operand, then of two, then the one of three.
setSimd(SIMD_SHAPE.plain, 0, [0x0f, 0x14], [0x4d], [0x53], [0x60, 0x64], [0x7c, 0x81]);
setSimd(SIMD_SHAPE.plain, 0, [0x83, 0x84], [0x87, 0x8a], [0xa0, 0xa1], [0xa3, 0xa4], [0xa7, 0xaa]);
setSimd(SIMD_SHAPE.plain, 0, [0xc0, 0xc1], [0xc3, 0xc4], [0xc7, 0xca], [0xe0, 0xe1], [0xec, 0xed]);
setSimd(SIMD_SHAPE.plain, 0, [0xf8, 0xff]);
setSimd(SIMD_SHAPE.plain, -1, [0x0e], [0x23, 0x4c], [0x4e, 0x51], [0x65, 0x66], [0x6b, 0x73]);
setSimd(SIMD_SHAPE.plain, -1, [0x76, 0x79], [0x7b], [0x82], [0x85, 0x86], [0x8b, 0x93]);
setSimd(SIMD_SHAPE.plain, -1, [0x95, 0x99], [0x9b, 0x9f], [0xab, 0xae], [0xb1], [0xb5, 0xba]);
setSimd(SIMD_SHAPE.plain, -1, [0xbc, 0xbf], [0xcb, 0xce], [0xd1], [0xd5, 0xdf], [0xea, 0xeb]);
setSimd(SIMD_SHAPE.plain, -1, [0xf6, 0xf7]);
setSimd(SIMD_SHAPE.plain, -2, [0x52]);
setSimd(SIMD_SHAPE.access, 0, [0x00, 0x0a], [0x5c, 0x5d]);
setSimd(SIMD_SHAPE.access, -2, [0x0b]);
setSimd(SIMD_SHAPE.accessLane, -1, [0x54, 0x57]);
setSimd(SIMD_SHAPE.accessLane, -2, [0x58, 0x5b]);
setSimd(SIMD_SHAPE.bytes16, 1, [0x0c]);
setSimd(SIMD_SHAPE.bytes16, -1, [0x0d]);
setSimd(SIMD_SHAPE.lane, 0, [0x15, 0x16], [0x18, 0x19], [0x1b], [0x1d], [0x1f], [0x21]);
setSimd(SIMD_SHAPE.lane, -1, [0x17], [0x1a], [0x1c], [0x1e], [0x20], [0x22]);
// Those that can make a NaN; pmin and pmax only choose between two values.
setSimd(SIMD_SHAPE.float, 0, [0x5e, 0x5f], [0x67, 0x6a], [0x74, 0x75], [0x7a], [0x94], [0xe3]);
setSimd(SIMD_SHAPE.float, 0, [0xef]);
setSimd(SIMD_SHAPE.float, -1, [0xe4, 0xe9], [0xf0, 0xf5]);

/** Instructions behind 0xFC. */
export const BULK = {
  truncateLast: 7,
  memoryInit: 8,
  dataDrop: 9,
  memoryCopy: 10,
  memoryFill: 11,
  tableInit: 12,
  elemDrop: 13,
  tableCopy: 14,
  tableGrow: 15,
  tableSize: 16,
  tableFill: 17,
} as const;

const EXCEPTIONS = "exception handling";
const TYPED = "typed function references";

/** Names that a plugin's author may look up; the instructions are those of later proposals. */
const REFUSED: Readonly<Record<number, readonly [feature: string, instruction: string]>> = {
  0x06: [EXCEPTIONS, "try"],
  0x07: [EXCEPTIONS, "catch"],
  0x08: [EXCEPTIONS, "throw"],
  0x09: [EXCEPTIONS, "rethrow"],
  0x0a: [EXCEPTIONS, "throw_ref"],
  0x12: ["tail calls", "return_call"],
  0x13: ["tail calls", "return_call_indirect"],
  0x14: [TYPED, "call_ref"],
  0x15: ["tail calls", "return_call_ref"],
  0x18: [EXCEPTIONS, "delegate"],
  0x19: [EXCEPTIONS, "catch_all"],
  0x1f: [EXCEPTIONS, "try_table"],
  0xd3: ["garbage collection", "ref.eq"],
  0xd4: [TYPED, "ref.as_non_null"],
  0xd5: [TYPED, "br_on_null"],
  0xd6: [TYPED, "br_on_non_null"],
  0xfb: ["garbage collection", "prefix 0xfb"],
  0xfe: ["threads", "prefix 0xfe"],
};

/** Why an opcode is refused: `uses tail calls (return_call at byte 33)`. */
export function describeRefused(opcode: number, offset: number): string {
  const known = REFUSED[opcode];
  return known === undefined
    ? `uses the unknown instruction 0x${opcode.toString(16)} at byte ${offset}`
    : `uses ${known[0]} (${known[1]} at byte ${offset})`;
}

import { SIMD_SHAPE, SIMD_SHAPES } from "./opcode.ts";

/**
 * Engines differ in the bits of a NaN that arithmetic makes, even between their compiler tiers. So a
 * NaN gets the canonical bits as soon as it is made, which the specification allows.
 *
 * @see Wasm 2.0, 4.3.3.2: NaN propagation
 */

/** Types of float arithmetic's results; each needs a local of its own. */
export const FLOAT = { none: 0, f32: 1, f64: 2, f32x4: 3, f64x2: 4 } as const;

/** Which local of the three: f32, f64, or v128 for both of the SIMD shapes. */
export const SCRATCH_OF: readonly number[] = [0, 0, 1, 2, 2];

/** A fourth, an i32, for the counted depth. */
export const SAVED_STACK = 3;

/** A fifth, an i64, for the fuel of a function that loops. */
export const KEPT_FUEL = 4;

/** The value types of those locals. */
export const SCRATCH_TYPES: readonly number[] = [0x7d, 0x7c, 0x7b, 0x7f, 0x7e];

/** {@link FLOAT} of what an opcode makes, where that may be a NaN. */
export const RESULT: Uint8Array = new Uint8Array(256);
/** {@link FLOAT} of what an opcode takes, where no NaN's bits are left after it. */
const HIDES: Uint8Array = new Uint8Array(256);
/** As {@link RESULT}, behind 0xFD. */
export const SIMD_RESULT: Uint8Array = new Uint8Array(256);
/** As {@link HIDES}, behind 0xFD. */
const SIMD_HIDES: Uint8Array = new Uint8Array(256);

for (let op = 0; op < 256; op++) {
  // ceil to max of both types, demote, promote; between them stand abs, neg and copysign.
  if ((op >= 0x8d && op <= 0x97) || (op >= 0x9b && op <= 0xa5) || op === 0xb6 || op === 0xbb) {
    RESULT[op] = op <= 0x97 || op === 0xb6 ? FLOAT.f32 : FLOAT.f64;
    HIDES[op] = op <= 0x97 || op === 0xbb ? FLOAT.f32 : FLOAT.f64;
  }
  if (SIMD_SHAPES[op] === SIMD_SHAPE.float) {
    const single = op === 0x5e || (op >= 0x67 && op <= 0x6a) || (op >= 0xe3 && op <= 0xe9);
    SIMD_RESULT[op] = single ? FLOAT.f32x4 : FLOAT.f64x2;
    // demote and promote hide nothing here: what they read is of the other shape.
    if (op !== 0x5e && op !== 0x5f) SIMD_HIDES[op] = SIMD_RESULT[op]!;
  }
}
// Comparisons, then conversions to integers.
HIDES.fill(FLOAT.f32, 0x5b, 0x61);
HIDES.fill(FLOAT.f64, 0x61, 0x67);
for (const op of [0xa8, 0xa9, 0xae, 0xaf]) HIDES[op] = FLOAT.f32;
for (const op of [0xaa, 0xab, 0xb0, 0xb1]) HIDES[op] = FLOAT.f64;
SIMD_HIDES.fill(FLOAT.f32x4, 0x41, 0x47);
SIMD_HIDES.fill(FLOAT.f64x2, 0x47, 0x4d);
SIMD_HIDES.fill(FLOAT.f32x4, 0xf8, 0xfa);
SIMD_HIDES.fill(FLOAT.f64x2, 0xfc, 0xfe);

const DROP = 0x1a;
const LOCAL_GET = 0x20;

/**
 * True where the instruction at `at` takes the float that was just made and shows nothing of a NaN's
 * bits. An arithmetic instruction counts: of any NaN it makes one, which is made canonical in turn.
 */
export function isHidden(bytes: Uint8Array, at: number, end: number, type: number): boolean {
  let op = bytes[at]!;
  if (op === DROP) return true;
  if (op === LOCAL_GET && bytes[at + 1]! < 0x80 && at + 2 < end) {
    // The value is the first operand of two then; only scalars are worth the look.
    op = bytes[at + 2]!;
    return HIDES[op] === type && takesTwo(op);
  }
  if (op === 0xfc) {
    const sub = bytes[at + 1]!;
    return sub < 8 && type === ((sub & 2) === 0 ? FLOAT.f32 : FLOAT.f64);
  }
  if (op !== 0xfd) return HIDES[op] === type;
  const low = bytes[at + 1]!;
  if (low < 0x80) return SIMD_HIDES[low] === type;
  return bytes[at + 2] === 1 && SIMD_HIDES[low] === type;
}

/** Comparisons, and add to max of both types. */
function takesTwo(op: number): boolean {
  return op <= 0x66 || (op >= 0x92 && op <= 0x97) || (op >= 0xa0 && op <= 0xa5);
}

/**
 * The code that turns a NaN on the stack into the canonical one, by {@link FLOAT} type: it compares
 * the value with itself. `local` is the index of the scratch local, in LEB128.
 */
export function canonicalise(type: number, local: readonly number[]): Uint8Array {
  const [constant, equal, choose] = PARTS[type]!;
  const get = [LOCAL_GET, ...local];
  return Uint8Array.from([0x22, ...local, ...constant, ...get, ...get, ...equal, ...choose]);
}

const F32_NAN = [0x00, 0x00, 0xc0, 0x7f];
const F64_NAN = [0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xf8, 0x7f];
const SELECT = [0x1b];
const BITSELECT = [0xfd, 0x52];

/** Constant, equality, choice. */
const PARTS: readonly (readonly [readonly number[], readonly number[], readonly number[]])[] = [
  [[], [], []],
  [[0x43, ...F32_NAN], [0x5b], SELECT],
  [[0x44, ...F64_NAN], [0x61], SELECT],
  [[0xfd, 0x0c, ...F32_NAN, ...F32_NAN, ...F32_NAN, ...F32_NAN], [0xfd, 0x41], BITSELECT],
  [[0xfd, 0x0c, ...F64_NAN, ...F64_NAN], [0xfd, 0x47], BITSELECT],
];

import { checkValueType } from "./body-frame.ts";
import { invalid } from "./invalid.ts";
import { lebEnd, readU32 } from "./leb.ts";
import { describeRefused, SIMD_SHAPE, SIMD_SHAPES } from "./opcode.ts";
import { describeAlignment } from "./scan-run.ts";
import type { ModuleShape } from "./shape.ts";

// Each of these checks what stands at `p` behind an instruction, which itself begins at `at`, in a
// body that ends at `end`. Numbers of one byte are most of them, and not worth a call.

/** Where the index or type ends that was read last: a second result without an object for it. */
export let immediateEnd = 0;

/** Block types besides the indices of function types. */
export const BLOCK_TYPE = { none: -1, oneResult: -2, oneWideResult: -3 } as const;

const V128 = 0x7b;

/** An index into what the module has `count` of; sets {@link immediateEnd}. */
export function readIndex(
  { name, bytes }: ModuleShape,
  what: string,
  count: number,
  p: number,
  end: number,
  at: number,
): number {
  let index = bytes[p]!;
  immediateEnd = p + 1;
  if (index > 0x7f) {
    index = readU32(name, bytes, p, end);
    immediateEnd = lebEnd;
  }
  if (index >= count) throw missing(name, what, index, count, at);
  return index;
}

/** The index of a function type, or one of {@link BLOCK_TYPE}; sets {@link immediateEnd}. */
export function readBlockType(
  { name, bytes, types }: ModuleShape,
  p: number,
  end: number,
  at: number,
): number {
  let code = bytes[p]!;
  immediateEnd = p + 1;
  if (code === 0x40) return BLOCK_TYPE.none;
  if (code > 0x40 && code < 0x80) {
    checkValueType(name, code, at);
    return code === V128 ? BLOCK_TYPE.oneWideResult : BLOCK_TYPE.oneResult;
  }
  if (code > 0x7f) {
    code = readU32(name, bytes, p, end);
    immediateEnd = lebEnd;
    // The number is a signed one; a set sign bit would make it negative.
    if (immediateEnd - p < 5 && (bytes[immediateEnd - 1]! & 0x40) !== 0) {
      const value = code - 2 ** (7 * (immediateEnd - p));
      throw invalid(name, `has the unknown block type ${value} at byte ${at}`);
    }
  }
  if (code >= types.length) throw missing(name, "type", code, types.length, at);
  return code;
}

/** What an instruction has that is copied as it is and means nothing to the walk; returns its end. */
export function skipImmediate(
  shape: ModuleShape,
  op: number,
  p: number,
  end: number,
  at: number,
): number {
  const { name, bytes, functions, tables } = shape;
  switch (op) {
    case 0x01: // nop
      return p;
    case 0x25: // table.get
    case 0x26: // table.set
      readIndex(shape, "table", tables.length, p, end, at);
      return immediateEnd;
    case 0x3f: // memory.size
    case 0x40: // memory.grow
      if (bytes[p] === 0) return p + 1;
      throw invalid(
        name,
        `uses multi-memory (memory.${op === 0x3f ? "size" : "grow"} at byte ${at})`,
      );
    case 0xd0: // ref.null
      if (bytes[p] === 0x70 || bytes[p] === 0x6f) return p + 1;
      throw invalid(
        name,
        `uses typed function references or garbage collection (ref.null at byte ${at})`,
      );
    case 0xd2: // ref.func
      readIndex(shape, "function", functions.length, p, end, at);
      return immediateEnd;
    default:
      throw invalid(name, describeRefused(op, at));
  }
}

/** As {@link skipImmediate}, behind 0xFD and the number `sub`. */
export function skipSimdImmediate(
  { name, bytes }: ModuleShape,
  sub: number,
  p: number,
  end: number,
  at: number,
): number {
  switch (SIMD_SHAPES[sub]) {
    case SIMD_SHAPE.plain:
    case SIMD_SHAPE.float:
      return p;
    case SIMD_SHAPE.access:
    case SIMD_SHAPE.accessLane:
      if (bytes[p]! > 0x1f) throw invalid(name, describeAlignment(bytes[p]!, at));
      readU32(name, bytes, p + 1, end);
      return SIMD_SHAPES[sub] === SIMD_SHAPE.access ? lebEnd : lebEnd + 1;
    case SIMD_SHAPE.bytes16:
      return p + 16;
    case SIMD_SHAPE.lane:
      return p + 1;
    default:
      throw invalid(name, describeSimd(sub, at));
  }
}

function missing(name: string, what: string, index: number, count: number, at: number) {
  return invalid(name, `refers to ${what} ${index} at byte ${at}, there are ${count}`);
}

function describeSimd(sub: number, at: number): string {
  return sub >= 0x100 && sub <= 0x13f
    ? `uses relaxed SIMD (0xfd 0x${sub.toString(16)} at byte ${at})`
    : `uses the unknown instruction 0xfd 0x${sub.toString(16)} at byte ${at}`;
}

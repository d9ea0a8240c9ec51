/**
 * Sets of small numbers as text, to be kept as a value of the state: hexadecimal digits, of which each
 * holds four numbers, the lowest in its lowest bit. Zeros at the end are left out, so that a set with
 * few low numbers is short, and the empty set is "".
 */
export type Bitmap = string;

/** How many numbers one bitmap is used for: a kilobyte of text. */
export const BITMAP_SIZE = 4_096;

/** Whether the set has a number. */
export function hasBit(bitmap: Bitmap, bit: number): boolean {
  return (digitOf(bitmap, bit) & maskOf(bit)) !== 0;
}

/** The set with a number more. */
export function addBit(bitmap: Bitmap, bit: number): Bitmap {
  return replaceDigit(bitmap, bit, digitOf(bitmap, bit) | maskOf(bit));
}

/** The set without a number. */
export function removeBit(bitmap: Bitmap, bit: number): Bitmap {
  if (!hasBit(bitmap, bit)) return bitmap;
  return replaceDigit(bitmap, bit, digitOf(bitmap, bit) & ~maskOf(bit)).replace(/0+$/, "");
}

/** The lowest number from `from` to `to` that the set does not have. */
export function firstFree(bitmap: Bitmap, from: number, to: number): number | undefined {
  for (let bit = from; bit <= to; bit++) {
    // What is full is passed over by the engine's own code, not number by number.
    if (bit % 4 === 0) bit += runOfFull(bitmap, bit / 4) * 4;
    if (bit <= to && !hasBit(bitmap, bit)) return bit;
  }
  return undefined;
}

function runOfFull(bitmap: Bitmap, at: number): number {
  const full = /f*/y;
  full.lastIndex = at;
  return at > bitmap.length ? 0 : full.exec(bitmap)![0].length;
}

function digitOf(bitmap: Bitmap, bit: number): number {
  return parseInt(bitmap[bit >> 2] ?? "0", 16);
}

function maskOf(bit: number): number {
  return 1 << (bit & 3);
}

function replaceDigit(bitmap: Bitmap, bit: number, digit: number): Bitmap {
  const at = bit >> 2;
  const before = bitmap.slice(0, at).padEnd(at, "0");
  return before + digit.toString(16) + bitmap.slice(at + 1);
}

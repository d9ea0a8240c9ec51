/** `value` as a signed LEB128 of the fewest bytes. */
export function encodeSigned(value: bigint): number[] {
  const bytes: number[] = [];
  for (;;) {
    const byte = Number(value & 0x7fn);
    value >>= 7n;
    const isLast = value === (byte & 0x40 ? -1n : 0n);
    bytes.push(isLast ? byte : byte | 0x80);
    if (isLast) return bytes;
  }
}

/** The constant expression `i32.const value`. */
export function encodeConstant(value: number): number[] {
  return [0x41, ...encodeSigned(BigInt(value | 0)), 0x0b];
}

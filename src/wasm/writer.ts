/** `value` as an unsigned LEB128 of the fewest bytes. `value` is an integer below 2^32. */
export function encodeU32(value: number): number[] {
  const bytes: number[] = [];
  do {
    const byte = value % 128;
    value = Math.floor(value / 128);
    bytes.push(value > 0 ? byte | 0x80 : byte);
  } while (value > 0);
  return bytes;
}

/** One section: its id, its length and its content. */
export function encodeSection(id: number, content: Uint8Array): Uint8Array {
  return concatBytes([Uint8Array.of(id, ...encodeU32(content.length)), content]);
}

/** A custom section (id 0) called `name`. */
export function encodeCustomSection(name: string, content: Uint8Array): Uint8Array {
  const nameBytes = new TextEncoder().encode(name);
  return encodeSection(
    0,
    concatBytes([Uint8Array.from(encodeU32(nameBytes.length)), nameBytes, content]),
  );
}

/** All `parts`, one after the other, in a new array. */
export function concatBytes(parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}

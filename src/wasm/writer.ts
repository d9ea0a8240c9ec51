import { concatBytes } from "../concat-bytes.ts";
import type { Section } from "./section.ts";

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
  return encodeSection(0, concatBytes([encodeName(name), content]));
}

/** A name: its length in bytes and UTF-8. */
export function encodeName(name: string): Uint8Array {
  const bytes = new TextEncoder().encode(name);
  return concatBytes([Uint8Array.from(encodeU32(bytes.length)), bytes]);
}

/**
 * The module with the content of some sections replaced; `null` leaves a section out. Sections that
 * the module does not have are not added.
 *
 * @param contents By section id.
 */
export function replaceSections(
  bytes: Uint8Array,
  sections: readonly Section[],
  contents: ReadonlyMap<number, Uint8Array | null>,
): Uint8Array {
  const parts = [bytes.subarray(0, 8)];
  for (const section of sections) {
    const content = contents.get(section.id);
    if (content === undefined) parts.push(bytes.subarray(section.start, section.end));
    else if (content !== null) parts.push(encodeSection(section.id, content));
  }
  return concatBytes(parts);
}

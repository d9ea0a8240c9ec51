/**
 * Bytes that grow, with what is copied into them in front: then a copy is one call without a view
 * made for it. Whoever writes sees to the room first, and works on `bytes` itself.
 */
export class Output {
  bytes: Uint8Array;
  /** Where what was written begins. */
  readonly start: number;
  /** Where it ends. */
  length: number;

  /**
   * @param sources Stand from 0 on, one after the other.
   * @param capacity For what will be written.
   */
  constructor(sources: readonly Uint8Array[], capacity: number) {
    const start = sources.reduce((sum, source) => sum + source.length, 0);
    this.bytes = new Uint8Array(start + capacity);
    let at = 0;
    for (const source of sources) {
      this.bytes.set(source, at);
      at += source.length;
    }
    this.start = start;
    this.length = start;
  }

  /** Makes room up to `length`, keeps what is there. */
  grow(length: number): Uint8Array {
    const bytes = new Uint8Array(Math.max(length, Math.ceil(this.bytes.length * 1.5)));
    bytes.set(this.bytes);
    this.bytes = bytes;
    return bytes;
  }

  /** A view of what was written. */
  written(): Uint8Array {
    return this.bytes.subarray(this.start, this.length);
  }
}

/** Writes an unsigned LEB128; returns the position behind it. */
export function putU32(target: Uint8Array, at: number, value: number): number {
  while (value > 0x7f) {
    target[at++] = (value & 0x7f) | 0x80;
    value >>>= 7;
  }
  target[at++] = value;
  return at;
}

/** Bytes of an unsigned LEB128. */
export function sizeOfU32(value: number): number {
  let size = 1;
  for (; value > 0x7f; value >>>= 7) size++;
  return size;
}

/** Writes a signed LEB128 of exactly `width` bytes, of a value that is not negative and fits. */
export function putPadded(target: Uint8Array, at: number, value: number, width: number): number {
  for (let left = width; left > 1; left--) {
    target[at++] = (value & 0x7f) | 0x80;
    value >>>= 7;
  }
  target[at++] = value;
  return at;
}

/** Bytes of a signed LEB128 of a value that is not negative. */
export function sizeOfSigned(value: number): number {
  let size = 1;
  for (; value > 0x3f; value >>>= 7) size++;
  return size;
}

/** A signed LEB128 of the fewest bytes. */
export function encodeSigned(value: number): number[] {
  const bytes: number[] = [];
  for (;;) {
    const low = value & 0x7f;
    value = Math.floor(value / 128);
    const last = low < 0x40 ? value === 0 : value === -1;
    if (last) return [...bytes, low];
    bytes.push(low | 0x80);
  }
}

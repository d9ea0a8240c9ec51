import { PluginError } from "../plugin-error.ts";

/** Reads the primitives of the Wasm binary format from a byte range, and never past its end. */
export class WasmReader {
  readonly bytes: Uint8Array;
  readonly end: number;
  position: number;

  constructor(bytes: Uint8Array, start = 0, end: number = bytes.length) {
    this.bytes = bytes;
    this.position = start;
    this.end = end;
  }

  get done(): boolean {
    return this.position >= this.end;
  }

  /** One byte. */
  byte(what: string): number {
    if (this.position >= this.end) throw malformed(`${what} is cut short`, this.position);
    return this.bytes[this.position++]!;
  }

  /** An unsigned 32-bit LEB128. @see Wasm 2.0, 5.2.2: at most five bytes, no set bit beyond 2^32 */
  u32(what: string): number {
    let value = 0;
    for (let index = 0; index < 5; index++) {
      const byte = this.byte(what);
      if (index === 4 && byte > 0x0f) break;
      value += (byte & 0x7f) * 2 ** (7 * index);
      if (byte < 0x80) return value;
    }
    throw malformed(`${what} is not a 32-bit number`, this.position);
  }

  /** Skips one LEB128 of any width up to 64 bits. */
  skipLeb(what: string): void {
    for (let index = 0; index < 10; index++) if (this.byte(what) < 0x80) return;
    throw malformed(`${what} is not a number`, this.position);
  }

  /** `length` bytes, as a view. */
  take(length: number, what: string): Uint8Array {
    if (length > this.end - this.position) {
      throw malformed(
        `${what} of ${length} bytes reaches past the end (${this.end - this.position} are left)`,
        this.position,
      );
    }
    const start = this.position;
    this.position += length;
    return this.bytes.subarray(start, this.position);
  }

  /** A name: a byte length and UTF-8. @see Wasm 2.0, 5.2.4 */
  name(what: string): string {
    const bytes = this.take(this.u32(`the length of ${what}`), what);
    try {
      return UTF8.decode(bytes);
    } catch {
      throw malformed(`${what} is not UTF-8`, this.position);
    }
  }
}

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** A `bundle.malformed` about the byte at `offset`. */
export function malformed(what: string, offset: number): PluginError {
  return new PluginError(
    "bundle.malformed",
    `Cannot read the Wasm file: ${what} (byte ${offset})`,
    {
      details: { offset },
    },
  );
}

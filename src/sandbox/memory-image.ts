/** Guests with more memory are not reset: filling it takes longer than making a new instance. */
const MAX_BYTES = 16 * 1024 * 1024;

/** What a guest's memory holds right after it was instantiated. */
export class MemoryImage {
  readonly #byteLength: number;
  /** Where the content begins: a stack that lies first is a megabyte of zeros. */
  readonly #start: number;
  /** Without the zeros at its beginning and its end, which are most of it. */
  readonly #content: Uint8Array;

  private constructor(byteLength: number, start: number, content: Uint8Array) {
    this.#byteLength = byteLength;
    this.#start = start;
    this.#content = content;
  }

  /** Copies what `memory` holds now. */
  static of(memory: WebAssembly.Memory): MemoryImage {
    const { buffer } = memory;
    if (buffer.byteLength > MAX_BYTES) return new MemoryImage(-1, 0, new Uint8Array(0));
    const words = new BigUint64Array(buffer);
    let used = words.length;
    while (used > 0 && words[used - 1] === 0n) used--;
    let start = 0;
    while (start < used && words[start] === 0n) start++;
    const content = new Uint8Array(buffer, start * 8, (used - start) * 8).slice();
    return new MemoryImage(buffer.byteLength, start * 8, content);
  }

  /** True when {@link restore} makes `memory` what it was: a memory that has grown stays so. */
  fits(memory: WebAssembly.Memory): boolean {
    return memory.buffer.byteLength === this.#byteLength;
  }

  /** Writes every byte of `memory`. */
  restore(memory: WebAssembly.Memory): void {
    const bytes = new Uint8Array(memory.buffer);
    bytes.fill(0, 0, this.#start);
    bytes.set(this.#content, this.#start);
    bytes.fill(0, this.#start + this.#content.length);
  }
}

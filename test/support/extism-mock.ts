/**
 * Extism's host functions for one call, in a few lines: enough to run a guest by hand, beside the
 * sandbox. An address is a place in one array.
 */
export class ExtismMock {
  /** What the guest set, as text; undefined where it set nothing. */
  output: string | undefined;
  error: string | undefined;
  readonly #input: DataView;
  readonly #lengths = new Map<bigint, bigint>();
  readonly #blocks = new DataView(new ArrayBuffer(16 * 1024 * 1024));
  #top = 8n;

  constructor(input: string) {
    this.#input = new DataView(new TextEncoder().encode(input).slice().buffer);
  }

  readonly functions: Record<string, (...args: bigint[]) => bigint | number | void> = {
    input_length: () => BigInt(this.#input.byteLength),
    input_load_u8: (at) => this.#input.getUint8(Number(at)),
    input_load_u64: (at) => this.#input.getBigUint64(Number(at), true),
    alloc: (length) => {
      const address = this.#top;
      this.#lengths.set(address, length!);
      this.#top += (length! + 15n) & ~7n;
      return address;
    },
    free: () => {},
    length: (address) => this.#lengths.get(address!) ?? 0n,
    store_u8: (address, byte) => this.#blocks.setUint8(Number(address), Number(byte)),
    store_u64: (address, value) => this.#blocks.setBigUint64(Number(address), value!, true),
    output_set: (address, length) => {
      this.output = this.#text(address!, length!);
    },
    error_set: (address) => {
      this.error = this.#text(address!, this.#lengths.get(address!)!);
    },
  };

  #text(address: bigint, length: bigint): string {
    const bytes = new Uint8Array(this.#blocks.buffer, Number(address), Number(length));
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  }
}

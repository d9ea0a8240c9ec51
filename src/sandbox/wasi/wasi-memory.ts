/** Answers of WASI functions. @see preview 1, errno */
export const ERRNO = {
  success: 0,
  badf: 8,
  fault: 21,
  inval: 28,
  nosys: 52,
  spipe: 70,
} as const;

/**
 * Ends a WASI function with an errno; never leaves `wasi.ts`. No Error: a guest that is refused in a
 * loop would have the host write a stack trace each time, which takes most of the call.
 */
export class WasiRefusal {
  readonly errno: number;

  constructor(errno: number) {
    this.errno = errno;
  }
}

/** Buffers that one call may name; Linux has the same bound, IOV_MAX. */
const MAX_BUFFERS = 1_024;

/** Size of an iovec: an address and a length. */
const BUFFER_SIZE = 8;

/**
 * A guest's memory as WASI functions see it. Every address is the guest's claim: what does not lie
 * within the memory ends the function with `fault`.
 */
export class WasiMemory {
  readonly #memory: () => WebAssembly.Memory | undefined;

  /** @param memory Asked at each access, since a memory's buffer is another one after it grew. */
  constructor(memory: () => WebAssembly.Memory | undefined) {
    this.#memory = memory;
  }

  /** The bytes from `address`, an i32 as it comes. Good until the guest runs on. */
  bytes(address: number, length: number): Uint8Array {
    const buffer = this.#memory()?.buffer;
    const start = address >>> 0;
    if (buffer === undefined || start + length > buffer.byteLength) {
      throw new WasiRefusal(ERRNO.fault);
    }
    return new Uint8Array(buffer, start, length);
  }

  /** The same bytes, to read and write numbers. */
  view(address: number, length: number): DataView {
    const { buffer, byteOffset } = this.bytes(address, length);
    return new DataView(buffer, byteOffset, length);
  }

  /**
   * The buffers that a list of iovecs names. They may be one and the same, so all of them together may
   * be much longer than the memory.
   *
   * @param charge Takes fuel for reading the list.
   */
  buffers(address: number, count: number, charge: (units: number) => void): Uint8Array[] {
    const length = count >>> 0;
    if (length > MAX_BUFFERS) throw new WasiRefusal(ERRNO.inval);
    charge(length * BUFFER_SIZE);
    const list = this.view(address, length * BUFFER_SIZE);
    return Array.from({ length }, (_, index) => {
      const at = index * BUFFER_SIZE;
      return this.bytes(list.getUint32(at, true), list.getUint32(at + 4, true));
    });
  }
}

import { Buffer } from "node:buffer";

/** The same bytes as Node's own kind of array, for libraries that want no other. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Bytes that the caller of a plugin hands over: read in chunks, or written in chunks. */
export interface Blob {
  /** At most `maxBytes`; an empty array at the end. Absent where it can only be written. */
  read?(maxBytes: number): Promise<Uint8Array>;
  /** Takes all of `bytes`. Absent where it can only be read. */
  write?(bytes: Uint8Array): Promise<void>;
  /** Called once, at the latest when the call ends. */
  close(): Promise<void>;
}

/** The blobs of one call, by the handles that its request names; they end with the call. */
export interface BlobTable {
  get(handle: number): Blob | undefined;
  /** Takes it out of the table and closes it. */
  close(handle: number): Promise<void>;
  closeAll(): Promise<void>;
}

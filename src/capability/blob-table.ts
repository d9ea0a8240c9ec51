import { withinTime } from "../within-time.ts";

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

/** A table of the side that hands over: it knows the handles, to name them in the request. */
export interface FilledBlobTable extends BlobTable {
  /** One for each blob, in their order: unsigned, 32 bits, never 0. */
  readonly handles: readonly number[];
}

/** How long the end of a call waits for blobs to close. */
const CLOSE_MS = 1_000;

/**
 * Of the whole process: a handle of another call is never one of this call's by chance, and the same
 * calls in the same order name the same handles.
 */
let lastHandle = 0;

/** Makes the table of one call. */
export function createBlobTable(blobs: readonly Blob[]): FilledBlobTable {
  const byHandle = new Map(blobs.map((blob) => [nextHandle(), blob]));
  const handles = [...byHandle.keys()];
  const take = (handle: number): Promise<void> => {
    const blob = byHandle.get(handle);
    byHandle.delete(handle);
    // Within an async function: what is thrown at once is a rejection as well.
    return (async () => await blob?.close())();
  };
  return {
    handles,
    get: (handle) => byHandle.get(handle),
    close: take,
    // One that fails or hangs keeps neither the others nor the call.
    closeAll: async () => {
      await withinTime(CLOSE_MS, Promise.allSettled([...byHandle.keys()].map(take)));
    },
  };
}

function nextHandle(): number {
  lastHandle = lastHandle >= 0xffff_ffff ? 1 : lastHandle + 1;
  return lastHandle;
}

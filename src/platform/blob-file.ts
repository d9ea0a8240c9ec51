import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";

/** A file that is read or written from its beginning. */
export interface OpenFile {
  /** At most `maxBytes`; an empty array at the end. */
  read(maxBytes: number): Promise<Uint8Array>;
  /** All of `bytes`, behind what was written before. */
  write(bytes: Uint8Array): Promise<void>;
  close(): Promise<void>;
}

/** Opens a file that is there. Errors are the system's. */
export async function openFileToRead(path: string): Promise<OpenFile> {
  // O_NONBLOCK: opening a FIFO must not hang before anybody can give up.
  return wrap(await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)));
}

/** Makes a file that is not there yet, for this process's user alone. Errors are the system's. */
export async function openFileToWrite(path: string): Promise<OpenFile> {
  return wrap(await open(path, "wx", 0o600));
}

function wrap(handle: FileHandle): OpenFile {
  return {
    read: async (maxBytes) => {
      const buffer = new Uint8Array(maxBytes);
      const { bytesRead } = await handle.read(buffer, 0, maxBytes, null);
      return buffer.subarray(0, bytesRead);
    },
    write: (bytes) => handle.writeFile(bytes),
    close: () => handle.close(),
  };
}

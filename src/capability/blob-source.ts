import { openFileToRead, openFileToWrite } from "../platform/blob-file.ts";
import { PluginError } from "../plugin-error.ts";
import type { Blob } from "./blob-table.ts";

/** A blob that gives these bytes. */
export function blobFromBytes(bytes: Uint8Array): Blob {
  let rest = bytes;
  return {
    read: (maxBytes) => {
      const chunk = rest.subarray(0, maxBytes);
      rest = rest.subarray(chunk.length);
      return Promise.resolve(chunk);
    },
    close: () => {
      rest = rest.subarray(rest.length);
      return Promise.resolve();
    },
  };
}

/** A blob that gives what a stream gives. Closing it cancels the stream where it is not at its end. */
export function blobFromReadable(stream: ReadableStream<Uint8Array>): Blob {
  const reader = stream.getReader();
  let rest: Uint8Array = new Uint8Array(0);
  return {
    read: async (maxBytes) => {
      // An empty chunk is not the end.
      while (rest.length === 0) {
        const { done, value } = await reader.read();
        if (done) return new Uint8Array(0);
        rest = value;
      }
      const chunk = rest.subarray(0, maxBytes);
      rest = rest.subarray(chunk.length);
      return chunk;
    },
    close: () => reader.cancel(),
  };
}

/** A blob that a stream takes. Closing it ends the stream, also where the plugin wrote nothing. */
export function blobFromWritable(stream: WritableStream<Uint8Array>): Blob {
  const writer = stream.getWriter();
  return {
    write: async (bytes) => {
      await writer.ready;
      await writer.write(bytes);
    },
    close: () => writer.close(),
  };
}

/**
 * A blob that reads a file.
 *
 * @throws {PluginError} `input.unreadable`, `input.not-found`
 */
export async function blobFromFile(path: string): Promise<Blob> {
  try {
    const file = await openFileToRead(path);
    return { read: (maxBytes) => file.read(maxBytes), close: () => file.close() };
  } catch (cause) {
    const { code, message } = cause as { code?: string; message: string };
    throw new PluginError(
      code === "ENOENT" ? "input.not-found" : "input.unreadable",
      `Cannot hand over "${path}": ${message.split(", ")[0]}`,
      { cause },
    );
  }
}

/**
 * A blob that becomes a new file, mode 0600.
 *
 * @throws {PluginError} `output.unwritable`, also where something stands there already
 */
export async function blobToFile(path: string): Promise<Blob> {
  try {
    const file = await openFileToWrite(path);
    return { write: (bytes) => file.write(bytes), close: () => file.close() };
  } catch (cause) {
    throw new PluginError(
      "output.unwritable",
      `Cannot let a plugin write "${path}": ${(cause as Error).message.split(", ")[0]}`,
      { cause },
    );
  }
}

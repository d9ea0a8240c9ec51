import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { concatBytes } from "../concat-bytes.ts";
import { PluginError } from "../plugin-error.ts";
import { asInputError } from "./file-system.ts";

const CHUNK_BYTES = 64 * 1024;
const LINE_FEED = 10;

/** One line of a file. */
export interface FileLine {
  /** 1-based. */
  readonly number: number;
  /** Without its line feed; undefined where it has more than the bytes that were allowed. */
  readonly bytes: Uint8Array | undefined;
}

/**
 * Reads a regular file line by line, with never more than one line in memory. A line that is too long
 * is the last one. Behind the last line feed there is a line only if it holds something.
 *
 * @throws {PluginError} `input.not-found`, `input.unreadable`
 */
export async function* readLines(path: string, maxLineBytes: number): AsyncGenerator<FileLine> {
  const handle = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
    .catch((error) => {
      throw asInputError(path, error);
    });
  try {
    if (!(await handle.stat()).isFile()) {
      throw new PluginError("input.unreadable", `Cannot read "${path}": it is not a regular file`);
    }
    const chunk = new Uint8Array(CHUNK_BYTES);
    let parts: Uint8Array[] = [];
    let length = 0;
    let number = 1;
    for (;;) {
      const { bytesRead } = await handle.read(chunk, 0, chunk.length, null);
      if (bytesRead === 0) break;
      let start = 0;
      while (start < bytesRead) {
        const found = chunk.subarray(0, bytesRead).indexOf(LINE_FEED, start);
        const end = found === -1 ? bytesRead : found;
        length += end - start;
        if (length > maxLineBytes) {
          yield { number, bytes: undefined };
          return;
        }
        parts.push(chunk.slice(start, end));
        start = end + 1;
        if (found === -1) continue;
        yield { number: number++, bytes: concatBytes(parts) };
        parts = [];
        length = 0;
      }
    }
    if (length > 0) yield { number, bytes: concatBytes(parts) };
  } catch (error) {
    throw asInputError(path, error);
  } finally {
    await handle.close();
  }
}

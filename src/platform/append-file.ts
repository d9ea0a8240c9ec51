import { Buffer } from "node:buffer";
import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readSync,
  type Stats,
  writeSync,
} from "node:fs";
import process from "node:process";
import { PluginError } from "../plugin-error.ts";
import { isDenied, isMissing } from "./file-system.ts";

/** A file that grows line by line and that its owner alone may read. */
export interface AppendFile {
  /**
   * Adds one line. Written when this returns: a process that ends, or is ended, loses none.
   *
   * @param line Without a line feed.
   * @throws {PluginError} `output.unwritable`
   */
  append(line: string): void;
  close(): void;
}

const PRIVATE = 0o600;

/**
 * Opens a file to add lines to, and makes it where there is none, with mode 0600. Synchronous, so
 * that no line waits in memory.
 *
 * Refused is what would show the lines to others or write them somewhere else: links, also hard ones,
 * files of other users, files that others may read or write, and what is no regular file.
 *
 * @throws {PluginError} `output.unwritable`
 */
export function openAppendFile(path: string): AppendFile {
  let file: number;
  try {
    const { O_RDWR, O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = constants;
    // O_NONBLOCK: opening a FIFO must not hang before we see what it is.
    const flags = O_RDWR | O_APPEND | O_CREAT | (O_NOFOLLOW ?? 0) | (O_NONBLOCK ?? 0);
    file = openSync(path, flags, PRIVATE);
  } catch (error) {
    throw asOutputError(path, error);
  }
  try {
    const stats = fstatSync(file);
    checkPrivate(path, stats);
    // A line that an earlier process could not finish must not swallow the next one.
    if (stats.size > 0 && lastByte(file, stats.size) !== LINE_FEED) writeWhole(file, "\n");
  } catch (error) {
    closeSync(file);
    throw asOutputError(path, error);
  }
  let open = true;
  return {
    append: (line) => {
      if (!open) throw refused(path, "it was closed");
      try {
        writeWhole(file, `${line}\n`);
      } catch (error) {
        throw asOutputError(path, error);
      }
    },
    close: () => {
      if (open) closeSync(file);
      open = false;
    },
  };
}

const LINE_FEED = 10;

function checkPrivate(path: string, stats: Stats): void {
  if (!stats.isFile()) throw refused(path, "it is not a regular file");
  if (stats.nlink !== 1) throw refused(path, "it has a second name, which may be another's");
  const user = process.geteuid?.();
  // Windows has neither users of this kind nor modes; what it grants is inherited from the folder.
  if (user === undefined) return;
  if (stats.uid !== user) throw refused(path, "it belongs to another user");
  if ((stats.mode & 0o077) !== 0) {
    throw refused(path, 'others may read or write it; "chmod 600" it, or name another file');
  }
}

function lastByte(file: number, size: number): number | undefined {
  const byte = new Uint8Array(1);
  return readSync(file, byte, 0, 1, size - 1) === 1 ? byte[0] : undefined;
}

/** In one write where the system takes it, so that lines of several processes do not mix. */
function writeWhole(file: number, text: string): void {
  const bytes = Buffer.from(text);
  for (let done = 0; done < bytes.length;) done += writeSync(file, bytes, done);
}

function refused(path: string, why: string, cause?: unknown): PluginError {
  const message = `Cannot write "${path}": ${why}`;
  return new PluginError("output.unwritable", message, cause === undefined ? {} : { cause });
}

function asOutputError(path: string, error: unknown): PluginError {
  if (error instanceof PluginError) return error;
  const { code } = error as { code?: string };
  // Linux says ELOOP for O_NOFOLLOW, FreeBSD EMLINK.
  if (code === "ELOOP" || code === "EMLINK") return refused(path, "it is a link", error);
  if (code === "EISDIR") return refused(path, "it is a folder", error);
  if (isMissing(error)) return refused(path, "its folder is not there", error);
  if (isDenied(error)) return refused(path, "permission denied", error);
  const why = error instanceof Error ? error.message.split(", ")[0]! : String(error);
  return refused(path, why, error);
}

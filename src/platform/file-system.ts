import { Buffer } from "node:buffer";
import { constants } from "node:fs";
import { lstat, open, readdir, realpath, rename, rm, stat } from "node:fs/promises";
import { isAbsolute, relative, sep } from "node:path";
import { PluginError } from "../plugin-error.ts";

/** What stands at a path, links followed. */
export type FileKind = "file" | "directory" | "other";

/** One entry of a directory. */
export interface DirectoryEntry {
  readonly name: string;
  readonly kind: FileKind | "link";
}

/**
 * Reads a regular file whole, but never more than `maxBytes`: the size is looked at before and while
 * reading, since a file can grow and a device has no size.
 *
 * @throws {PluginError} `input.not-found`, `input.unreadable`, `input.too-large`
 */
export async function readFileBounded(path: string, maxBytes: number): Promise<Uint8Array> {
  try {
    // O_NONBLOCK: opening a FIFO that nobody writes to must not hang before we see what it is.
    const handle = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    try {
      const stats = await handle.stat();
      if (!stats.isFile()) {
        const what = stats.isDirectory() ? "a folder" : "not a regular file";
        throw new PluginError("input.unreadable", `Cannot read "${path}": it is ${what}`);
      }
      if (stats.size > maxBytes) throw tooLarge(path, `${stats.size} bytes`, maxBytes);
      return await readAll(path, handle, stats.size, maxBytes);
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw asInputError(path, error);
  }
}

/**
 * Reads what is no regular file (a pipe such as the shell's `<(…)`, a device) to its end, but never
 * more than `maxBytes`. Waits for whoever writes to it.
 *
 * @throws {PluginError} `input.not-found`, `input.unreadable`, `input.too-large`
 */
export async function readPipeBounded(path: string, maxBytes: number): Promise<Uint8Array> {
  try {
    const handle = await open(path, constants.O_RDONLY);
    try {
      return await readAll(path, handle, PIPE_BYTES, maxBytes);
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw asInputError(path, error);
  }
}

/** What a pipe holds at a time on Linux, and so a good first buffer. */
const PIPE_BYTES = 64 * 1024;

interface Readable {
  read(
    buffer: Uint8Array,
    offset: number,
    length: number,
    position: null,
  ): Promise<{ bytesRead: number }>;
}

async function readAll(
  path: string,
  handle: Readable,
  size: number,
  maxBytes: number,
): Promise<Uint8Array> {
  // One byte more than the size it had: a file that has grown shows itself.
  let buffer = new Uint8Array(size + 1);
  let length = 0;
  while (true) {
    const { bytesRead } = await handle.read(buffer, length, buffer.length - length, null);
    if (bytesRead === 0) return buffer.subarray(0, length);
    length += bytesRead;
    if (length > maxBytes) throw tooLarge(path, `more than ${maxBytes} bytes`, maxBytes);
    if (length === buffer.length) {
      const larger = new Uint8Array(Math.min(buffer.length * 2, maxBytes + 1));
      larger.set(buffer);
      buffer = larger;
    }
  }
}

function tooLarge(path: string, has: string, maxBytes: number): PluginError {
  return new PluginError(
    "input.too-large",
    `Cannot read "${path}": it has ${has}, at most ${maxBytes} are allowed`,
  );
}

/** What stands at `path`, links followed; undefined where there is nothing. */
export async function fileKind(path: string): Promise<FileKind | undefined> {
  try {
    return kindOf(await stat(path));
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw asInputError(path, error);
  }
}

/** The entries of a directory, in the order of their names' UTF-16 code units. */
export async function readDirectory(path: string): Promise<DirectoryEntry[]> {
  try {
    const entries = await readdir(path, { withFileTypes: true });
    return entries
      .map((entry): DirectoryEntry => ({
        name: entry.name,
        kind: entry.isSymbolicLink() ? "link" : kindOf(entry),
      }))
      .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  } catch (error) {
    throw asInputError(path, error);
  }
}

/** The path without links; undefined where it leads nowhere. */
export async function resolvePath(path: string): Promise<string | undefined> {
  try {
    return await realpath(path);
  } catch (error) {
    if (isMissing(error) || (error as { code?: string }).code === "ELOOP") return undefined;
    throw asInputError(path, error);
  }
}

/** Whether `path` leads to `folder` or into it, both without links. */
export function isWithin(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

/** A path with forward slashes, on every system. Elsewhere than on Windows `\\` is a letter. */
export function withSlashes(path: string): string {
  return sep === "/" ? path : path.replaceAll(sep, "/");
}

/**
 * Writes a file so that a reader sees the old content or the new one, never a part of it.
 *
 * @throws {PluginError} `input.unreadable` where the folder cannot be written to
 */
export async function writeFileAtomic(path: string, content: Uint8Array): Promise<void> {
  const existing = await lstat(path).catch(() => undefined);
  const target = existing?.isSymbolicLink() ? await realpath(path) : path;
  // A pipe or /dev/stdout is written to, not replaced.
  const special = existing !== undefined && !existing.isFile() && !existing.isSymbolicLink();
  const temporary = special ? target : `${target}.${crypto.randomUUID()}.part`;
  try {
    const handle = await open(temporary, special ? "w" : "wx", existing?.mode ?? 0o666);
    try {
      await handle.writeFile(Buffer.from(content));
    } finally {
      await handle.close();
    }
    if (!special) await rename(temporary, target);
  } catch (error) {
    if (!special) await rm(temporary, { force: true });
    const why = error instanceof Error ? error.message : String(error);
    throw new PluginError("input.unreadable", `Cannot write "${path}": ${why}`, { cause: error });
  }
}

function kindOf(stats: { isFile(): boolean; isDirectory(): boolean }): FileKind {
  return stats.isFile() ? "file" : stats.isDirectory() ? "directory" : "other";
}

function isMissing(error: unknown): boolean {
  const code = (error as { code?: string }).code;
  return code === "ENOENT" || code === "ENOTDIR";
}

function asInputError(path: string, error: unknown): PluginError {
  if (error instanceof PluginError) return error;
  if (isMissing(error)) {
    return new PluginError("input.not-found", `Cannot read "${path}": there is no such file`, {
      cause: error,
    });
  }
  const { code, message } = error as { code?: string; message?: string };
  const why = code === "EACCES" || code === "EPERM"
    ? "permission denied"
    : message ?? String(error);
  return new PluginError("input.unreadable", `Cannot read "${path}": ${why}`, { cause: error });
}

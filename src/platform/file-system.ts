import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { lstat, open, readdir, realpath, stat, unlink } from "node:fs/promises";
import { basename, dirname, isAbsolute, relative, sep } from "node:path";
import { PluginError } from "../plugin-error.ts";

/** What stands at a path, links followed. */
export type FileKind = "file" | "directory" | "other";

/** One entry of a directory. */
export interface DirectoryEntry {
  readonly name: string;
  readonly kind: FileKind | "link";
}

/** How a file is read. */
export interface ReadFileOptions {
  /** Whether a link is refused; by default it is followed. */
  readonly refuseLinks?: boolean;
}

/**
 * Reads a regular file whole, but never more than `maxBytes`: the size is looked at before and while
 * reading, since a file can grow and a device has no size.
 *
 * The calls are synchronous: a thousand small files cost 7 ms so, and 90 ms by way of the thread pool,
 * whose threads guests are using at that moment.
 *
 * @throws {PluginError} `input.not-found`, `input.unreadable`, `input.too-large`
 */
export function readFileBounded(
  path: string,
  maxBytes: number,
  { refuseLinks = false }: ReadFileOptions = {},
): Promise<Uint8Array> {
  try {
    const { O_RDONLY, O_NONBLOCK = 0, O_NOFOLLOW = 0 } = constants;
    // O_NONBLOCK: opening a FIFO that nobody writes to must not hang before we see what it is.
    const file = openSync(path, O_RDONLY | O_NONBLOCK | (refuseLinks ? O_NOFOLLOW : 0));
    try {
      const stats = fstatSync(file);
      if (!stats.isFile()) {
        const what = stats.isDirectory() ? "a folder" : "not a regular file";
        throw new PluginError("input.unreadable", `Cannot read "${path}": it is ${what}`);
      }
      if (stats.size > maxBytes) throw tooLarge(path, `${stats.size} bytes`, maxBytes);
      const content = new GrowingBuffer(path, stats.size, maxBytes);
      while (content.add(readSync(file, content.free(), 0, content.free().length, null)));
      return Promise.resolve(content.bytes());
    } finally {
      closeSync(file);
    }
  } catch (error) {
    return Promise.reject(asInputError(path, error));
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
      const content = new GrowingBuffer(path, PIPE_BYTES, maxBytes);
      while (content.add((await handle.read(content.free(), 0, null, null)).bytesRead));
      return content.bytes();
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw asInputError(path, error);
  }
}

/** What a pipe holds at a time on Linux, and so a good first buffer. */
const PIPE_BYTES = 64 * 1024;

/** What is read of a file, at most `maxBytes`. */
class GrowingBuffer {
  readonly #path: string;
  readonly #maxBytes: number;
  #buffer: Uint8Array;
  #length = 0;

  /** @param expected How much will come; one byte more shows a file that has grown. */
  constructor(path: string, expected: number, maxBytes: number) {
    this.#path = path;
    this.#maxBytes = maxBytes;
    this.#buffer = new Uint8Array(expected + 1);
  }

  /** Where the next bytes go; never empty. */
  free(): Uint8Array {
    return this.#buffer.subarray(this.#length);
  }

  /** Takes what was read into {@link free}. @returns false at the end. */
  add(bytesRead: number): boolean {
    this.#length += bytesRead;
    if (this.#length > this.#maxBytes) {
      throw tooLarge(this.#path, `more than ${this.#maxBytes} bytes`, this.#maxBytes);
    }
    if (this.#length === this.#buffer.length) {
      const larger = new Uint8Array(Math.min(this.#buffer.length * 2, this.#maxBytes + 1));
      larger.set(this.#buffer);
      this.#buffer = larger;
    }
    return bytesRead > 0;
  }

  bytes(): Uint8Array {
    return this.#buffer.subarray(0, this.#length);
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

/** Whether a socket stands at `path`, links followed; false where that cannot be told. */
export async function isSocket(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isSocket();
  } catch {
    return false;
  }
}

/** Removes a file, or a link itself, if it is there. */
export async function removeFile(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}

/** Whether anything stands at `path`, be it a link that leads nowhere. */
export async function isThere(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw asInputError(path, error);
  }
}

/**
 * What a path names, links followed, whichever way it is written: the same for two paths of one file.
 * Where nothing stands there yet, it is that name in its folder.
 */
export async function fileIdentity(path: string): Promise<string> {
  const inode = async (of: string): Promise<string | undefined> => {
    try {
      const { dev, ino } = await stat(of, { bigint: true });
      return `${dev}:${ino}`;
    } catch {
      // Whoever opens it says what is wrong with it.
      return undefined;
    }
  };
  return await inode(path) ?? `${await inode(dirname(path)) ?? dirname(path)}/${basename(path)}`;
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

function kindOf(stats: { isFile(): boolean; isDirectory(): boolean }): FileKind {
  return stats.isFile() ? "file" : stats.isDirectory() ? "directory" : "other";
}

/** Whether a call of the system failed because nothing stands at its path. */
export function isMissing(error: unknown): boolean {
  const code = (error as { code?: string }).code;
  return code === "ENOENT" || code === "ENOTDIR";
}

/** Whether a call of the system failed for want of a permission. */
export function isDenied(error: unknown): boolean {
  const code = (error as { code?: string }).code;
  return code === "EACCES" || code === "EPERM";
}

/** A failed read as an error of ours. */
export function asInputError(path: string, error: unknown): PluginError {
  if (error instanceof PluginError) return error;
  if (isMissing(error)) {
    return new PluginError("input.not-found", `Cannot read "${path}": there is no such file`, {
      cause: error,
    });
  }
  const { code, message } = error as { code?: string; message?: string };
  // Too many links, or one that was refused; FreeBSD says EMLINK.
  const isLink = code === "ELOOP" || code === "EMLINK";
  const why = isDenied(error)
    ? "permission denied"
    : isLink
    ? "it is a link, or leads through too many"
    : message ?? String(error);
  return new PluginError("input.unreadable", `Cannot read "${path}": ${why}`, { cause: error });
}

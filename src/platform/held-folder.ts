import { constants, type Stats } from "node:fs";
import {
  type FileHandle,
  lstat,
  mkdir,
  open,
  opendir,
  rename,
  rmdir,
  stat,
  unlink,
} from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { isMissing } from "./file-system.ts";

/** What stands under a name, links not followed. */
export interface EntryFacts {
  readonly kind: "file" | "directory" | "link" | "other";
  /** Of a file, in bytes. */
  readonly size: number;
  /** The file system, and the file in it. */
  readonly device: number;
  readonly inode: number;
  /** How many names the file has. */
  readonly names: number;
  /** RFC 3339 in UTC; undefined where the file system does not keep it. */
  readonly createdAt: string | undefined;
}

/**
 * A folder that was opened, and is this one for as long as it is open, whatever is renamed around it.
 * Every name is one step, is never followed where it is a link, and is looked up in the folder itself
 * where the system lets us (Linux with `/proc`, the way of `openat`). Elsewhere a name is looked up by
 * its path: whoever can write to a folder above could then swap it for a link in between.
 */
export interface HeldFolder {
  readonly device: number;
  readonly inode: number;
  /** Whether it is the folder at this path, which holds no links. */
  isAt(path: string): Promise<boolean>;
  /** The names in it, in no order. */
  names(): AsyncIterable<string>;
  /** undefined where there is nothing. */
  look(name: string): Promise<EntryFacts | undefined>;
  /** undefined where there is no folder of that name, but a link or nothing, for instance. */
  enter(name: string): Promise<HeldFolder | undefined>;
  /** @returns false where the name is taken. */
  makeFolder(name: string): Promise<boolean>;
  /** @returns false where there is nothing. */
  rename(from: string, to: string): Promise<boolean>;
  /** Removes what is not a folder: a link itself, not what it leads to. */
  removeFile(name: string): Promise<void>;
  /** @returns false where something is left in it. */
  removeEmptyFolder(name: string): Promise<boolean>;
  close(): Promise<void>;
}

/** Names that are read at a time: a turn of the system's threads takes longer than all of them. */
const NAMES_AT_A_TIME = 256;

/** What containers of any user may pass through; the root above keeps others out. */
const CHILD_MODE = 0o755;

/**
 * Opens the folder at a path that holds no links.
 *
 * @returns undefined where there is none
 */
export async function holdFolder(path: string): Promise<HeldFolder | undefined> {
  const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW } = constants;
  let handle: FileHandle;
  try {
    handle = await open(path, O_RDONLY | (O_DIRECTORY ?? 0) | (O_NOFOLLOW ?? 0));
  } catch (error) {
    // ELOOP, or EMLINK on FreeBSD: a link. ENOTDIR: anything else but a folder.
    const { code } = error as { code?: string };
    if (isMissing(error) || code === "ELOOP" || code === "EMLINK") return undefined;
    throw error;
  }
  try {
    const stats = await handle.stat();
    if (!stats.isDirectory()) {
      await handle.close();
      return undefined;
    }
    return new OpenFolder(handle, stats, await pathOf(handle, stats, path));
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** A path that leads to the open folder itself where there is one, else the one it was opened by. */
async function pathOf(handle: FileHandle, stats: Stats, path: string): Promise<string> {
  if (process.platform !== "linux") return path;
  const held = `/proc/self/fd/${handle.fd}`;
  const seen = await stat(held).catch(() => undefined);
  return seen?.ino === stats.ino && seen.dev === stats.dev ? held : path;
}

class OpenFolder implements HeldFolder {
  readonly device: number;
  readonly inode: number;
  readonly #handle: FileHandle;
  readonly #path: string;

  constructor(handle: FileHandle, stats: Stats, path: string) {
    this.#handle = handle;
    this.device = stats.dev;
    this.inode = stats.ino;
    this.#path = path;
  }

  async isAt(path: string): Promise<boolean> {
    const stats = await lstat(path).catch(missingIs(undefined));
    return stats?.ino === this.inode && stats.dev === this.device;
  }

  async *names(): AsyncIterable<string> {
    const folder = await opendir(this.#path, { bufferSize: NAMES_AT_A_TIME });
    for await (const entry of folder) yield entry.name;
  }

  async look(name: string): Promise<EntryFacts | undefined> {
    const stats = await lstat(this.#at(name)).catch(missingIs(undefined));
    return stats === undefined ? undefined : factsOf(stats);
  }

  enter(name: string): Promise<HeldFolder | undefined> {
    return holdFolder(this.#at(name));
  }

  async makeFolder(name: string): Promise<boolean> {
    try {
      await mkdir(this.#at(name), { mode: CHILD_MODE });
      return true;
    } catch (error) {
      if ((error as { code?: string }).code === "EEXIST") return false;
      throw error;
    }
  }

  async rename(from: string, to: string): Promise<boolean> {
    return await rename(this.#at(from), this.#at(to)).then(() => true).catch(missingIs(false));
  }

  async removeFile(name: string): Promise<void> {
    await unlink(this.#at(name)).catch(missingIs(undefined));
  }

  async removeEmptyFolder(name: string): Promise<boolean> {
    try {
      await rmdir(this.#at(name));
    } catch (error) {
      const { code } = error as { code?: string };
      if (code === "ENOTEMPTY" || code === "EEXIST") return false;
      if (!isMissing(error)) throw error;
    }
    return true;
  }

  close(): Promise<void> {
    return this.#handle.close();
  }

  #at(name: string): string {
    if (name === "" || name === "." || name === ".." || /[/\0]/.test(name)) {
      throw new TypeError(`${JSON.stringify(name)} is not one step of a path`);
    }
    return join(this.#path, name);
  }
}

function missingIs<T>(value: T): (error: unknown) => T {
  return (error) => {
    if (isMissing(error)) return value;
    throw error;
  };
}

function factsOf(stats: Stats): EntryFacts {
  return {
    kind: stats.isFile()
      ? "file"
      : stats.isDirectory()
      ? "directory"
      : stats.isSymbolicLink()
      ? "link"
      : "other",
    size: stats.size,
    device: stats.dev,
    inode: stats.ino,
    names: stats.nlink,
    // 1970 is what file systems say that do not know.
    createdAt: stats.birthtimeMs > 0 ? stats.birthtime.toISOString() : undefined,
  };
}

/** Whether an action of the system failed because a file system is mounted there. */
export function isMountPoint(error: unknown): boolean {
  const { code } = error as { code?: string };
  return code === "EBUSY" || code === "EXDEV";
}

/** The path of an entry of a folder; `name` is one step. */
export function childPath(folder: string, name: string): string {
  return join(folder, name);
}

import type { BigIntStats } from "node:fs";
import { chmod, link, lstat, mkdtemp, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { isRefused } from "./connection.ts";
import { checkDenoSockets } from "./deno-sockets.ts";
import { isMissing } from "./file-system.ts";
import { asOutputError } from "./output-file.ts";

/** A socket of this process that has a name. */
export interface SocketFile {
  /** Takes the name away, unless it is another's by now. */
  remove(): Promise<void>;
}

/** What keeps a name from being taken, in words that follow "because". */
export class NameInUse {
  readonly why: string;

  constructor(why: string) {
    this.why = why;
  }
}

/** The name of a socket within the folder in which it is made; short, since a path may have 107 bytes. */
const FIRST_NAME = "s";

/**
 * Has a server listen on a socket at `path`, which nobody but this process's user can connect to at any
 * moment. A socket there that nobody listens on is replaced.
 *
 * The socket is made in a folder of its own and then gets its name, since it has the mode of the process's
 * mask when it is made, and since a runtime that closes a server removes what has the name by then.
 *
 * @param listen Listens on a path.
 * @returns What keeps the name, where it is in use.
 * @throws {PluginError} `output.unwritable`; `usage.invalid` on an old Deno; what `listen` throws
 */
export async function placeSocket(
  path: string,
  listen: (path: string) => Promise<void>,
): Promise<SocketFile | NameInUse> {
  checkDenoSockets();
  let folder: string | undefined;
  try {
    folder = await mkdtemp(join(dirname(path), ".c-"));
    const made = join(folder, FIRST_NAME);
    await listen(made);
    await chmod(made, 0o600);
    const identity = await identityOf(made);
    while (!await linkUnlessThere(made, path)) {
      const kept = await takeAway(path, join(folder, "old"));
      if (kept !== undefined) return kept;
    }
    return { remove: () => removeOwn(path, identity) };
  } catch (error) {
    throw asOutputError(path, error);
  } finally {
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  }
}

/**
 * Removes a socket that nobody listens on.
 *
 * @returns What it is instead, where it is none; undefined also where nothing is there.
 * @throws {PluginError} `output.unwritable`
 */
export async function removeDeadSocket(path: string): Promise<NameInUse | undefined> {
  let folder: string | undefined;
  try {
    folder = await mkdtemp(join(dirname(path), ".c-"));
    return await takeAway(path, join(folder, "old"));
  } catch (error) {
    throw asOutputError(path, error);
  } finally {
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  }
}

/** @returns false where something stands there already. */
async function linkUnlessThere(made: string, path: string): Promise<boolean> {
  try {
    await link(made, path);
    return true;
  } catch (error) {
    if ((error as { code?: string }).code === "EEXIST") return false;
    throw error;
  }
}

/**
 * Moves a dead socket out of the way.
 *
 * @returns What it is instead, where it is no dead socket.
 */
async function takeAway(path: string, to: string): Promise<NameInUse | undefined> {
  const stats = await lstat(path, { bigint: true }).catch(ifMissing);
  if (stats === undefined) return undefined;
  if (!stats.isSocket()) return new NameInUse("something else than a socket stands there");
  if (!await isRefused({ path })) return new NameInUse("a process listens there");
  const found = describe(stats);
  try {
    await rename(path, to);
  } catch (error) {
    return ifMissing(error);
  }
  if (await identityOf(to) === found) return undefined;
  // Another one was as quick as we were; it is the one that listens.
  await linkUnlessThere(to, path);
  return new NameInUse("another process has just begun to listen there");
}

async function removeOwn(path: string, identity: string): Promise<void> {
  try {
    if (await identityOf(path) === identity) await rm(path);
  } catch (error) {
    ifMissing(error);
  }
}

async function identityOf(path: string): Promise<string> {
  return describe(await lstat(path, { bigint: true }));
}

/** A number is given again to what is made later; the time of making is not. */
function describe({ dev, ino, mtimeMs }: BigIntStats): string {
  return `${dev}:${ino}:${mtimeMs}`;
}

function ifMissing(error: unknown): undefined {
  if (isMissing(error)) return undefined;
  throw error;
}

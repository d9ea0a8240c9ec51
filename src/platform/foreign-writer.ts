import { lstat, readlink } from "node:fs/promises";
import { resolve } from "node:path";
import process from "node:process";
import { asInputError } from "./file-system.ts";

/** Who owns something and who may change it, as the system shows it. */
export interface Ownership {
  readonly uid: number;
  readonly mode: number;
}

/**
 * What lets somebody besides root and this process's user change what stands at `path`, in words that
 * follow "because"; undefined where nobody can. Looks at every folder and link on the way: who can write
 * to one of them can lead the path elsewhere, unless the sticky bit keeps them from it.
 *
 * @param path May lead through links.
 * @throws {PluginError} `input.not-found`, `input.unreadable`
 */
export async function findForeignWriter(path: string): Promise<string | undefined> {
  if (process.geteuid === undefined) return "who may write to it cannot be told on this system";
  try {
    return await follow(resolve(path));
  } catch (error) {
    throw asInputError(path, error);
  }
}

async function follow(path: string): Promise<string | undefined> {
  const steps = stepsOf(path);
  let here = "";
  let links = 0;
  let stats: Ownership = await lstat("/");
  while (true) {
    const fault = foreignWriter(here || "/", stats, steps.length > 0);
    if (fault !== undefined) return fault;
    const step = steps.shift();
    if (step === undefined) return undefined;
    if (step === "..") {
      here = here.slice(0, here.lastIndexOf("/"));
      continue;
    }
    const next = `${here}/${step}`;
    const found = await lstat(next);
    if (!found.isSymbolicLink()) {
      here = next;
      stats = found;
      continue;
    }
    if (++links > MAX_LINKS) throw new Error(`"${path}" leads through too many links`);
    // A link has no mode of its own; its owner can replace it even in a folder with the sticky bit.
    const owner = foreignWriter(next, { uid: found.uid, mode: 0 }, true);
    if (owner !== undefined) return owner;
    const target = await readlink(next);
    if (target.startsWith("/")) here = "";
    steps.unshift(...stepsOf(target));
    stats = await lstat(here || "/");
  }
}

function stepsOf(path: string): string[] {
  return path.split("/").filter((step) => step !== "" && step !== ".");
}

/** Links that are followed before a path counts as a circle, as Linux has it. */
const MAX_LINKS = 40;

const WRITABLE = 0o022;
const STICKY = 0o1000;

/**
 * {@link findForeignWriter} for one thing alone. An access list shows in the group's bits of the mode, so
 * it counts as a writer as well.
 *
 * @param isAbove Whether it is only a folder on the way, where the sticky bit is enough.
 */
export function foreignWriter(
  path: string,
  { uid, mode }: Ownership,
  isAbove: boolean,
): string | undefined {
  if (uid !== 0 && uid !== process.geteuid?.()) return `"${path}" belongs to user ${uid}`;
  if ((mode & WRITABLE) === 0 || (isAbove && (mode & STICKY) !== 0)) return undefined;
  return `"${path}" can be written by others (mode ${
    (mode & 0o7777).toString(8)
  }); "chmod go-w" it`;
}

/** A user and a group, by their numbers. */
export interface User {
  readonly uid: number;
  readonly gid: number;
}

/** Whether this process runs as that user. */
export function isOwnUser({ uid, gid }: User): boolean {
  return process.geteuid?.() === uid && process.getegid?.() === gid;
}

/** Whether this process may start programs as that user. */
export function canBecome(user: User): boolean {
  return process.geteuid?.() === 0 || isOwnUser(user);
}

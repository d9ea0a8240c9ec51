import { mkdir, open, realpath } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { PluginError } from "../plugin-error.ts";
import { isDenied } from "./file-system.ts";
import { findForeignWriter } from "./foreign-writer.ts";
import { missingPermission } from "./permission.ts";

/** For nobody but the owner. */
const PRIVATE = 0o700;

/**
 * Makes a folder within a folder that an operator named, for this process's user alone, where it is
 * not there yet; the operator's own as well.
 *
 * @param name One step of a path.
 * @returns Its path, without links.
 * @throws {PluginError} `trust.writable` where others can change what is in it, `output.unwritable`
 */
export async function makePrivateFolder(folder: string, name: string): Promise<string> {
  const path = join(folder, name);
  try {
    const first = await mkdir(folder, { recursive: true, mode: PRIVATE });
    await refuseForeignWriters(folder);
    const second = await mkdir(path, { recursive: true, mode: PRIVATE });
    await refuseForeignWriters(path);
    const made = first ?? second;
    if (made !== undefined) await syncParents(resolve(path), dirname(resolve(made)));
    return await realpath(path);
  } catch (cause) {
    throw asFolderError(path, cause);
  }
}

/** What everybody may look into, and nobody but the owner write to. */
const PUBLIC = 0o755;

/**
 * Makes a folder that an operator named, with those above it, where it is not there yet. Others may see
 * what is in it.
 *
 * @throws {PluginError} `trust.writable` where others can change what is in it, `output.unwritable`
 */
export async function makePublicFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: PUBLIC });
    await refuseForeignWriters(path);
  } catch (cause) {
    throw asFolderError(path, cause);
  }
}

function asFolderError(path: string, cause: unknown): PluginError {
  if (cause instanceof PluginError) return cause;
  const code = (cause as { code?: string }).code;
  const permission = missingPermission(cause);
  const why = permission !== undefined
    ? `the runtime does not permit it; run it with "${permission}"`
    : isDenied(cause)
    ? "permission denied"
    : code === "ENOTDIR" || code === "EEXIST"
    ? "a file stands in its way"
    : (cause as Error).message.split(", ")[0]!;
  return new PluginError("output.unwritable", `Cannot use the folder "${path}": ${why}`, { cause });
}

/** Writes the entries of new folders to the disk: those of every folder above `path`, up to `top`. */
async function syncParents(path: string, top: string): Promise<void> {
  for (let folder = dirname(path);; folder = dirname(folder)) {
    await syncFolder(folder);
    if (folder.length <= top.length) return;
  }
}

/** Where a system opens no folders, or flushes none, it looks after them itself. */
async function syncFolder(path: string): Promise<void> {
  try {
    const handle = await open(path);
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch {
    // See above.
  }
}

/**
 * @throws {PluginError} `trust.writable`, `input.not-found`, `input.unreadable`
 */
export async function refuseForeignWriters(path: string): Promise<void> {
  const fault = await findForeignWriter(path);
  if (fault === undefined) return;
  throw new PluginError("trust.writable", `Cannot use the folder "${path}": ${fault}`);
}

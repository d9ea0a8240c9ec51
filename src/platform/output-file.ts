import { Buffer } from "node:buffer";
import { constants, type Stats } from "node:fs";
import { access, lstat, open, readlink, realpath, rename, rm, stat } from "node:fs/promises";
import { dirname, isAbsolute, join, sep } from "node:path";
import { PluginError } from "../plugin-error.ts";
import { isDenied, isMissing } from "./file-system.ts";
import { missingPermission } from "./permission.ts";

/** Where a file is written. */
interface OutputTarget {
  readonly path: string;
  /** Permissions of the file that is replaced. */
  readonly mode?: number;
  /** A pipe or a device is written to; anything else is replaced. */
  readonly replaces: boolean;
}

/** What {@link writeFileAtomic} may be told besides the content. */
export interface WriteOptions {
  /** Permissions of the file, whatever it had and whatever the process's mask is. */
  readonly mode?: number;
  /** Whether a link is refused, and all else that is no regular file. */
  readonly refuseLinks?: boolean;
  /**
   * Where the file stands while it is not whole, on the same file system; by default beside its name,
   * where a reader of the folder finds it.
   */
  readonly partFolder?: string;
}

/**
 * Writes a file so that a reader sees the old content or the new one, never a part of it. A link is
 * written through, also where nothing stands yet at its end.
 *
 * @throws {PluginError} `output.unwritable`
 */
export async function writeFileAtomic(
  path: string,
  content: Uint8Array,
  options: WriteOptions = {},
): Promise<void> {
  if (options.refuseLinks) await refuseLink(path);
  const found = await findOutputTarget(path);
  // Replacing the name itself: a link that was put there since is replaced, never followed.
  const target = options.refuseLinks ? { ...found, path, replaces: true } : found;
  const written = target.replaces ? partOf(target.path, options) : target.path;
  try {
    const mode = options.mode ?? target.mode ?? 0o666;
    const handle = await open(written, target.replaces ? "wx" : "w", mode);
    try {
      await handle.writeFile(Buffer.from(content));
      if (options.mode !== undefined) await handle.chmod(options.mode);
    } finally {
      await handle.close();
    }
    if (target.replaces) await rename(written, target.path);
  } catch (error) {
    if (target.replaces) await rm(written, { force: true });
    throw asOutputError(path, error);
  }
}

function partOf(path: string, { partFolder }: WriteOptions): string {
  const base = partFolder === undefined ? path : join(partFolder, "new");
  return `${base}.${crypto.randomUUID()}.part`;
}

/**
 * Finds out before long work whether {@link writeFileAtomic} could write its result.
 *
 * @throws {PluginError} `output.unwritable`
 */
export async function checkWritable(
  path: string,
  { refuseLinks = false }: Pick<WriteOptions, "refuseLinks"> = {},
): Promise<void> {
  if (refuseLinks) await refuseLink(path);
  await findOutputTarget(path);
}

/**
 * Removes a file; one that is not there is no error.
 *
 * @throws {PluginError} `output.unwritable`
 */
export async function removeFile(path: string): Promise<void> {
  try {
    await rm(path, { force: true });
  } catch (error) {
    throw asOutputError(path, error);
  }
}

async function findOutputTarget(path: string): Promise<OutputTarget> {
  try {
    const stats = await statOrMissing(path);
    if (stats !== undefined && !stats.isFile()) {
      if (stats.isDirectory()) throw outputError(path, "it is a folder");
      return { path, replaces: false };
    }
    // Replacing needs no right to the file itself, but whoever took that right away meant it.
    if (stats !== undefined && (stats.mode & 0o222) === 0) {
      throw outputError(path, "it is read-only");
    }
    if (stats !== undefined) await access(path, constants.W_OK);
    const target = stats === undefined ? await endOfLinks(path) : await realpath(path);
    const folder = dirname(target);
    if (!(await statOrMissing(folder))?.isDirectory()) {
      throw outputError(path, `there is no folder "${folder}"`);
    }
    await access(folder, constants.W_OK);
    return { path: target, replaces: true, ...(stats === undefined ? {} : { mode: stats.mode }) };
  } catch (error) {
    throw asOutputError(path, error);
  }
}

async function refuseLink(path: string): Promise<void> {
  const stats = await lstat(path).catch((error) => {
    if (isMissing(error)) return undefined;
    throw asOutputError(path, error);
  });
  if (stats?.isSymbolicLink()) throw outputError(path, "it is a link");
  if (stats !== undefined && !stats.isFile()) throw outputError(path, "it is not a regular file");
}

async function statOrMissing(path: string): Promise<Stats | undefined> {
  return await stat(path).catch((error) => {
    if (isMissing(error)) return undefined;
    throw error;
  });
}

/** Links that are followed before a path counts as a circle, as Linux has it. */
const MAX_LINKS = 40;

/** Where a path leads at which nothing stands: itself, or the end of the links that begin there. */
async function endOfLinks(path: string): Promise<string> {
  let end = path;
  for (let links = 0; links < MAX_LINKS; links++) {
    const next = await readlink(end).catch(() => undefined);
    if (next === undefined) return end;
    // Not `join`: it would take `folder/..` away, although `folder` may be a link itself.
    end = isAbsolute(next) ? next : `${dirname(end)}${sep}${next}`;
  }
  throw outputError(path, "its links lead in a circle");
}

function outputError(path: string, why: string, cause?: unknown): PluginError {
  const message = `Cannot write "${path}": ${why}`;
  return new PluginError("output.unwritable", message, cause === undefined ? {} : { cause });
}

export function asOutputError(path: string, error: unknown): PluginError {
  if (error instanceof PluginError) return error;
  const permission = missingPermission(error);
  if (permission !== undefined) {
    const why = `the runtime does not permit it; run it with "${permission}"`;
    return outputError(path, why, error);
  }
  if (isDenied(error)) return outputError(path, "permission denied", error);
  // What follows the comma is the call and its path, which may be that of the temporary file.
  const why = error instanceof Error ? error.message.split(", ")[0]! : String(error);
  return outputError(path, why, error);
}

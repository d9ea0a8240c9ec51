import { mkdir, readdir, rename, rm, rmdir, writeFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { PluginError } from "../plugin-error.ts";
import { isMissing } from "./file-system.ts";

/**
 * Writes a new folder whole: where anything fails, nothing of it stays.
 *
 * @param files Text by path within the folder, with `/`.
 * @throws {PluginError} `output.unwritable`, also where something stands there already; an empty folder
 *   is nothing
 */
export async function writeNewFolder(
  path: string,
  files: ReadonlyMap<string, string>,
): Promise<void> {
  await checkNothingThere(path);
  const target = resolve(path);
  let made: string | undefined;
  try {
    const beside = join(dirname(target), `.${basename(target)}.${crypto.randomUUID()}.part`);
    await mkdir(beside);
    made = beside;
    for (const [name, text] of files) {
      const file = join(made, name);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, text, { flag: "wx" });
    }
    // Fails where it is not empty any more.
    await rmdir(target).catch((error) => {
      if (!isMissing(error)) throw error;
    });
    await rename(made, target);
  } catch (error) {
    if (made !== undefined) await rm(made, { recursive: true, force: true }).catch(() => {});
    throw unwritable(path, reasonOf(error), error);
  }
}

async function checkNothingThere(path: string): Promise<void> {
  let names: string[];
  try {
    names = await readdir(path);
  } catch (error) {
    if (isMissing(error) && (error as { code?: string }).code === "ENOENT") return;
    const isFile = (error as { code?: string }).code === "ENOTDIR";
    throw unwritable(path, isFile ? "something else stands there" : reasonOf(error), error);
  }
  if (names.length > 0) throw unwritable(path, "it is there already, and is not empty");
}

function reasonOf(error: unknown): string {
  const { code, message } = error as { code?: string; message?: string };
  if (code === "EACCES" || code === "EPERM") return "permission denied";
  if (code === "ENOENT") return "its folder is not there";
  return message ?? String(error);
}

function unwritable(path: string, why: string, cause?: unknown): PluginError {
  return new PluginError("output.unwritable", `Cannot write "${path}": ${why}`, { cause });
}

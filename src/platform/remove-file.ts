import { rm, rmdir } from "node:fs/promises";
import { PluginError } from "../plugin-error.ts";
import { isDenied, isMissing } from "./file-system.ts";

/**
 * Removes a file, or a link that stands in its place.
 *
 * @returns false where there was none.
 * @throws {PluginError} `output.unwritable`
 */
export async function removeFile(path: string): Promise<boolean> {
  return await removed(path, () => rm(path));
}

/**
 * Removes a folder in which nothing is left.
 *
 * @returns false where there was none, or something is in it.
 * @throws {PluginError} `output.unwritable`
 */
export async function removeEmptyFolder(path: string): Promise<boolean> {
  return await removed(path, () => rmdir(path));
}

async function removed(path: string, remove: () => Promise<void>): Promise<boolean> {
  try {
    await remove();
    return true;
  } catch (cause) {
    if (isMissing(cause) || (cause as { code?: string }).code === "ENOTEMPTY") return false;
    const why = isDenied(cause) ? "permission denied" : (cause as Error).message.split(", ")[0]!;
    throw new PluginError("output.unwritable", `Cannot remove "${path}": ${why}`, { cause });
  }
}

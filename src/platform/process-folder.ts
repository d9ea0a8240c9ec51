import { statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { asInputError, isMissing } from "./file-system.ts";

/** @see linux/magic.h, PROC_SUPER_MAGIC */
const PROC = 0x9fa0;

/**
 * Whether a path lies in what Linux tells of processes, wherever that is mounted and whichever links lead
 * there; what it names lasts as long as its process. False where there is no such folder.
 *
 * @throws {PluginError} `input.unreadable`
 */
export async function isOfProcess(path: string): Promise<boolean> {
  try {
    return (await statfs(dirname(path))).type === PROC;
  } catch (error) {
    if (isMissing(error)) return false;
    throw asInputError(path, error);
  }
}

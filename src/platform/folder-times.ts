import { stat } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { PluginError } from "../plugin-error.ts";
import { isMissing, readDirectory } from "./file-system.ts";

/** When a file was changed last, and what it had in it. */
export interface FileTimes {
  readonly modifiedMs: number;
  readonly size: number;
}

/** Nobody has so many sources of a plugin; it may be a whole disk. */
const MAX_FILES = 10_000;

/**
 * The files of a folder, by their paths within it with `/`. What is hidden, `node_modules`, and folders
 * behind links are passed over.
 *
 * @throws {PluginError} `input.too-large` beyond 10,000 files, `input.not-found`, `input.unreadable`
 */
export async function folderTimes(folder: string): Promise<Map<string, FileTimes>> {
  const files = new Map<string, FileTimes>();
  const pending = [""];
  for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
    for (const { name, kind } of await readDirectory(join(folder, at))) {
      if (name.startsWith(".") || name === "node_modules") continue;
      const path = at === "" ? name : `${at}/${name}`;
      if (kind === "directory") pending.push(path);
      else if (kind !== "other") {
        const times = await fileTimes(join(folder, path));
        if (times !== undefined) files.set(path, times);
      }
      if (files.size > MAX_FILES) {
        throw new PluginError(
          "input.too-large",
          `Cannot look at "${folder}": it holds more than ${MAX_FILES} files`,
        );
      }
    }
  }
  return files;
}

/** The times of one file; undefined where there is none. */
export async function fileTimes(path: string): Promise<FileTimes | undefined> {
  try {
    const stats = await stat(path);
    return stats.isFile() ? { modifiedMs: stats.mtimeMs, size: stats.size } : undefined;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/**
 * Waits.
 *
 * @returns false when `signal` aborted first
 */
export async function pause(milliseconds: number, signal: AbortSignal): Promise<boolean> {
  return await sleep(milliseconds, true, { signal }).catch(() => false);
}

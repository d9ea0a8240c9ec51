import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import { delimiter, isAbsolute, join, resolve } from "node:path";
import process from "node:process";

/**
 * The file that a shell would run for a name: in the folders of PATH, or at the path where it has a
 * slash.
 *
 * @returns An absolute path; undefined where there is no such program.
 */
export async function findProgram(name: string): Promise<string | undefined> {
  if (name.includes("/")) return await isProgram(resolve(name)) ? resolve(name) : undefined;
  for (const folder of (process.env.PATH ?? "").split(delimiter)) {
    // A relative folder would make the current one decide.
    if (name === "" || !isAbsolute(folder)) continue;
    const path = join(folder, name);
    if (await isProgram(path)) return path;
  }
  return undefined;
}

async function isProgram(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import { delimiter, isAbsolute, join, resolve } from "node:path";
import process from "node:process";

/** The folders of PATH, in order. A relative one would make the current folder decide, and is left out. */
export function programFolders(): string[] {
  return (process.env.PATH ?? "").split(delimiter).filter((folder) => isAbsolute(folder));
}

/**
 * The file that a shell would run for a name: in the folders of PATH, or at the path where it has a
 * slash.
 *
 * @param folders Default: {@link programFolders}.
 * @returns An absolute path; undefined where there is no such program.
 */
export async function findProgram(
  name: string,
  folders: readonly string[] = programFolders(),
): Promise<string | undefined> {
  if (name.includes("/")) return await isProgram(resolve(name)) ? resolve(name) : undefined;
  for (const folder of folders) {
    if (name === "") continue;
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

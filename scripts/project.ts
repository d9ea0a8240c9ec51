import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

/** The project's folder, whether the scripts run from source or from the build. */
export const PROJECT: string = findProject(dirname(fileURLToPath(import.meta.url)));

/** The command on Node, once `npm run build` has run. */
export const COMMAND: string = join(PROJECT, "build", "command", "cofferdam.js");

function findProject(folder: string): string {
  return existsSync(join(folder, "deno.json")) ? folder : findProject(dirname(folder));
}

/** The files below a folder of the project, as paths from the project's folder with `/`, sorted. */
export async function listFiles(folder: string, ending: string): Promise<string[]> {
  const entries = await readdir(join(PROJECT, folder), { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && entry.name.endsWith(ending))
    .map((entry) => relative(PROJECT, join(entry.parentPath, entry.name)).replaceAll(sep, "/"))
    .sort();
}

/** The Deno that the scripts use: the one they run on, else the dev dependency. */
export function denoPath(): string {
  const own = (globalThis as { Deno?: { execPath(): string } }).Deno?.execPath();
  return own ?? join(PROJECT, "node_modules", ".bin", "deno");
}

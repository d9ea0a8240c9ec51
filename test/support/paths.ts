import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The project's folder, seen from the sources and from the build. */
export const PROJECT: string = findProject(dirname(fileURLToPath(import.meta.url)));

function findProject(folder: string): string {
  return existsSync(join(folder, "deno.json")) ? folder : findProject(dirname(folder));
}

/** A path below the project's folder. */
export function projectPath(...steps: string[]): string {
  return join(PROJECT, ...steps);
}

import { join } from "node:path";
import { PROJECT } from "../../scripts/project.ts";

/** A path below the project's folder. */
export function projectPath(...steps: string[]): string {
  return join(PROJECT, ...steps);
}

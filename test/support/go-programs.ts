import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { PROJECT } from "../../scripts/project.ts";
import { runCommand } from "../../scripts/run-command.ts";

/** Programs of one Go module below `test/real`. */
export interface GoPrograms<Name extends string> {
  /** The path of a program that {@link GoPrograms.build} has built. */
  path(name: Name): string;
  /** Builds all of them. @returns Why there are none; undefined where they are there. */
  build(): Promise<string | undefined>;
}

/**
 * Programs that are built from a Go module.
 *
 * @param module Its folder in `test/real`.
 * @param sources What each is built from.
 */
export function goPrograms<Name extends string>(
  module: string,
  sources: Readonly<Record<Name, string>>,
): GoPrograms<Name> {
  const folder = join(PROJECT, ".work", module);
  const path = (name: Name) => join(folder, name);
  return {
    path,
    build: async () => {
      if ((await runCommand("go", ["version"])).code !== 0) return "Go is not installed";
      await mkdir(folder, { recursive: true });
      const cwd = join(PROJECT, "test", "real", module);
      for (const [name, source] of Object.entries(sources) as [Name, string][]) {
        const { code, output } = await runCommand("go", ["build", "-o", path(name), source], {
          cwd,
        });
        if (code !== 0) return `${source} cannot be built: ${output.trim()}`;
      }
      return undefined;
    },
  };
}

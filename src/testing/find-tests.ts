import { entryName } from "../input/input-name.ts";
import { fileKind, readDirectory } from "../platform/file-system.ts";
import { PluginError } from "../plugin-error.ts";

/** The tests of a plugin's folder, as paths from where the folder's own path starts. */
export interface FoundTests {
  /** `cases/*.yaml`, and `.yml` and `.json`. */
  readonly cases: readonly string[];
  /** `*.test.ts`, in the folder and in `test`. */
  readonly modules: readonly string[];
}

/**
 * Finds the tests of a folder, each list in the order of names.
 *
 * @throws {PluginError} `input.not-found`, `input.unreadable`; `input.empty` where there are none
 */
export async function findTests(folder: string): Promise<FoundTests> {
  const cases = await filesOf(entryName(folder, "cases"), /\.(ya?ml|json)$/);
  const modules = [
    ...await filesOf(folder, /\.test\.ts$/),
    ...await filesOf(entryName(folder, "test"), /\.test\.ts$/),
  ];
  if (cases.length + modules.length === 0) {
    throw new PluginError(
      "input.empty",
      `Cannot test "${folder}": it has neither "cases/*.yaml" nor "*.test.ts"`,
    );
  }
  return { cases, modules };
}

async function filesOf(folder: string, names: RegExp): Promise<string[]> {
  if (await fileKind(folder) !== "directory") return [];
  const files: string[] = [];
  for (const { name, kind } of await readDirectory(folder)) {
    // What is hidden is an editor's, or is being loaded by another run.
    if (!names.test(name) || name.startsWith(".")) continue;
    const path = entryName(folder, name);
    if (kind === "file" || await fileKind(path) === "file") files.push(path);
  }
  return files;
}

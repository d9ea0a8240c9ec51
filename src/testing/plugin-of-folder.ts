import { fileKind } from "../platform/file-system.ts";
import { writeFileAtomic } from "../platform/output-file.ts";
import { PluginError } from "../plugin-error.ts";
import { entryName } from "../input/input-name.ts";

/** Where the built plugin of a folder is. */
export const PLUGIN_FILE = "policy.wasm";

/**
 * Builds the plugin of a folder, where its sources are there, and says where it is.
 *
 * Always: it takes a second, and what went into a plugin (a package, data, a tsconfig.json, a file that
 * is gone) does not show in the times of files.
 *
 * @throws {PluginError} `build.*`; `bundle.*`, `input.*`, `output.unwritable`
 */
export async function pluginOfFolder(folder: string): Promise<string> {
  const path = entryName(folder, PLUGIN_FILE);
  const { buildSource, findSource } = await import("../build/build-source.ts");
  if (await findSource(folder) === undefined) {
    if (await fileKind(path) === "file") return path;
    throw new PluginError(
      "build.plugin-missing",
      `Cannot test "${folder}": it holds neither "${PLUGIN_FILE}" nor what one is built of; name a ` +
        'plugin with "--plugin"',
    );
  }
  const { bytes } = await buildSource(folder);
  await writeFileAtomic(path, bytes);
  return path;
}

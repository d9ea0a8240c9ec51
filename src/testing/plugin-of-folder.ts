import { fileTimes, folderTimes } from "../platform/folder-times.ts";
import { writeFileAtomic } from "../platform/output-file.ts";
import { PluginError } from "../plugin-error.ts";
import { entryName } from "../input/input-name.ts";

/** Where the built plugin of a folder is. */
export const PLUGIN_FILE = "policy.wasm";

/** A module that may go into the plugin: neither a test nor beside the tests. */
const SOURCE = /^(?!cases\/|test\/)(?!.*\.test\.[a-z]+$).*\.[cm]?[jt]sx?$/;

/**
 * Makes the plugin of a folder up to date, where its sources are there, and says where it is.
 *
 * @throws {PluginError} `build.*`; `bundle.*`, `input.*`, `output.unwritable`
 */
export async function pluginOfFolder(folder: string): Promise<string> {
  const path = entryName(folder, PLUGIN_FILE);
  if (await isUpToDate(folder, path)) return path;
  const { buildSource, findSource } = await import("../build/build-source.ts");
  if (await findSource(folder) === undefined) {
    if (await fileTimes(path) !== undefined) return path;
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

async function isUpToDate(folder: string, path: string): Promise<boolean> {
  const built = await fileTimes(path);
  if (built === undefined) return false;
  for (const [name, { modifiedMs }] of await folderTimes(folder)) {
    const counts = name === "plugin.json" || SOURCE.test(name);
    if (counts && modifiedMs > built.modifiedMs) return false;
  }
  return true;
}

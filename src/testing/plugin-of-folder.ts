import { fileTimes, folderTimes } from "../platform/folder-times.ts";
import { PluginError } from "../plugin-error.ts";
import { entryName } from "../input/input-name.ts";

/** Where the built plugin of a folder is. */
export const PLUGIN_FILE = "policy.wasm";

/** A module that may go into the plugin: neither a test nor beside the tests. */
const SOURCE = /^(?!cases\/|test\/)(?!.*\.test\.[a-z]+$).*\.[cm]?[jt]sx?$/;

/**
 * Makes the plugin of a folder up to date and says where it is. Nothing is built here: what is missing,
 * or older than its sources, is named with what builds it.
 *
 * @throws {PluginError} `build.plugin-missing`, `build.plugin-stale`; `input.*`
 */
export async function pluginOfFolder(folder: string): Promise<string> {
  const path = entryName(folder, PLUGIN_FILE);
  const build = folder === "." ? '"cofferdam build"' : `"cofferdam build" in "${folder}"`;
  const built = await fileTimes(path);
  if (built === undefined) {
    throw new PluginError(
      "build.plugin-missing",
      `Cannot test "${folder}": there is no "${path}"; run ${build}, or name a plugin with "--plugin"`,
    );
  }
  for (const [name, { modifiedMs }] of await folderTimes(folder)) {
    if (modifiedMs <= built.modifiedMs) continue;
    if (name !== "plugin.json" && !SOURCE.test(name)) continue;
    throw new PluginError(
      "build.plugin-stale",
      `Cannot test "${folder}": "${path}" is older than "${
        entryName(folder, name)
      }"; run ${build}, ` +
        'or name a plugin with "--plugin"',
    );
  }
  return path;
}

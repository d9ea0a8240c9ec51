import type { Host } from "../host/host.ts";
import type { Plugin } from "../host/plugin.ts";
import type { JsonValue } from "../json.ts";
import { LIMITS } from "../limits.ts";
import { readFileBounded } from "../platform/file-system.ts";
import { PluginError } from "../plugin-error.ts";
import { type GivenFlag, usage } from "./flags.ts";

/** A plugin as the command line names it. */
export interface PluginArgument {
  readonly path: string;
  readonly settingsPath?: string;
  readonly digest?: string;
}

/**
 * Gathers `--plugin` and the flags that follow each of them.
 *
 * @throws {PluginError} `usage.invalid`
 */
export function pluginArguments(given: readonly GivenFlag[]): PluginArgument[] {
  const plugins: PluginArgument[] = [];
  for (const { flag, value } of given) {
    if (flag.name === "plugin") plugins.push({ path: value });
    if (!flag.ofPlugin) continue;
    const last = plugins.pop();
    if (last === undefined) throw usage(`"--${flag.name}" stands before any "--plugin"`);
    const field = flag.name === "settings" ? "settingsPath" : "digest";
    if (last[field] !== undefined) {
      throw usage(`"--${flag.name}" was given twice for the plugin "${last.path}"`);
    }
    plugins.push({ ...last, [field]: value });
  }
  return plugins;
}

/**
 * Loads the plugins of one run.
 *
 * @throws {PluginError} what loading throws; `registry.not-implements` for a plugin that judges
 * nothing; `registry.duplicate-name` for two of one name, since reports could not tell them apart
 */
export async function loadPlugins(
  host: Host,
  plugins: readonly PluginArgument[],
): Promise<Plugin[]> {
  const loaded = await Promise.all(plugins.map(async ({ path, settingsPath, digest }) => {
    const settings = settingsPath === undefined ? undefined : await readSettings(settingsPath);
    const plugin = await host.load(path, { settings, digest });
    const contracts = plugin.manifest.implements.map((i) => i.contract);
    if (!contracts.includes("admission")) {
      throw new PluginError(
        "registry.not-implements",
        `Cannot check with ${plugin.manifest.name}: it implements ${
          contracts.join(", ")
        }, wanted "admission"`,
      );
    }
    return plugin;
  }));
  const paths = new Map<string, string>();
  for (const [index, { manifest: { name } }] of loaded.entries()) {
    const path = plugins[index]!.path;
    const other = paths.get(name);
    if (other !== undefined) {
      throw new PluginError(
        "registry.duplicate-name",
        `Cannot check with "${other}" and "${path}": both are called "${name}"`,
      );
    }
    paths.set(name, path);
  }
  return loaded;
}

/** A settings file as a value: YAML, JSON or TOML. An empty file is `{}`. */
async function readSettings(path: string): Promise<JsonValue> {
  const bytes = await readFileBounded(path, LIMITS.inputBytes);
  const { parseValue } = await import("../document/parse-value.ts");
  try {
    return await parseValue(bytes, path) ?? {};
  } catch (cause) {
    const { message, details } = PluginError.from(cause);
    throw new PluginError(
      "contract.settings-invalid",
      `Cannot use the settings "${path}": ${message}`,
      { details, cause },
    );
  }
}

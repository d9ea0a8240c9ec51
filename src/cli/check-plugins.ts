import type { MetadataProvider } from "../capability/metadata-provider.ts";
import type { PluginConfig } from "../config/plugin-config.ts";
import type { Host } from "../host/host.ts";
import type { JudgingPlugin, LoadOptions, Plugin } from "../host/plugin.ts";
import type { JsonValue } from "../json.ts";
import { LIMITS } from "../limits.ts";
import { readFileBounded } from "../platform/file-system.ts";
import { PluginError } from "../plugin-error.ts";
import { grantsOf } from "./plugin-grants.ts";
import type { PluginArgument } from "./plugin-flags.ts";
import { type Trust, trustedConfig } from "./trust.ts";

/**
 * Loads the plugins of one run that judge.
 *
 * @param clientMetadata What the client of a bridge knows.
 * @throws {PluginError} as {@link loadAnyPlugins}; `registry.not-implements` for a plugin that judges
 * nothing
 */
export async function loadPlugins(
  host: Host,
  plugins: readonly PluginArgument[],
  trust: Trust,
  clientMetadata?: MetadataProvider,
): Promise<JudgingPlugin[]> {
  return await loadAnyPlugins(host, plugins, trust, { clientMetadata, check: checkJudges });
}

function checkJudges({ manifest }: JudgingPlugin): void {
  const contracts = manifest.implements.map((i) => i.contract);
  if (contracts.includes("admission")) return;
  throw new PluginError(
    "registry.not-implements",
    `Cannot check with ${manifest.name}: it implements ${contracts.join(", ")}, wanted "admission"`,
  );
}

/** How plugins are loaded of which nothing is expected. */
export interface LoadAnyOptions {
  /** What the client of a bridge knows. */
  readonly clientMetadata?: MetadataProvider | undefined;
  /** Where their calls run; see `LoadOptions.mode`. */
  readonly mode?: LoadOptions["mode"];
  /** Throws for a plugin that is not wanted. */
  readonly check?: ((plugin: Plugin) => void) | undefined;
}

/**
 * Loads the plugins of one run.
 *
 * @throws {PluginError} what loading throws; `trust.*` for one that is not what its operator accepted;
 * `registry.duplicate-name` for two of one name, since nobody could tell them apart
 */
export async function loadAnyPlugins(
  host: Host,
  plugins: readonly PluginArgument[],
  trust: Trust,
  { clientMetadata, mode, check = () => {} }: LoadAnyOptions = {},
): Promise<Plugin[]> {
  const optionsOf = loadOptions(trust, { clientMetadata, mode });
  const loaded = await Promise.all(plugins.map(async (argument) => {
    const plugin = await loadTrusted(host, argument, trust, optionsOf);
    check(plugin);
    return plugin;
  }));
  const paths = new Map<string, string>();
  for (const [index, { manifest: { name } }] of loaded.entries()) {
    const path = plugins[index]!.path;
    const other = paths.get(name);
    if (other !== undefined) {
      throw new PluginError(
        "registry.duplicate-name",
        `Cannot use "${other}" and "${path}" together: both are called "${name}"`,
      );
    }
    paths.set(name, path);
  }
  return loaded;
}

type OptionsOf = (argument: PluginArgument, said: PluginConfig) => Promise<LoadOptions>;

async function loadTrusted(
  host: Host,
  argument: PluginArgument,
  trust: Trust,
  optionsOf: OptionsOf,
): Promise<Plugin> {
  const { path, digest } = argument;
  // Nobody says anything of any plugin: its name need not be known before it is loaded.
  if (trust.lock === undefined && Object.keys(trust.config.plugins).length === 0) {
    return await host.load(path, { ...await optionsOf(argument, {}), digest });
  }
  const { openPluginFile } = await import("../host/open-plugin-file.ts");
  const bundle = await openPluginFile(path, digest);
  const said = await trustedConfig(trust, bundle, digest);
  const options = await optionsOf(argument, said);
  // These bytes were compared with the lock; the file could be another one by now.
  return await host.load(bundle.bytes, { ...options, digest: said.digest });
}

/** Flags count before what the configuration says. */
function loadOptions(
  { configPath }: Trust,
  { clientMetadata, mode }: LoadAnyOptions,
): OptionsOf {
  return async ({ settingsPath, instance, fuel, timeoutMs, memoryPages, allow }, said) => ({
    settings: settingsPath === undefined ? said.settings : await readSettings(settingsPath),
    instance: instance ?? said.instance,
    fuel: fuel ?? said.limits?.fuel,
    timeoutMs: timeoutMs ?? said.limits?.timeoutMs,
    memoryPages: memoryPages ?? said.limits?.memoryPages,
    grants: await grantsOf(allow, said, configPath, clientMetadata),
    mode,
  });
}

/**
 * A settings file as a value: YAML, JSON or TOML. An empty file is `{}`.
 *
 * @throws {PluginError} `contract.settings-invalid`, `input.*`
 */
export async function readSettings(path: string): Promise<JsonValue> {
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

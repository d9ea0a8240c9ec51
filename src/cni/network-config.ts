import { isJsonObject, type JsonObject, type JsonValue } from "../json.ts";
import { foldKey } from "../document/recognise/go-fold.ts";
import { quote } from "../document/source-text.ts";
import { PluginError } from "../plugin-error.ts";
import { cniBytes, parseCniJson } from "./cni-json.ts";
import { compareCniVersions, CURRENT_CNI_VERSION, parseCniVersion } from "./version.ts";

/** The configuration of one plugin. */
export interface PluginConfig {
  /** The plugin's file name. */
  readonly type: string;
  /** The network's, where it stands in the plugin's own configuration. */
  readonly name: string;
  readonly cniVersion: string;
  /** Those that it asks for: `portMappings`. */
  readonly capabilities: readonly string[];
  /** The whole configuration. */
  readonly config: JsonObject;
}

/** A network: plugins that make it up, in the order in which they attach a container. */
export interface NetworkConfig {
  readonly name: string;
  /** The newest one that the configuration offers and libcni knows; may be empty, for 0.1.0. */
  readonly cniVersion: string;
  readonly disableCheck: boolean;
  readonly disableGC: boolean;
  /** Whether no files beside the configuration add plugins to it. */
  readonly loadOnlyInlinedPlugins: boolean;
  readonly plugins: readonly PluginConfig[];
  /** As it was written; what a runtime remembers with each attachment. */
  readonly bytes: Uint8Array;
}

/** What libcni itself reads in a plugin's configuration, under every spelling that folds to it. */
const READ_BY_LIBCNI: ReadonlyMap<string, string> = new Map(
  ["cniVersion", "name", "type", "capabilities", "prevResult"].map((key) => [foldKey(key), key]),
);

/**
 * Reads the configuration of one plugin.
 *
 * @throws {PluginError} `cni.config-malformed`, `cni.version-malformed`
 * @see CNI SPEC 1.1.0, section 1, "Plugin configuration objects"
 */
export function parsePluginConfig(source: Uint8Array | JsonObject): PluginConfig {
  const config = source instanceof Uint8Array
    ? parseCniJson(source, "plugin configuration", malformed)
    : source;
  if (!isJsonObject(config)) throw malformed("it is no object");
  for (const key of Object.keys(config)) {
    const field = READ_BY_LIBCNI.get(foldKey(key));
    // Go's reader takes both for one, and the last one wins.
    if (field !== undefined && field !== key) {
      throw malformed(`its key ${quote(key)} is read as "${field}"; spell it so`);
    }
  }
  const type = textOf(config, "type");
  if (type === "") throw malformed('it has no "type"');
  const cniVersion = textOf(config, "cniVersion");
  parseCniVersion(cniVersion);
  return {
    type,
    name: textOf(config, "name"),
    cniVersion,
    capabilities: capabilitiesOf(config),
    config,
  };
}

function capabilitiesOf(config: JsonObject): string[] {
  const capabilities = memberOf(config, "capabilities") ?? {};
  if (!isJsonObject(capabilities)) throw malformed('its "capabilities" are no object');
  return Object.entries(capabilities).filter(([name, isAsked]) => {
    if (typeof isAsked === "boolean") return isAsked;
    throw malformed(`its capability ${quote(name)} is neither true nor false`);
  }).map(([name]) => name);
}

/**
 * Reads the configuration of a network, a `.conflist`. The version is the highest one of `cniVersions`
 * and `cniVersion` that is not above 1.1.0; a `cniVersion` alone is taken as it is.
 *
 * @returns Without plugins where it has no list of them; {@link readNetworkFile} adds those that stand
 *   in files of their own.
 * @throws {PluginError} `cni.config-malformed`, `cni.version-malformed`
 * @see CNI SPEC 1.1.0, section 1; libcni, conf.go
 */
export function parseNetworkConfig(bytes: Uint8Array): NetworkConfig {
  const list = parseCniJson(bytes, "network configuration", malformed);
  if (!isJsonObject(list)) throw malformed("it is no object");
  if (typeof memberOf(list, "name") !== "string") throw malformed('it has no "name"');
  const loadOnlyInlinedPlugins = flagOf(list, "loadOnlyInlinedPlugins");
  return {
    name: textOf(list, "name"),
    cniVersion: negotiatedVersion(list),
    disableCheck: flagOf(list, "disableCheck"),
    disableGC: flagOf(list, "disableGC"),
    loadOnlyInlinedPlugins,
    plugins: pluginsOf(list, loadOnlyInlinedPlugins),
    bytes,
  };
}

/** A network of one plugin, as a lone `.conf` stands for. */
export function networkOfPlugin({ name, cniVersion, config }: PluginConfig): NetworkConfig {
  return parseNetworkConfig(cniBytes({ name, cniVersion, plugins: [config] }));
}

function pluginsOf(list: JsonObject, areAll: boolean): PluginConfig[] {
  const plugins = memberOf(list, "plugins");
  if (plugins === undefined) {
    if (areAll) throw malformed('"loadOnlyInlinedPlugins" is true, and there are no "plugins"');
    return [];
  }
  if (!Array.isArray(plugins) || plugins.length === 0) {
    throw malformed('its "plugins" are no list, or an empty one');
  }
  return plugins.map((plugin) => parsePluginConfig(plugin as JsonObject));
}

function negotiatedVersion(list: JsonObject): string {
  const own = textOf(list, "cniVersion");
  parseCniVersion(own);
  const offered = memberOf(list, "cniVersions");
  if (offered === undefined) return own;
  if (!Array.isArray(offered) || !offered.every((one) => typeof one === "string")) {
    throw malformed('its "cniVersions" are no list of texts');
  }
  const all = own === "" ? offered : [...offered, own];
  const known = all.filter((one) => compareCniVersions(one, CURRENT_CNI_VERSION) <= 0);
  return known.sort(compareCniVersions).at(-1) ?? own;
}

/** libcni takes the words as well. */
function flagOf(list: JsonObject, key: string): boolean {
  const value = memberOf(list, key) ?? false;
  if (typeof value === "boolean") return value;
  const word = typeof value === "string" ? value.toLowerCase() : "";
  if (word === "true" || word === "false") return word === "true";
  throw malformed(`its "${key}" is neither true nor false`);
}

/** A text, `""` where it is not there. */
function textOf(object: JsonObject, key: string): string {
  const value = memberOf(object, key) ?? "";
  if (typeof value !== "string") throw malformed(`its "${key}" is no text`);
  return value;
}

function memberOf(object: JsonObject, key: string): JsonValue | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

/**
 * The version that a plugin's configuration is written in; `""` for 0.1.0.
 *
 * @throws {PluginError} `cni.config-malformed`
 */
export function versionOfConfig(bytes: Uint8Array): string {
  const config = parseCniJson(bytes, "plugin configuration", malformed);
  if (!isJsonObject(config)) throw malformed("it is no object");
  return textOf(config, "cniVersion");
}

/**
 * A plugin's configuration with more in it.
 *
 * @throws {PluginError} `cni.config-malformed` for a key without letters, or nothing for a value
 */
export function injectConfig(plugin: PluginConfig, values: JsonObject): PluginConfig {
  for (const [key, value] of Object.entries(values)) {
    if (key === "") throw malformed("a key to put into it is empty");
    if (value === null || value === undefined) {
      throw malformed(`there is no value to put into it as ${quote(key)}`);
    }
  }
  return parsePluginConfig({ ...plugin.config, ...values });
}

function malformed(why: string): PluginError {
  return new PluginError("cni.config-malformed", `Cannot use the network configuration: ${why}`);
}

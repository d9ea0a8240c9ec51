import { quote } from "../document/source-text.ts";
import { LIMITS } from "../limits.ts";
import { type DirectoryEntry, readDirectory, readFileBounded } from "../platform/file-system.ts";
import { folderOf, joinPath } from "../platform/path.ts";
import { PluginError } from "../plugin-error.ts";
import { isNetworkName } from "./attachment.ts";
import {
  type NetworkConfig,
  networkOfPlugin,
  parseNetworkConfig,
  parsePluginConfig,
  type PluginConfig,
} from "./network-config.ts";

/**
 * The network of a name, as a runtime finds it in a folder: the first `.conflist` of that name, else the
 * first `.conf` or `.json`, in the order of the files' names. A file that cannot be used ends the search
 * when it is met, whatever it is called: it could be the one that is looked for.
 *
 * @throws {PluginError} `cni.config-not-found`, `cni.config-malformed`, `cni.version-malformed`,
 * `input.unreadable`, `input.too-large`
 * @see libcni, conf.go
 */
export async function findNetwork(folder: string, name: string): Promise<NetworkConfig> {
  const entries = await entriesOf(folder);
  for (const path of filesOf(folder, entries, [".conflist"])) {
    const network = await readNetworkFile(path);
    if (network.name === name) return network;
  }
  for (const path of filesOf(folder, entries, [".conf", ".json"])) {
    const plugin = await readPluginFile(path);
    if (plugin.name === name) return networkOfPlugin(plugin);
  }
  const message = `Cannot find the network ${
    quote(name)
  }: ${folder} has no configuration of that name`;
  throw new PluginError("cni.config-not-found", message);
}

/**
 * Reads a `.conflist`. Unless it says `loadOnlyInlinedPlugins`, the plugins in the `.conf` files of the
 * folder beside it that bears the network's name come behind its own.
 *
 * @throws {PluginError} `cni.config-malformed`, `cni.version-malformed`, `input.not-found`,
 * `input.unreadable`, `input.too-large`
 */
export async function readNetworkFile(path: string): Promise<NetworkConfig> {
  return await within(path, async () => {
    const network = parseNetworkConfig(await readFileBounded(path, LIMITS.cniConfigBytes));
    const more = network.loadOnlyInlinedPlugins ? [] : await pluginsBeside(path, network.name);
    const plugins = [...network.plugins, ...more];
    if (plugins.length === 0) throw malformed("no plugins are in it or beside it");
    return { ...network, plugins };
  });
}

async function pluginsBeside(path: string, name: string): Promise<PluginConfig[]> {
  // The name is about to be a step of a path.
  if (!isNetworkName(name)) throw malformed(`its name ${quote(name)} is none that CNI allows`);
  const folder = joinPath(folderOf(path), name);
  const files = filesOf(folder, await entriesOf(folder), [".conf"]);
  return await Promise.all(files.map(readPluginFile));
}

/**
 * Reads a file with the configuration of one plugin.
 *
 * @throws {PluginError} As {@link readNetworkFile}.
 */
export async function readPluginFile(path: string): Promise<PluginConfig> {
  return await within(
    path,
    async () => parsePluginConfig(await readFileBounded(path, LIMITS.cniConfigBytes)),
  );
}

/** A folder that is not there has no files. */
async function entriesOf(folder: string): Promise<DirectoryEntry[]> {
  try {
    return await readDirectory(folder);
  } catch (error) {
    if (error instanceof PluginError && error.code === "input.not-found") return [];
    throw error;
  }
}

function filesOf(
  folder: string,
  entries: readonly DirectoryEntry[],
  endings: readonly string[],
): string[] {
  return entries.filter(({ kind, name }) =>
    kind !== "directory" && endings.some((ending) => name.endsWith(ending))
  ).map(({ name }) => joinPath(folder, name));
}

/** Has errors about a file's content name the file. */
async function within<T>(path: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof PluginError) || !error.code.startsWith("cni.")) throw error;
    if (error.details["file"] !== undefined) throw error;
    const details = { ...error.details, file: path };
    throw new PluginError(error.code, `${path}: ${error.message}`, { details, cause: error });
  }
}

function malformed(why: string): PluginError {
  return new PluginError("cni.config-malformed", `Cannot use the network configuration: ${why}`);
}

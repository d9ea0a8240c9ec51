import { findInFolders, isPluginType } from "../capability/cni-plugin.ts";
import { quote } from "../document/source-text.ts";
import type { Host } from "../host/host.ts";
import type { LoadOptions, Plugin } from "../host/plugin.ts";
import { refuseForeignWriters } from "../platform/private-folder.ts";
import { PluginError } from "../plugin-error.ts";
import { type ChainPlugin, type NativeOptions, NativePlugin, WasmPlugin } from "./chain-plugin.ts";

/** Bundles that are found by the type of a plugin, as `<type>.wasm`. */
export interface BundleFolders {
  /** Loads them; they end with it. */
  readonly host: Host;
  /** Nobody but this process's user and root may be able to write there. */
  readonly folders: readonly string[];
  /** How a bundle is loaded: its settings, digest and grants. Default: nothing is granted. */
  readonly options?: ((type: string) => LoadOptions) | undefined;
}

/** Where the plugins of networks come from. */
export interface PluginSources {
  /** By type; they count before all that is found in folders. */
  readonly plugins?: Readonly<Record<string, Plugin>> | undefined;
  /** They count before native plugins. */
  readonly bundles?: BundleFolders | undefined;
}

/** Finds plugins by their type: loaded ones, bundles in folders, native ones. */
export class PluginFinder {
  readonly #sources: PluginSources;
  readonly #native: NativeOptions;
  readonly #loaded: Map<string, Promise<Plugin>> = new Map();

  constructor(sources: PluginSources, native: NativeOptions) {
    this.#sources = sources;
    this.#native = native;
  }

  /**
   * @throws {PluginError} `cni.plugin-not-found`; what loading a bundle throws, and `trust.writable` for
   *   one that others can replace
   */
  async find(type: string): Promise<ChainPlugin> {
    const { exec, folders } = this.#native;
    const { plugins = {} } = this.#sources;
    if (Object.hasOwn(plugins, type)) return new WasmPlugin(plugins[type]!, folders);
    const bundle = await this.#bundle(type);
    if (bundle !== undefined) return new WasmPlugin(bundle, folders);
    return new NativePlugin(await exec.findInPath(type, folders), this.#native);
  }

  async #bundle(type: string): Promise<Plugin | undefined> {
    const { bundles } = this.#sources;
    if (bundles === undefined || !isPluginType(type)) return undefined;
    const path = await findInFolders(`${type}.wasm`, bundles.folders);
    if (path === undefined) return undefined;
    // Once, so that all calls about a container meet the same plugin.
    const loaded = this.#loaded.get(path) ?? this.#load(type, path, bundles);
    this.#loaded.set(path, loaded);
    try {
      return await loaded;
    } catch (error) {
      this.#loaded.delete(path);
      const { code, message, details } = PluginError.from(error);
      const why = `Cannot load the plugin ${quote(type)} from ${path}: ${message}`;
      throw new PluginError(code, why, { details, cause: error });
    }
  }

  async #load(type: string, path: string, { host, options }: BundleFolders): Promise<Plugin> {
    await refuseForeignWriters(path);
    const plugin = await host.load(path, options?.(type));
    const { name, implements: contracts } = plugin.manifest;
    if (contracts.some(({ contract }) => contract === "network")) return plugin;
    throw new PluginError("contract.not-implemented", `${name} does not implement "network"`);
  }
}

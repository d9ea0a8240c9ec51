import type { NetworkPlugin } from "../host/network.ts";
import { PluginError } from "../plugin-error.ts";
import {
  installationPaths,
  type InstalledPlugin,
  installedTypes,
  parseInstalled,
  readInstalledBytes,
} from "./installed-plugin.ts";
import { isPluginType } from "../capability/cni-plugin.ts";

/** A plugin that can be called. */
export interface LoadedNetwork {
  readonly network: NetworkPlugin;
  /** Ends it, and what it was granted. */
  close(): Promise<void>;
}

/** Loads what a configuration says. @throws {PluginError} */
export type LoadInstalled = (installed: InstalledPlugin) => Promise<LoadedNetwork>;

/** A plugin that is in use until {@link PluginUse.release}. */
export interface PluginUse {
  readonly network: NetworkPlugin;
  release(): void | Promise<void>;
}

/** A plugin as one state of its configuration says. */
interface Entry {
  readonly bytes: Uint8Array;
  readonly loaded: Promise<LoadedNetwork>;
  users: number;
  /** Another one has taken its place. */
  isRetired: boolean;
}

/**
 * The plugins that are installed in one folder. Each is loaded once, and again when its configuration has
 * changed; the one before it ends with its last call.
 */
export class PluginTable {
  readonly #binDir: string;
  readonly #load: LoadInstalled;
  readonly #entries: Map<string, Entry> = new Map();
  readonly #closing: Set<Promise<void>> = new Set();

  constructor(binDir: string, load: LoadInstalled) {
    this.#binDir = binDir;
    this.#load = load;
  }

  /**
   * Loads all that are installed now.
   *
   * @returns The types, each with what is wrong with it, where something is.
   */
  async loadAll(): Promise<ReadonlyMap<string, PluginError | undefined>> {
    const types = await installedTypes(this.#binDir);
    return new Map(
      await Promise.all(types.map(async (type): Promise<[string, PluginError | undefined]> => {
        try {
          await (await this.acquire(type)).release();
          return [type, undefined];
        } catch (error) {
          return [type, PluginError.from(error)];
        }
      })),
    );
  }

  /**
   * The plugin of a type, as it is installed at this moment.
   *
   * @throws {PluginError} `input.not-found` where it is not; what reading and loading it throws
   */
  async acquire(type: string): Promise<PluginUse> {
    if (!isPluginType(type)) throw new PluginError("config.invalid", "Cannot use this name");
    const { configuration } = installationPaths(this.#binDir, type);
    const entry = await this.#use(type, configuration);
    const release = () => {
      entry.users--;
      this.#closeUnused(entry);
    };
    try {
      return { network: (await entry.loaded).network, release };
    } catch (error) {
      if (this.#entries.get(type) === entry) this.#entries.delete(type);
      release();
      throw error;
    }
  }

  /** Ends all plugins; nobody may use one any more. */
  async close(): Promise<void> {
    for (const type of [...this.#entries.keys()]) this.#retire(type);
    await Promise.all(this.#closing);
  }

  /** The entry of a type, with one user more: nobody may end it before its caller goes on. */
  async #use(type: string, configuration: string): Promise<Entry> {
    let bytes: Uint8Array;
    try {
      bytes = await readInstalledBytes(configuration);
    } catch (error) {
      this.#retire(type);
      throw error;
    }
    const known = this.#entries.get(type);
    if (known !== undefined && isSame(known.bytes, bytes)) {
      known.users++;
      return known;
    }
    this.#retire(type);
    const loaded = parseInstalled(configuration, bytes).then(this.#load);
    // Whoever asked first hears of it.
    loaded.catch(() => {});
    const entry = { bytes, loaded, users: 1, isRetired: false };
    this.#entries.set(type, entry);
    return entry;
  }

  #retire(type: string): void {
    const entry = this.#entries.get(type);
    if (entry === undefined) return;
    this.#entries.delete(type);
    entry.isRetired = true;
    this.#closeUnused(entry);
  }

  #closeUnused(entry: Entry): void {
    if (!entry.isRetired || entry.users > 0) return;
    const closing = entry.loaded.then((loaded) => loaded.close()).catch(() => {});
    this.#closing.add(closing);
    void closing.then(() => this.#closing.delete(closing));
  }
}

function isSame(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, at) => byte === other[at]);
}

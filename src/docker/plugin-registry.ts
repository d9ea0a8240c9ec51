import { Turns } from "../turns.ts";
import type { Host } from "../host/host.ts";
import { createSharedController } from "../platform/abort-controller.ts";
import { PluginError } from "../plugin-error.ts";
import { settleAll } from "../settle-all.ts";
import { activatePlugin, type ActivationOptions } from "./activation.ts";
import { type Clock, REAL_CLOCK, retrying } from "./backoff.ts";
import { Bound } from "./bound.ts";
import type { BundleOptions } from "./bundle-plugins.ts";
import { findPlugin, type FoundPlugin } from "./discovery.ts";
import { dockerFolders, type PluginFolders } from "./plugin-folders.ts";
import { type PluginHandler, PluginHandlers } from "./plugin-handlers.ts";
import type { RegisteredPlugin } from "./registered-plugin.ts";
import { scanPlugins } from "./scan.ts";
import { shown } from "./status.ts";
import type { TlsVerification } from "./tls-files.ts";
import { untilAborted } from "./until-aborted.ts";

/** Where plugins are found, and how they are called. */
export interface PluginRegistryOptions {
  /** Folders of sockets, the first first; the default is `/run/docker/plugins`. */
  readonly socketFolders?: readonly string[] | undefined;
  /** Folders of spec files; the default is `/etc/docker/plugins` and `/usr/lib/docker/plugins`. */
  readonly specFolders?: readonly string[] | undefined;
  /**
   * Loads the bundles that are found, `N.wasm`; without it, none is looked for. They end with the registry,
   * or with the host; the host stays its owner's.
   */
  readonly host?: Host | undefined;
  /** How they are loaded. By default they are granted nothing. */
  readonly bundles?: BundleOptions | undefined;
  /** The default is `always`. */
  readonly tlsVerification?: TlsVerification | undefined;
  /** What each try of a plugin's client may take, in milliseconds. The default is the client's. */
  readonly timeoutMs?: number | undefined;
  /** What a plugin may take to say what it is for, at each try, in milliseconds. The default is 30,000. */
  readonly activationTimeoutMs?: number | undefined;
  /** The time between tries; a test has its own. */
  readonly clock?: Clock | undefined;
  /** Hears of the plugins that `getAll()` leaves out, and why. */
  readonly onWarning?: ((message: string) => void) | undefined;
}

/** How a plugin is got. */
export interface GetOptions {
  /** Gives up waiting. What others wait for as well goes on. */
  readonly signal?: AbortSignal | undefined;
}

/** Docker gives up what takes longer. */
const ACTIVATION_TIMEOUT_MS = 30_000;

/** Plugins that are asked what they are for at a time: a folder may hold thousands. */
const MAX_ACTIVATIONS = 100;

/**
 * Finds Docker's plugins by their names, and bundles beside them. Close it when done: the plugins' clients
 * belong to it, and the bundles that it has loaded.
 *
 * @see moby, pkg/plugins/plugins.go
 */
export class PluginRegistry {
  readonly #folders: PluginFolders;
  readonly #clock: Clock;
  readonly #activation: ActivationOptions;
  readonly #warn: (message: string) => void;
  readonly #handlers: PluginHandlers = new PluginHandlers();
  /** Those that were asked what they are for, and those that are being asked. */
  readonly #plugins: Map<string, Promise<RegisteredPlugin>> = new Map();
  readonly #closing: AbortController = createSharedController();

  constructor(options: PluginRegistryOptions = {}) {
    const defaults = dockerFolders();
    this.#folders = {
      sockets: options.socketFolders ?? defaults.sockets,
      specs: options.specFolders ?? defaults.specs,
    };
    this.#clock = options.clock ?? REAL_CLOCK;
    this.#warn = options.onWarning ?? (() => {});
    this.#activation = {
      host: options.host,
      bundles: options.bundles ?? {},
      tlsVerification: options.tlsVerification ?? "always",
      timeoutMs: options.timeoutMs,
      activationTimeoutMs: options.activationTimeoutMs ?? ACTIVATION_TIMEOUT_MS,
      clock: this.#clock,
      turns: new Turns(MAX_ACTIVATIONS),
      signal: this.#closing.signal,
    };
  }

  /**
   * The names of all plugins that are there, each once. Nobody is asked anything.
   *
   * @throws {PluginError} `input.unreadable`, `docker.closed`
   */
  async scan(): Promise<string[]> {
    this.#closing.signal.throwIfAborted();
    return await scanPlugins(this.#folders, this.#wantsBundles);
  }

  /**
   * The plugin of a name, once it has said that it is of `kind`. It is asked once, and all who wait for it
   * share the answer; one that failed is looked up anew the next time. What is not there is looked for again
   * during 15 s: it may be about to start.
   *
   * @param kind `VolumeDriver`
   * @throws {PluginError} `registry.not-found`, `registry.not-implements`; `docker.spec-invalid`,
   * `docker.address-invalid` and whatever asking it throws; `call.aborted`, `docker.closed`; `usage.invalid`
   * for what is no name; what a handler throws
   */
  async get(name: string, kind: string, { signal }: GetOptions = {}): Promise<RegisteredPlugin> {
    const plugin = await this.#within(signal, (signal) => {
      const find = () => this.#find(name);
      return this.#load(name, () => retrying(this.#clock, signal, find, isMissing));
    });
    if (plugin.implements.includes(kind)) return plugin;
    const others = shown(plugin.implements.join(", ")) || "nothing";
    throw new PluginError(
      "registry.not-implements",
      `The plugin "${name}" implements ${others}, not ${kind}`,
    );
  }

  /**
   * All plugins of a kind. One that cannot be had is left out, and `onWarning` hears of it; one that does
   * not answer holds this up for 15 s.
   *
   * @throws {PluginError} `input.unreadable` for a folder that cannot be listed; `call.aborted`,
   * `docker.closed`
   */
  async getAll(kind: string, { signal }: GetOptions = {}): Promise<RegisteredPlugin[]> {
    const names = await this.scan();
    const all = await this.#within(signal, (signal) =>
      Promise.all(names.map(async (name) => {
        try {
          return await this.#load(name, () => this.#find(name));
        } catch (error) {
          if (!signal.aborted) {
            this.#warn(`Left out the plugin "${name}": ${PluginError.from(error).message}`);
          }
          return undefined;
        }
      })));
    return all.filter((plugin) => plugin !== undefined)
      .filter((plugin) => plugin.implements.includes(kind));
  }

  /**
   * Has each plugin of a kind shown to `handler` before anybody gets it, from its next get on. Plugins of
   * the kind that were shown to handlers before are shown to all of them again, as in Docker.
   */
  handle(kind: string, handler: PluginHandler): void {
    this.#handlers.handle(kind, handler);
  }

  /** Ends all clients and bundles; whatever is waited for is rejected with `docker.closed`. */
  async close(): Promise<void> {
    this.#closing.abort(
      new PluginError("docker.closed", "Cannot use the plugin: its registry is closed"),
    );
    const plugins = await Promise.allSettled(this.#plugins.values());
    await settleAll(plugins.map(async (one) => {
      if (one.status === "fulfilled") await one.value.client.close();
    }));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  get #wantsBundles(): boolean {
    return this.#activation.host !== undefined;
  }

  #find(name: string): Promise<FoundPlugin> {
    return findPlugin(name, this.#folders, this.#wantsBundles);
  }

  /** @returns The plugin, once its handlers have seen it. */
  async #load(name: string, find: () => Promise<FoundPlugin>): Promise<RegisteredPlugin> {
    const plugin = await (this.#plugins.get(name) ?? this.#activate(await find()));
    await this.#handlers.show(plugin);
    return plugin;
  }

  /** Somebody else may have found it in the meantime. */
  #activate(found: FoundPlugin): Promise<RegisteredPlugin> {
    const known = this.#plugins.get(found.name);
    if (known !== undefined) return known;
    // It was looked for while the registry was closed, which waits for nothing more.
    this.#closing.signal.throwIfAborted();
    const activating = (async () => {
      try {
        const plugin = await activatePlugin(found, this.#activation);
        this.#handlers.add(plugin);
        return plugin;
      } catch (error) {
        this.#plugins.delete(found.name);
        throw error;
      }
    })();
    this.#plugins.set(found.name, activating);
    return activating;
  }

  async #within<T>(
    signal: AbortSignal | undefined,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const bound = new Bound().by(this.#closing.signal).by(signal, givenUp);
    try {
      bound.signal.throwIfAborted();
      return await untilAborted(bound.signal, work(bound.signal));
    } finally {
      bound.end();
    }
  }
}

function givenUp(cause: unknown): PluginError {
  return new PluginError("call.aborted", "Getting a plugin was given up by its caller", { cause });
}

/** Whether a plugin may be about to start: also a spec file may be in the middle of being written. */
function isMissing(error: unknown): boolean {
  return error instanceof PluginError &&
    (error.code === "registry.not-found" || error.code === "docker.spec-invalid");
}

import type { CniResult } from "../contract/cni-result.ts";
import type { CniAttachment } from "../contract/network.ts";
import { quote } from "../document/source-text.ts";
import { PluginError } from "../plugin-error.ts";
import { type Attachment, attachmentKey, validOnes } from "./attachment.ts";
import { type LockOptions, withAllLocks, withAttachmentLock } from "./attachment-lock.ts";
import { attach, AttachmentStore, detach, type RememberedRun } from "./attaching.ts";
import { collectByChain, type FindPlugin, runChain, statusOfChain } from "./chain.ts";
import { defaultExec, type Exec } from "./exec.ts";
import type { NetworkConfig } from "./network-config.ts";
import { PluginFinder, type PluginSources } from "./plugin-finder.ts";
import { type CachedAttachment, cachedResultAs } from "./result-cache.ts";
import { throwTogether } from "./together.ts";
import { FIRST_CNI_VERSION, isAtLeast } from "./version.ts";
import type { VersionInfo } from "./version-info.ts";

/** How a runtime is made. */
export interface CniRuntimeOptions extends PluginSources {
  /** Where native plugins are found, in this order; also the plugins' own CNI_PATH. */
  readonly folders: readonly string[];
  /** Where results are remembered, as libcni does. Default: `/var/lib/cni`. */
  readonly cacheFolder?: string | undefined;
  /** Runs native plugins. Default: processes, bounded by `LIMITS`. */
  readonly exec?: Exec | undefined;
  /** What native plugins find in their environment besides `CNI_*`. Default: all of this process's. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** How long a call waits for others that work on the same attachment. Default: `LIMITS.cniLockMs`. */
  readonly lockMs?: number | undefined;
}

/** How one call is made. */
export interface CallOptions {
  /** Its abort ends the plugin that runs; what was done stays, which `del` is for. */
  readonly signal?: AbortSignal | undefined;
}

/** What was remembered of an attachment when it was made. */
export interface CachedConfig {
  /** The network's configuration, as it was written. */
  readonly config: Uint8Array;
  /** As it was given, with the arguments of that time. */
  readonly attachment: Attachment;
}

/**
 * Attaches containers to networks, in the manner of libcni. Plugins may be native programs and bundles,
 * in one chain.
 *
 * Calls about one attachment exclude each other, and `gc` excludes all that change one: in this process
 * and in others that use this library on the same cache.
 */
export class CniRuntime {
  readonly #store: AttachmentStore;
  readonly #find: FindPlugin;
  readonly #lockMs: number | undefined;

  constructor(options: CniRuntimeOptions) {
    const { folders, env, exec = defaultExec() } = options;
    this.#store = new AttachmentStore(options.cacheFolder ?? "/var/lib/cni");
    const finder = new PluginFinder(options, { exec, folders, env });
    this.#find = (type) => finder.find(type);
    this.#lockMs = options.lockMs;
  }

  /**
   * Attaches a container. A failure undoes nothing: call {@link del} then, to which it is known how far
   * this came.
   *
   * @returns The last plugin's result, in the version that it says; remembered.
   * @throws {PluginError} `cni.*`; what bundles throw; `output.unwritable`, `trust.writable` for the
   *   cache; `call.aborted`
   */
  async add(
    network: NetworkConfig,
    attachment: Attachment,
    options: CallOptions = {},
  ): Promise<CniResult> {
    const run = this.#run(network, attachment, options);
    return await this.#alone(run, () => attach(this.#store, run));
  }

  /**
   * Checks that a container is attached as {@link add} left it.
   *
   * @throws {PluginError} As {@link add}; `cni.version-unsupported` before 0.4.0; `cni.cache-malformed`,
   *   `input.unreadable`
   */
  async check(
    network: NetworkConfig,
    attachment: Attachment,
    options: CallOptions = {},
  ): Promise<void> {
    const run = this.#run(network, attachment, options);
    if (!isAtLeast(network.cniVersion, "0.4.0")) {
      const message = `Cannot check the network ${network.name}: CHECK came with version 0.4.0, ` +
        `and its configuration is of "${network.cniVersion}"`;
      throw new PluginError("cni.version-unsupported", message);
    }
    if (network.disableCheck) return;
    await this.#alone(run, async () => {
      await runChain("CHECK", { ...run, cached: await this.cachedResult(network, attachment) });
    });
  }

  /**
   * Detaches a container, also one that nothing is known of. What is remembered of it stays until all
   * plugins have done their part; what cannot be read does no harm.
   *
   * @throws {PluginError} As {@link add}.
   */
  async del(
    network: NetworkConfig,
    attachment: Attachment,
    options: CallOptions = {},
  ): Promise<void> {
    const run = this.#run(network, attachment, options);
    await this.#alone(run, () => detach(this.#store, run));
  }

  /**
   * Detaches all containers that a runtime does not list as valid, those too that a failure or a kill left
   * in the middle, and has the plugins remove what belongs to no valid one; the latter from version 1.1.0
   * on. Does nothing where the network says `disableGC`.
   *
   * @param validAttachments What stays. An empty list is all to go; so is null, but the plugins are not
   *   told then which stay.
   * @throws {PluginError} `cni.gc-failed`, with all that went wrong in `details.errors`; `cni.locked`,
   *   `usage.invalid`, `call.aborted`
   */
  async gc(
    network: NetworkConfig,
    validAttachments: readonly CniAttachment[] | null,
    options: CallOptions = {},
  ): Promise<void> {
    if (validAttachments === undefined) {
      const message = `Cannot clean up the network ${network.name}: no list of valid attachments`;
      throw new PluginError("usage.invalid", message);
    }
    if (network.disableGC) return;
    const isValid = validOnes(validAttachments ?? []);
    const folder = await this.#store.made.workFolder();
    await withAllLocks(folder, this.#lockOptions(options), async () => {
      const errors: PluginError[] = [];
      for (const entry of await this.#store.list()) {
        if (entry.network !== network.name || isValid(entry)) continue;
        try {
          await detach(this.#store, this.#run(network, entry, options));
        } catch (error) {
          errors.push(PluginError.from(error));
        }
      }
      if (isAtLeast(network.cniVersion, "1.1.0")) {
        const chain = { find: this.#find, network, ...options };
        errors.push(...await collectByChain(chain, validAttachments));
      }
      throwTogether("cni.gc-failed", `Cleaning up ${network.name} failed`, errors);
    });
  }

  /**
   * Asks whether the network's plugins could attach a container; before version 1.1.0 there is nobody to
   * ask.
   *
   * @throws {PluginError} The first plugin's error as it is; `details.cni.code` is 50, or 51 where
   *   attached containers have no connection either
   */
  async status(network: NetworkConfig, options: CallOptions = {}): Promise<void> {
    if (!isAtLeast(network.cniVersion, "1.1.0")) return;
    await statusOfChain({ find: this.#find, network, ...options });
  }

  /**
   * Checks that all plugins are there and support the network's version.
   *
   * @returns The capabilities that they ask for, in their order.
   * @throws {PluginError} `cni.network-invalid`, with all that is wrong in `details.errors`
   */
  async validate(network: NetworkConfig, options: CallOptions = {}): Promise<string[]> {
    const errors: PluginError[] = [];
    for (const { type } of network.plugins) {
      try {
        await this.#checkVersion(type, network.cniVersion || FIRST_CNI_VERSION, options);
      } catch (error) {
        errors.push(PluginError.from(error));
      }
    }
    throwTogether("cni.network-invalid", `The network ${network.name} cannot be used`, errors);
    return [...new Set(network.plugins.flatMap(({ capabilities }) => capabilities))].sort();
  }

  async #checkVersion(type: string, version: string, options: CallOptions): Promise<void> {
    const { supportedVersions } = await this.versionInfo(type, options);
    if (supportedVersions.includes(version)) return;
    const message = `Plugin ${quote(type)} does not support the CNI version ${version}`;
    throw new PluginError("cni.version-unsupported", message, { details: { supportedVersions } });
  }

  /**
   * Which versions a plugin supports.
   *
   * @throws {PluginError} `cni.*`; what loading a bundle throws
   */
  async versionInfo(type: string, { signal }: CallOptions = {}): Promise<VersionInfo> {
    return { supportedVersions: await (await this.#find(type)).supportedVersions(signal) };
  }

  /**
   * What came of {@link add}, in the configuration's version.
   *
   * @returns undefined where nothing is remembered
   * @throws {PluginError} `cni.cache-malformed`, `cni.result-malformed`, `cni.version-unsupported`,
   *   `cni.attachment-invalid`, `input.unreadable`, `input.too-large`, `trust.writable`
   */
  async cachedResult(
    network: NetworkConfig,
    attachment: Attachment,
  ): Promise<CniResult | undefined> {
    const entry = await this.#store.made.get(attachmentKey(network.name, attachment));
    return entry === undefined ? undefined : cachedResultAs(entry, network.cniVersion);
  }

  /**
   * What {@link add} was given.
   *
   * @returns undefined where nothing is remembered
   * @throws {PluginError} As {@link cachedResult}; `cni.cache-malformed` also where only the result is
   *   there, as the first runtimes left it
   */
  async cachedConfig(
    network: NetworkConfig,
    attachment: Attachment,
  ): Promise<CachedConfig | undefined> {
    const entry = await this.#store.made.get(attachmentKey(network.name, attachment));
    if (entry === undefined) return undefined;
    const { config, args, capabilityArgs } = entry;
    if (config.length > 0) return { config, attachment: { ...attachment, args, capabilityArgs } };
    const message = `Cannot use the cache: it has no configuration of ${attachment.containerId}`;
    throw new PluginError("cni.cache-malformed", message);
  }

  /**
   * All attachments that are remembered, or those of one container.
   *
   * @throws {PluginError} `input.unreadable`, `trust.writable`
   */
  attachments(containerId?: string): Promise<CachedAttachment[]> {
    return this.#store.made.list(containerId);
  }

  #run(network: NetworkConfig, attachment: Attachment, options: CallOptions): RememberedRun {
    const key = attachmentKey(network.name, attachment);
    return { key, find: this.#find, network, attachment, ...options };
  }

  /** Keeps others from the attachment of a run until `action` has ended. */
  async #alone<T>(run: RememberedRun, action: () => Promise<T>): Promise<T> {
    const folder = await this.#store.made.workFolder();
    return await withAttachmentLock(folder, run.key, this.#lockOptions(run), action);
  }

  #lockOptions({ signal }: CallOptions): LockOptions {
    return { waitMs: this.#lockMs, signal };
  }
}

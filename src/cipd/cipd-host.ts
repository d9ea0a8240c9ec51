import type { MetadataGrant } from "../capability/metadata.ts";
import type { MetadataProvider } from "../capability/metadata-provider.ts";
import type { Host } from "../host/host.ts";
import type { LoadOptions } from "../host/plugin.ts";
import { PluginError } from "../plugin-error.ts";
import { settleAll } from "../settle-all.ts";
import { type AdmissionPlugin, createAdmissionPlugin } from "./admission-plugin.ts";
import { BundleChecker } from "./bundle-checker.ts";
import { type CommandSource, NativeChecker } from "./native-checker.ts";
import type { CipdLogLine } from "./plugin-process.ts";
import type { PluginServer } from "./plugin-server.ts";

/** What plugins of CIPD are hosted with. */
export interface CipdHostOptions {
  /** Loads the bundles; they end with it. */
  readonly host: Host;
  /** `https://chrome-infra-packages.appspot.com`; the service that all pins are of. */
  readonly serviceUrl: string;
  /** Answers plugins that ask for metadata. */
  readonly repository?: MetadataProvider | undefined;
  /** Hears what native plugins log; bundles log to the host. */
  readonly onLog?: ((line: CipdLogLine) => void) | undefined;
}

/** A bundle, and how it is loaded. */
export interface BundleSource extends LoadOptions {
  /** A path, or a bundle's bytes. */
  readonly bundle: string | Uint8Array;
  /** Lets it ask the repository for metadata, of all packages or within bounds. */
  readonly allowMetadata?: true | Omit<MetadataGrant, "provider" | "service"> | undefined;
}

/** Hosts admission plugins of CIPD, both bundles and native ones. */
export class CipdHost {
  readonly #options: CipdHostOptions;
  readonly #plugins: Set<AdmissionPlugin> = new Set();
  #server: Promise<PluginServer> | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: CipdHostOptions) {
    this.#options = options;
  }

  /**
   * An admission plugin. Nothing is loaded or started before its first check.
   *
   * @throws {PluginError} `usage.invalid` for an empty command, and where there is no repository to ask;
   * `cipd.closed`
   */
  newAdmissionPlugin(source: BundleSource | CommandSource): AdmissionPlugin {
    if (this.#closing !== undefined) {
      throw new PluginError("cipd.closed", "Cannot start a plugin: the CIPD host is closed");
    }
    const checker = "bundle" in source ? this.#bundle(source) : this.#native(source);
    const plugin = createAdmissionPlugin(checker, () => this.#plugins.delete(plugin));
    this.#plugins.add(plugin);
    return plugin;
  }

  /** Closes all plugins. The host of the bundles stays open: it belongs to who made it. */
  close(): Promise<void> {
    return this.#closing ??= (async () => {
      try {
        await settleAll([...this.#plugins].map((plugin) => plugin.close()));
      } finally {
        (await this.#server)?.close();
      }
    })();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #bundle({ bundle, allowMetadata, grants, ...options }: BundleSource): BundleChecker {
    const { host, serviceUrl, repository } = this.#options;
    if (allowMetadata === undefined) {
      return new BundleChecker(host, serviceUrl, bundle, { ...options, grants });
    }
    if (repository === undefined) {
      throw usage('"allowMetadata" was given, but this CIPD host has no repository');
    }
    const scope = allowMetadata === true ? {} : allowMetadata;
    const metadata = { ...scope, service: serviceUrl, provider: repository };
    return new BundleChecker(host, serviceUrl, bundle, {
      ...options,
      grants: { ...grants, metadata },
    });
  }

  #native(source: CommandSource): NativeChecker {
    const [program] = source.command;
    if (!program) throw usage("the command is empty");
    for (const name of ["connectTimeoutMs", "closeTimeoutMs", "exitGraceMs"] as const) {
      const ms = source[name] ?? 1;
      if (Number.isInteger(ms) && ms >= 1 && ms < 2 ** 31) continue;
      throw usage(
        `${name} is ${ms}, wanted a whole number of milliseconds from 1 to ${2 ** 31 - 1}`,
      );
    }
    const { serviceUrl, repository, onLog = () => {} } = this.#options;
    // gRPC is only loaded where a native plugin is.
    const server = () =>
      this.#server ??= import("./plugin-server.ts").then(({ PluginServer }) => new PluginServer());
    return new NativeChecker({ ...source, server, serviceUrl, repository, onLog });
  }
}

function usage(why: string): PluginError {
  return new PluginError("usage.invalid", `Cannot make an admission plugin: ${why}`);
}

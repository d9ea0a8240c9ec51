import type { CniCommand } from "../capability/cni-plugin.ts";
import { isCniFault } from "../contract/cni-fault.ts";
import { CNI_VERSIONS, type CniResult } from "../contract/cni-result.ts";
import type { AttachmentInput, CniConfig, NetworkAnswer } from "../contract/network.ts";
import type { Plugin } from "../host/plugin.ts";
import type { JsonObject } from "../json.ts";
import { PluginError } from "../plugin-error.ts";
import { shownOutput } from "../capability/output-text.ts";
import { Args, pluginArgsTextOf } from "./args.ts";
import type { Attachment } from "./attachment.ts";
import { cniBytes } from "./cni-json.ts";
import type { Exec } from "./exec.ts";
import { execPluginWithoutResult, execPluginWithResult, getVersionInfo } from "./invoke.ts";
import { knownCniVersion } from "./version.ts";

/** The verbs that a runtime has for a network. */
export type NetworkCommand = Exclude<CniCommand, "VERSION">;

/** One call of one plugin in a chain. */
export interface PluginCall {
  readonly command: NetworkCommand;
  /** With all that a runtime puts into it. */
  readonly config: JsonObject;
  /** Absent for STATUS and GC, which concern no container. */
  readonly attachment?: Attachment | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A plugin of a chain, native or Wasm. */
export interface ChainPlugin {
  /**
   * @returns ADD's result, in the version that the plugin says; undefined for the other verbs
   * @throws {PluginError} `cni.plugin-failed`, with `details.cni` where the plugin says what went wrong;
   *   `cni.*`, `contract.*`, `sandbox.*`, `call.aborted`
   */
  call(call: PluginCall): Promise<CniResult | undefined>;
  /** @throws {PluginError} `cni.*`, `call.aborted` */
  supportedVersions(signal?: AbortSignal): Promise<readonly string[]>;
}

/** What native plugins of a runtime share. */
export interface NativeOptions {
  readonly exec: Exec;
  /** `CNI_PATH`: where plugins look for those that they run themselves. */
  readonly folders: readonly string[];
  /** What else they find in their environment; undefined for all of this process's. */
  readonly env?: Readonly<Record<string, string>> | undefined;
}

/** A native plugin, run as a process. */
export class NativePlugin implements ChainPlugin {
  readonly #path: string;
  readonly #options: NativeOptions;

  constructor(path: string, options: NativeOptions) {
    this.#path = path;
    this.#options = options;
  }

  async call({ command, config, attachment, signal }: PluginCall): Promise<CniResult | undefined> {
    const { exec, folders, env } = this.#options;
    const { args: pluginArgs, ...names }: Partial<Attachment> = attachment ?? {};
    const args = new Args({ command, ...names, pluginArgs, path: folders.join(":") }, env);
    const stdin = cniBytes(config);
    if (command === "ADD") {
      return await execPluginWithResult(this.#path, stdin, args, { exec, signal });
    }
    await execPluginWithoutResult(this.#path, stdin, args, { exec, signal });
    return undefined;
  }

  async supportedVersions(signal?: AbortSignal): Promise<readonly string[]> {
    const { exec, env } = this.#options;
    return (await getVersionInfo(this.#path, { exec, env, signal })).supportedVersions;
  }
}

/** A bundle that implements the network contract; it supports every version. */
export class WasmPlugin implements ChainPlugin {
  readonly #plugin: Plugin;
  readonly #path: string;

  /** @param folders As for native plugins: those that it delegates to look there. */
  constructor(plugin: Plugin, folders: readonly string[]) {
    this.#plugin = plugin;
    this.#path = folders.join(":");
  }

  async call(call: PluginCall): Promise<CniResult | undefined> {
    const { command } = call;
    const answer = await this.#ask(call).catch((thrown) => {
      const { code, message, details, cause } = PluginError.from(thrown);
      throw new PluginError(code, `${this.#name} failed at ${command}: ${message}`, {
        details,
        cause,
      });
    });
    if (!isCniFault(answer)) return command === "ADD" ? (answer as CniResult) : undefined;
    const { code, msg, details } = answer;
    const more = details === undefined ? "" : `; ${shownOutput(details)}`;
    const message = `${this.#name} failed at ${command}: ${shownOutput(msg)}${more} (${code})`;
    throw new PluginError("cni.plugin-failed", message, {
      details: { cni: { code, msg, ...(details === undefined ? {} : { details }) } },
    });
  }

  supportedVersions(): Promise<readonly string[]> {
    return Promise.resolve(CNI_VERSIONS);
  }

  async #ask({ command, config, attachment, signal }: PluginCall): Promise<NetworkAnswer> {
    const { network } = this.#plugin;
    const cniVersion = knownCniVersion(String(config["cniVersion"] ?? ""), "the configuration");
    const common = { config: { ...config, cniVersion } as unknown as CniConfig, path: this.#path };
    const { args = [], containerId = "", netns = "", ifname = "" }: Partial<Attachment> =
      attachment ?? {};
    const whole: AttachmentInput = {
      ...common,
      ...{ containerId, netns, ifname, args: pluginArgsTextOf(args) },
    };
    switch (command) {
      case "ADD":
        return await network.add(whole, { signal });
      case "DEL":
        return await network.del(whole, { signal });
      case "CHECK":
        return await network.check(whole, { signal });
      case "STATUS":
        return await network.status(common, { signal });
      case "GC":
        return await network.gc(common, { signal });
    }
  }

  get #name(): string {
    return `Plugin "${this.#plugin.manifest.name}"`;
  }
}

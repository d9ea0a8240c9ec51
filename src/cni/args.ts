import { PluginError } from "../plugin-error.ts";
import { environment } from "../platform/process.ts";
import { quote } from "../document/source-text.ts";

/** What a plugin's environment is made of. */
export interface CniArgs {
  /** The plugin's whole environment; undefined for this process's own. */
  asEnv(): Record<string, string> | undefined;
}

/** A key and a value of `CNI_ARGS`. */
export type PluginArg = readonly [key: string, value: string];

/** What one call says to a plugin. @see CNI SPEC 1.1.0, section 2, "Parameters" */
export interface ArgsFields {
  /** `ADD`, `DEL`, `CHECK`, `STATUS`, `GC` or `VERSION`. */
  readonly command: string;
  readonly containerId?: string | undefined;
  /** Path of the network namespace. */
  readonly netns?: string | undefined;
  readonly ifname?: string | undefined;
  readonly pluginArgs?: readonly PluginArg[] | undefined;
  /** `CNI_ARGS` as it is; where it is not empty, `pluginArgs` does not count. */
  readonly pluginArgsText?: string | undefined;
  /** `CNI_PATH`: folders, with `:` between them. */
  readonly path?: string | undefined;
}

/** The six variables of one call, over an environment. */
export class Args implements CniArgs {
  readonly #fields: ArgsFields;
  readonly #base: Readonly<Record<string, string>> | undefined;

  /** @param base What else the plugin finds; by default this process's environment. */
  constructor(fields: ArgsFields, base?: Readonly<Record<string, string>>) {
    this.#fields = fields;
    this.#base = base;
  }

  /** @throws {PluginError} `cni.attachment-invalid` for arguments that others would read else */
  asEnv(): Record<string, string> {
    const { command, containerId = "", netns = "", ifname = "", path = "" } = this.#fields;
    const { pluginArgs = [], pluginArgsText = "" } = this.#fields;
    return {
      ...(this.#base ?? environment()),
      CNI_COMMAND: command,
      CNI_CONTAINERID: containerId,
      CNI_NETNS: netns,
      CNI_ARGS: pluginArgsText === "" ? pluginArgsTextOf(pluginArgs) : pluginArgsText,
      CNI_IFNAME: ifname,
      CNI_PATH: path,
    };
  }
}

/**
 * `CNI_ARGS` of pairs: `K=V;K=V`.
 *
 * @throws {PluginError} `cni.attachment-invalid` where a reader would find other pairs in it
 */
export function pluginArgsTextOf(args: readonly PluginArg[]): string {
  for (const [key, value] of args) {
    const isPlain = key !== "" && !/[=;\0]/.test(key) && !/[;\0]/.test(value);
    if (isPlain) continue;
    const message = `Cannot put ${quote(`${key}=${value}`)} into CNI_ARGS: ` +
      'there "=" ends a key, and ";" a value';
    throw new PluginError("cni.attachment-invalid", message);
  }
  return args.map((pair) => pair.join("=")).join(";");
}

/** This process's environment, with another command: what a plugin hands on to one that it runs. */
export class DelegateArgs implements CniArgs {
  readonly #command: string;

  constructor(command: string) {
    this.#command = command;
  }

  asEnv(): Record<string, string> {
    return { ...environment(), CNI_COMMAND: this.#command };
  }
}

/** This process's environment as it is, when the plugin is run. */
export const ARGS_FROM_ENV: CniArgs = { asEnv: () => undefined };

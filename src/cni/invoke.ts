import type { CniResult } from "../contract/cni-result.ts";
import { quote } from "../document/source-text.ts";
import { isJsonObject, type JsonObject } from "../json.ts";
import { environmentVariable } from "../platform/process.ts";
import { PluginError } from "../plugin-error.ts";
import { Args, type CniArgs, DelegateArgs } from "./args.ts";
import { cniBytes } from "./cni-json.ts";
import { defaultExec, type Exec } from "./exec.ts";
import { versionOfConfig } from "./network-config.ts";
import { readResult } from "./result.ts";
import { CURRENT_CNI_VERSION } from "./version.ts";
import type { VersionInfo } from "./version-info.ts";

/** How a plugin is run. */
export interface InvokeOptions {
  /** Default: processes, bounded by `LIMITS`. */
  readonly exec?: Exec | undefined;
  /** Its abort ends the plugin, and all that it started and that stayed in its process group. */
  readonly signal?: AbortSignal | undefined;
}

/** The configuration that a plugin reads from standard input: bytes as they are, or an object. */
export type PluginInput = Uint8Array | JsonObject;

/**
 * Runs a plugin at ADD and reads its result.
 *
 * @param path The plugin's file.
 * @returns In the version that the plugin says, else in the configuration's.
 * @throws {PluginError} What {@link Exec.execPlugin} throws, `cni.result-malformed`,
 * `cni.version-unsupported`, `cni.config-malformed`
 * @see libcni, pkg/invoke/exec.go
 */
export async function execPluginWithResult(
  path: string,
  config: PluginInput,
  args: CniArgs,
  options: InvokeOptions = {},
): Promise<CniResult> {
  const stdin = bytesOf(config);
  const cniVersion = versionOfConfig(stdin);
  const stdout = await execute(path, stdin, args, options);
  return readResult(stdout, cniVersion, `plugin ${quote(path)}`);
}

/**
 * Runs a plugin at a verb that has no result.
 *
 * @throws {PluginError} What {@link Exec.execPlugin} throws
 */
export async function execPluginWithoutResult(
  path: string,
  config: PluginInput,
  args: CniArgs,
  options: InvokeOptions = {},
): Promise<void> {
  await execute(path, bytesOf(config), args, options);
}

function execute(
  path: string,
  stdin: Uint8Array,
  args: CniArgs,
  { exec = defaultExec(), signal }: InvokeOptions,
): Promise<Uint8Array> {
  return exec.execPlugin(path, stdin, args.asEnv(), signal);
}

/**
 * Which versions a plugin supports. One that does not know the question is of the first version.
 *
 * @throws {PluginError} What {@link Exec.execPlugin} and {@link Exec.decode} throw
 */
export async function getVersionInfo(
  path: string,
  options: InvokeOptions & { readonly env?: Readonly<Record<string, string>> | undefined } = {},
): Promise<VersionInfo> {
  const { exec = defaultExec() } = options;
  // Plugins of the first versions want these, and look at none of them.
  const dummies = { netns: "dummy", ifname: "dummy", path: "dummy" };
  const args = new Args({ command: "VERSION", ...dummies }, options.env);
  const stdin = cniBytes({ cniVersion: CURRENT_CNI_VERSION });
  try {
    return exec.decode(await execute(path, stdin, args, options));
  } catch (error) {
    if (isUnknownCommand(error)) return { supportedVersions: ["0.1.0"] };
    throw error;
  }
}

function isUnknownCommand(error: unknown): boolean {
  const cni = error instanceof PluginError ? error.details["cni"] : undefined;
  if (!isJsonObject(cni)) return false;
  return cni["msg"] === "unknown CNI_COMMAND: VERSION" && !cni["details"];
}

/**
 * Has another plugin attach the container of this process's environment, as a plugin delegates to one
 * that it finds in `CNI_PATH`. Only `CNI_COMMAND` is another one for it.
 *
 * @throws {PluginError} `cni.plugin-not-found`; else as {@link execPluginWithResult}
 * @see CNI SPEC 1.1.0, section 4
 */
export async function delegateAdd(
  plugin: string,
  config: PluginInput,
  options: InvokeOptions = {},
): Promise<CniResult> {
  const path = await findDelegate(plugin, options);
  return await execPluginWithResult(path, config, new DelegateArgs("ADD"), options);
}

/** A verb without a result, delegated as {@link delegateAdd} does. */
export type Delegate = (
  plugin: string,
  config: PluginInput,
  options?: InvokeOptions,
) => Promise<void>;

function delegateOf(command: string): Delegate {
  return async (plugin, config, options = {}) => {
    const path = await findDelegate(plugin, options);
    await execPluginWithoutResult(path, config, new DelegateArgs(command), options);
  };
}

/** Has another plugin check what {@link delegateAdd} had it make. */
export const delegateCheck: Delegate = delegateOf("CHECK");

/** Has another plugin undo what {@link delegateAdd} had it make. */
export const delegateDel: Delegate = delegateOf("DEL");

/** Asks another plugin whether it could attach a container. */
export const delegateStatus: Delegate = delegateOf("STATUS");

/** Has another plugin remove what belongs to no attachment that the configuration lists. */
export const delegateGc: Delegate = delegateOf("GC");

async function findDelegate(plugin: string, { exec }: InvokeOptions): Promise<string> {
  const folders = environmentVariable("CNI_PATH")?.split(":") ?? [];
  return await (exec ?? defaultExec()).findInPath(plugin, folders);
}

function bytesOf(config: PluginInput): Uint8Array {
  return config instanceof Uint8Array ? config : cniBytes(config);
}

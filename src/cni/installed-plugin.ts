import * as v from "valibot";
import { isPluginType } from "../capability/cni-plugin.ts";
import { type PluginConfig, PluginConfigSchema } from "../config/plugin-config.ts";
import { parseGuestJson } from "../contract/guest-json.ts";
import { LIMITS } from "../limits.ts";
import { readDirectory, readFileBounded } from "../platform/file-system.ts";
import { joinPath, splitPath } from "../platform/path.ts";
import { findOtherUser } from "../platform/other-user.ts";
import { PluginError } from "../plugin-error.ts";
import { strictObject } from "../strict-object.ts";

/** What lies beside an executable that was installed; all that it goes by. */
export interface InstalledPlugin {
  /**
   * Program and arguments that answer a call where no daemon does; `--alone` and the path of this file
   * follow. The executable in C finds it as the first member, in plain text.
   */
  readonly command: readonly string[];
  /** The plugin, by the copy of its bundle beside this file; its paths are absolute. */
  readonly plugin: PluginConfig & { readonly path: string; readonly digest: string };
}

/** The folder beside the executables, closed to all but its owner. */
export const PRIVATE_FOLDER = ".cofferdam";

const InstalledSchema: v.GenericSchema<unknown, InstalledPlugin> = v.pipe(
  strictObject({
    command: v.pipe(v.array(v.pipe(v.string(), v.nonEmpty())), v.nonEmpty()),
    plugin: PluginConfigSchema,
  }),
  v.check(({ plugin }) => plugin.path?.startsWith("/") === true, "the plugin has no absolute path"),
  v.check(({ plugin }) => plugin.digest !== undefined, "the plugin has no digest"),
) as v.GenericSchema<unknown, InstalledPlugin>;

/** A folder of executables, and what lies in it. */
export interface InstallationPaths {
  readonly executable: string;
  readonly folder: string;
  readonly configuration: string;
}

/** Where a type lies in a folder of executables. */
export function installationPaths(binDir: string, type: string): InstallationPaths {
  const folder = privateFolderOf(binDir);
  return {
    executable: joinPath(binDir, type),
    folder,
    configuration: joinPath(folder, `${type}.json`),
  };
}

/** The folder in which configurations and the daemon's socket lie. */
export function privateFolderOf(binDir: string): string {
  return joinPath(binDir, PRIVATE_FOLDER);
}

/** The type whose configuration a path is; undefined for another file's. */
export function typeOf(configuration: string): string | undefined {
  const { name } = splitPath(configuration);
  const type = name.endsWith(".json") ? name.slice(0, -".json".length) : "";
  return isPluginType(type) ? type : undefined;
}

/** The types that are installed in a folder of executables, in order. */
export async function installedTypes(binDir: string): Promise<string[]> {
  const entries = await readDirectory(privateFolderOf(binDir));
  return entries.filter(({ kind }) => kind === "file")
    .map(({ name }) => typeOf(name)).filter((type) => type !== undefined);
}

/**
 * The bytes of a configuration, as they are now.
 *
 * @throws {PluginError} `input.*`
 */
export async function readInstalledBytes(configuration: string): Promise<Uint8Array> {
  return await readFileBounded(configuration, LIMITS.inputBytes);
}

/**
 * Reads a configuration that nobody but this process's user can have written, or read.
 *
 * @throws {PluginError} `trust.writable`, `config.invalid`, `input.*`
 */
export async function parseInstalled(
  configuration: string,
  bytes: Uint8Array,
): Promise<InstalledPlugin> {
  for (const path of [splitPath(configuration).folder, configuration]) {
    const fault = await findOtherUser(path);
    if (fault === undefined) continue;
    throw new PluginError("trust.writable", `Cannot trust "${path}": ${fault}`);
  }
  const fail = (why: string) =>
    new PluginError("config.invalid", `Cannot use the configuration "${configuration}": ${why}`);
  const result = v.safeParse(InstalledSchema, parseGuestJson(bytes, configuration, fail));
  if (result.success) return result.output;
  const issue = result.issues[0];
  const path = v.getDotPath(issue);
  throw fail(`${path ? `"${path}": ` : ""}${issue.message}`);
}

/** The file of a configuration. */
export function encodeInstalled({ command, plugin }: InstalledPlugin): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify({ command, plugin }, null, 2)}\n`);
}

import type { Bundle } from "../bundle/bundle.ts";
import type { Config } from "../config/config.ts";
import type { Lock } from "../config/lock.ts";
import type { PluginConfig } from "../config/plugin-config.ts";
import { LIMITS } from "../limits.ts";
import { isThere, readFileBounded } from "../platform/file-system.ts";
import { environmentVariable } from "../platform/process.ts";
import { pathFrom } from "../platform/path.ts";
import { PluginError } from "../plugin-error.ts";

/** What the operator named, and what lies beside it. */
export interface Trust {
  /** undefined where no configuration was named. */
  readonly configPath: string | undefined;
  readonly config: Config;
  readonly lock: Lock | undefined;
}

/** What counts where no configuration is named; its reader is not even loaded then. */
const EMPTY_CONFIG: Config = { waivers: [], plugins: {} };

/** The configuration that was named: by `--config`, or else by `COFFERDAM_CONFIG`. */
export function configPathOf(flag: string | undefined): string | undefined {
  return flag ?? environmentVariable("COFFERDAM_CONFIG");
}

/**
 * Reads the named configuration and the lock beside it.
 *
 * @param closed When others must not be able to write them: always, as for a bridge, or where it lets
 * plugins start programs.
 * @throws {PluginError} `config.invalid`; `input.*`; `trust.writable`
 */
export async function readTrust(
  flag: string | undefined,
  closed: "always" | "for-programs" = "for-programs",
): Promise<Trust> {
  const configPath = configPathOf(flag);
  if (configPath === undefined) {
    return { configPath, config: EMPTY_CONFIG, lock: undefined };
  }
  const { readConfig } = await import("../config/config.ts");
  const config = await readConfig(await readFileBounded(configPath, LIMITS.inputBytes), configPath);
  const path = lockPathOf(configPath);
  const isLocked = await isThere(path);
  if (closed === "always" || Object.values(config.plugins).some(startsProcesses)) {
    const { checkNotWritable } = await import("../config/trust.ts");
    await checkNotWritable(configPath);
    if (isLocked) await checkNotWritable(path);
  }
  return { configPath, config, lock: isLocked ? await readLock(path) : undefined };
}

/** Whether a plugin may start programs of the host, which know no sandbox. */
function startsProcesses({ commands, grants }: PluginConfig): boolean {
  return commands !== undefined || grants?.delegate !== undefined;
}

/** Beside the configuration. */
export function lockPathOf(configPath: string): string {
  return pathFrom(configPath, "cofferdam.lock");
}

/** @throws {PluginError} `config.invalid`, `input.*` */
export async function readLock(path: string): Promise<Lock> {
  const { parseLock } = await import("../config/lock.ts");
  return parseLock(await readFileBounded(path, LIMITS.inputBytes), path);
}

/**
 * Checks that an opened plugin is what its operator accepted, and gives what the configuration says of it.
 *
 * The configuration knows a plugin by the name that it gives itself. So it grants nothing to one that
 * nothing pins: any file could take the name.
 *
 * @param digest That the command line demands.
 * @throws {PluginError} `trust.changed`, `trust.unlocked`; `bundle.digest-mismatch`
 */
export async function trustedConfig(
  { config, lock }: Trust,
  bundle: Bundle,
  digest: string | undefined,
): Promise<PluginConfig> {
  const { name } = bundle.manifest;
  if (lock !== undefined) {
    const { checkLocked } = await import("../config/lock.ts");
    checkLocked(lock, bundle);
  }
  const { grantsAnything, pluginConfig } = await import("../config/plugin-config.ts");
  const said = pluginConfig(config.plugins, name) ?? {};
  const isPinned = (lock ?? digest ?? said.digest) !== undefined;
  if (isPinned || !grantsAnything(said)) return said;
  throw new PluginError(
    "trust.unlocked",
    `Cannot grant ${name} what the configuration says: nothing pins the plugin, and any file could ` +
      'call itself so; run "cofferdam lock", or write its "digest"',
  );
}

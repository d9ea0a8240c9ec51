import type { Bundle } from "../bundle/bundle.ts";
import { readConfig } from "../config/config.ts";
import {
  compareLocks,
  encodeLock,
  type Lock,
  LOCK_NAME,
  type LockDifference,
  type LockedPlugin,
  lockPlugin,
} from "../config/lock.ts";
import { pluginConfig } from "../config/plugin-config.ts";
import { openPluginFile } from "../host/open-plugin-file.ts";
import { LIMITS } from "../limits.ts";
import { isThere, readFileBounded } from "../platform/file-system.ts";
import { writeFileAtomic } from "../platform/output-file.ts";
import { pathFrom, pathTo } from "../platform/path.ts";
import { PluginError } from "../plugin-error.ts";
import { usage } from "./flags.ts";
import { visible } from "./format/visible.ts";
import { configPathOf, lockPathOf, readLock } from "./trust.ts";
import type { ExitCode, Verb, VerbContext } from "./verb.ts";

/** `cofferdam lock`: pins the plugins that a configuration and the command line name. */
export const lock: Verb = {
  name: "lock",
  summary: "Pin plugins in cofferdam.lock, and show what has changed since",
  usage: "--config FILE [--plugin P.wasm]... [--accept]",
  denoPermissions: "--allow-read --allow-write --allow-env --allow-sys=uid",
  flags: [
    { name: "config", value: "FILE", help: "the configuration; or COFFERDAM_CONFIG" },
    {
      name: "plugin",
      value: "FILE",
      repeats: true,
      help: "a plugin that the configuration gives no path",
    },
    { name: "accept", help: "write the lock also where it says something else by now" },
  ],
  notes:
    `The lock lies beside the configuration. It names every plugin that the configuration gives a
path and every --plugin, so name them all each time: what is not named leaves the lock. Nothing is
compiled or run.
Exit code: 0 it was written or is up to date, 1 something has changed and nothing was written, 2 a
file cannot be read or written.`,
  run: runLock,
};

async function runLock({ flags, stdout }: VerbContext): Promise<ExitCode> {
  if (flags.positionals.length > 0) throw usage('a plugin is named so: "--plugin P.wasm"');
  const configPath = configPathOf(flags.one("config"));
  if (configPath === undefined) throw usage('"--config" is missing: the lock lies beside it');
  const now = await lockOf(configPath, flags.all("plugin"));
  const path = lockPathOf(configPath);
  const before = await isThere(path) ? await readLock(path) : undefined;
  const differences = compareLocks(before ?? { lockVersion: 1, plugins: {} }, now);
  if (before !== undefined && differences.length === 0) {
    await stdout.write(`${visible(path)} is up to date\n`);
    return 0;
  }
  await stdout.write(differences.map(describe).join(""));
  if (before !== undefined && !flags.has("accept")) {
    await stdout.write(`${visible(path)} was not written; "--accept" accepts this\n`);
    return 1;
  }
  const content = new TextEncoder().encode(encodeLock(now));
  await writeFileAtomic(path, content, { mode: 0o644, refuseLinks: true });
  await stdout.write(`${visible(path)} was written\n`);
  return 0;
}

/** What the lock would say now. */
async function lockOf(configPath: string, named: readonly string[]): Promise<Lock> {
  const config = await readConfig(await readFileBounded(configPath, LIMITS.inputBytes), configPath);
  const plugins = new Map<string, LockedPlugin>();
  const add = ({ manifest: { name } }: Bundle, entry: LockedPlugin) => {
    const other = plugins.get(name);
    if (other !== undefined && other.digest !== entry.digest) {
      throw new PluginError(
        "registry.duplicate-name",
        `Cannot lock "${other.path}" and "${entry.path}": both are called "${name}"`,
      );
    }
    plugins.set(name, other ?? entry);
  };
  const locked = (path: string) => pathTo(lockPathOf(configPath), path);
  for (const [name, { path, digest }] of Object.entries(config.plugins)) {
    if (path === undefined) continue;
    const bundle = await openPluginFile(pathFrom(configPath, path), digest);
    if (bundle.manifest.name !== name) {
      throw new PluginError(
        "config.invalid",
        `Cannot use the configuration "${configPath}": "plugins.${name}" names "${path}", which is ` +
          `called "${bundle.manifest.name}"`,
        { details: { path: `/plugins/${name}/path` } },
      );
    }
    add(bundle, lockPlugin(bundle, locked(pathFrom(configPath, path))));
  }
  for (const path of named) {
    const opened = await openPluginFile(path);
    const said = pluginConfig(config.plugins, opened.manifest.name)?.digest;
    // Opened again, it says what does not match.
    const bundle = said === undefined ? opened : await openPluginFile(opened.bytes, said, path);
    add(bundle, lockPlugin(bundle, locked(path)));
  }
  if (plugins.size > 0) return { lockVersion: 1, plugins: Object.fromEntries(plugins) };
  throw usage(
    `nothing to write to "${LOCK_NAME}": the configuration gives no plugin a path, and there is no ` +
      '"--plugin"',
  );
}

const MARKS: Readonly<Record<LockDifference["kind"], string>> = {
  added: "+",
  removed: "-",
  changed: "~",
};

function describe({ name, kind, changes }: LockDifference): string {
  return `${MARKS[kind]} ${visible(name)} (${kind})\n${
    changes.map((change) => `    ${visible(change)}\n`).join("")
  }`;
}

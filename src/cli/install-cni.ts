import { installPlugin, type Shim, SHIMS } from "../cni/install.ts";
import type { InstalledPlugin } from "../cni/installed-plugin.ts";
import { openPluginFile } from "../host/open-plugin-file.ts";
import { findForeignWriter } from "../platform/foreign-writer.ts";
import { absolutePath } from "../platform/path.ts";
import { selfCommand } from "../platform/process.ts";
import { readSettings } from "./check-plugins.ts";
import { type ParsedFlags, usage } from "./flags.ts";
import { PLUGIN_FLAGS, type PluginArgument, pluginArguments } from "./plugin-flags.ts";
import { grantsConfigOf } from "./plugin-grants.ts";
import { readTrust, trustedConfig } from "./trust.ts";
import type { Verb } from "./verb.ts";

/** `cofferdam install cni`: makes a plugin an executable that CNI runtimes find. */
export const installCni: Verb = {
  name: "install cni",
  summary: "Put a network plugin where CNI runtimes look for plugins",
  usage: "--plugin P.wasm --type NAME --bin-dir DIR [--settings S] [--allow-...]",
  denoPermissions: "--allow-all",
  flags: [
    { name: "type", value: "NAME", help: 'what networks ask for it by: their "type"' },
    { name: "bin-dir", value: "DIR", help: "where runtimes look for plugins: /opt/cni/bin" },
    // Only one, so that there is nothing about all of them.
    ...PLUGIN_FLAGS.map((flag) => flag.name === "plugin" ? { ...flag, help: "the plugin" } : flag),
    { name: "config", value: "FILE", help: "the configuration; or COFFERDAM_CONFIG" },
    {
      name: "shim",
      value: "KIND",
      choices: SHIMS,
      help: "what the executable is made of; auto is C where a compiler is found, else sh",
    },
    {
      name: "prebuilt",
      value: "FILE",
      help: "copy the executable in C from there, where none can be compiled",
    },
  ],
  notes:
    `Writes three files, and prints their names: the executable DIR/NAME and, in DIR/.cofferdam, which
is closed to all but you, a copy of the plugin and the configuration NAME.json: settings, grants, paths
and the plugin's digest. The executable goes by nothing else: no variable of a runtime's environment but
CNI_* and PATH reaches the plugin. Installing again replaces all; the copy before the new one stays until
the next time, for calls that have begun. An executable in C runs on all machines
of its kind: --prebuilt takes it from where a compiler was. A file that is not ours is never replaced.
The plugin is loaded once, to see that it can be. Runtimes must run as the user who installs.`,
  run: async ({ flags, log, stdout, signal }) => {
    const [argument, ...more] = pluginArguments(flags.given);
    if (argument === undefined || more.length > 0) {
      throw usage('wanted one "--plugin": install cni --plugin P.wasm --type NAME --bin-dir DIR');
    }
    if (flags.positionals.length > 0) throw usage(`"${flags.positionals[0]}" is not wanted here`);
    const [type, binDir] = [required(flags, "type"), absolutePath(required(flags, "bin-dir"))];
    const command = [...selfCommand(), "cni", "call"];
    const { plugin, bundle } = await pluginOf(flags, argument);
    const installed = { command, plugin };
    const warn = (message: string) => log("warn", message);
    await warnOfWriters(installed, warn);
    const { loadInstalled } = await import("./load-installed.ts");
    await (await loadInstalled(installed, { workers: 1, onWarning: warn })).close();
    const shim = (flags.one("shim") ?? "auto") as Shim;
    const prebuilt = flags.one("prebuilt");
    if (prebuilt !== undefined && flags.has("shim")) {
      throw usage('"--prebuilt" says what the executable is, so "--shim" is not wanted');
    }
    const changed = await installPlugin({
      binDir,
      type,
      installed,
      bundle,
      shim,
      prebuilt,
      signal,
      warn,
    });
    for (const { path, note, isRemoved } of changed) {
      const what = isRemoved ? "removed" : "wrote";
      await stdout.write(`${what} ${path}${note === undefined ? "" : ` (${note})`}\n`);
    }
    return 0;
  },
};

/** The value of a flag that must be there. */
export function required(flags: ParsedFlags, name: string): string {
  const value = flags.one(name);
  if (value !== undefined) return value;
  throw usage(`"--${name}" is missing`);
}

/** What flags and the configuration say together, with nothing left to look up. */
async function pluginOf(
  flags: ParsedFlags,
  { path, digest, settingsPath, instance, fuel, timeoutMs, memoryPages, allow }: PluginArgument,
): Promise<{ plugin: InstalledPlugin["plugin"]; bundle: Uint8Array }> {
  const trust = await readTrust(flags.one("config"), "always");
  const bundle = await openPluginFile(path, digest);
  const said = await trustedConfig(trust, bundle, digest);
  const settings = settingsPath === undefined ? said.settings : await readSettings(settingsPath);
  const limits = withoutUndefined({
    fuel: fuel ?? said.limits?.fuel,
    timeoutMs: timeoutMs ?? said.limits?.timeoutMs,
    memoryPages: memoryPages ?? said.limits?.memoryPages,
  });
  const grants = await grantsConfigOf(allow, said, trust.configPath);
  const plugin = withoutUndefined({
    path: absolutePath(path),
    digest: bundle.digest,
    settings,
    instance: instance ?? said.instance,
    grants: unlessEmpty(grants),
    commands: said.commands,
    limits: unlessEmpty(limits),
  }) as unknown as InstalledPlugin["plugin"];
  return { plugin, bundle: bundle.bytes };
}

/** What JSON leaves out, so that what is checked here is what is read later. */
function withoutUndefined(object: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
}

function unlessEmpty(object: object): object | undefined {
  return Object.keys(object).length === 0 ? undefined : object;
}

/** Whoever can write to what is started does what he wants as the user whom runtimes run as. */
async function warnOfWriters(
  { command }: InstalledPlugin,
  warn: (message: string) => void,
): Promise<void> {
  const { script, program } = { program: command[0]!, script: command.at(-3)! };
  for (const path of [program, script]) {
    const fault = await findForeignWriter(path);
    if (fault !== undefined) warn(`what runtimes will start is not safe: ${fault}`);
  }
}

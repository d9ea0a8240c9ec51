import { type Flag, type GivenFlag, usage } from "./flags.ts";
import { readCount, readDuration, readPages } from "./units.ts";

/** What flags grant a plugin; paths as they were written. */
export interface AllowedByFlags {
  /** Empty for the user's state folder. */
  readonly stateFolder?: string;
  readonly directoryRoot?: string;
  /** A file, or the URL of a service; empty for the client of a bridge. */
  readonly metadataSource?: string;
  readonly delegateTypes?: readonly string[];
  readonly delegateFolders?: readonly string[];
  readonly delegateNetns?: readonly string[];
}

/** A plugin as the command line names it. */
export interface PluginArgument {
  readonly path: string;
  readonly settingsPath?: string;
  readonly digest?: string;
  readonly instance?: string;
  readonly fuel?: number;
  readonly timeoutMs?: number;
  readonly memoryPages?: number;
  readonly allow?: AllowedByFlags;
}

/** Where CNI plugins lie, by the habit of every distribution. */
export const DELEGATE_FOLDERS: readonly string[] = ["/opt/cni/bin", "/usr/lib/cni"];

/** `--plugin`, and the flags that belong to the `--plugin` before them. */
export const PLUGIN_FLAGS: readonly Flag[] = [
  { name: "plugin", value: "FILE", repeats: true, help: "a plugin; all of them must allow" },
  {
    name: "settings",
    value: "FILE",
    ofPlugin: true,
    help: "settings (YAML, JSON, TOML) of the plugin before it",
  },
  {
    name: "digest",
    value: "sha256:HEX",
    ofPlugin: true,
    help: "digest that the plugin before it must have",
  },
  {
    name: "instance",
    value: "NAME",
    ofPlugin: true,
    help: "the name that what it keeps belongs to",
  },
  { name: "fuel", value: "N", ofPlugin: true, help: "what one call may execute" },
  { name: "timeout", value: "TIME", ofPlugin: true, help: "what one call may take: 500ms, 5s" },
  { name: "memory", value: "SIZE", ofPlugin: true, help: "its memory: pages of 64 KiB, or 64MiB" },
  {
    name: "allow-state",
    value: "FOLDER",
    optionalValue: true,
    ofPlugin: true,
    help: "let it keep state, there or in the user's state folder; needs --instance",
  },
  {
    name: "allow-directory",
    value: "ROOT",
    ofPlugin: true,
    help: "let it make, list and remove folders in ROOT",
  },
  {
    name: "allow-metadata",
    value: "FILE|URL",
    optionalValue: true,
    ofPlugin: true,
    help: "let it read what a file (JSON, YAML, TOML) or a CIPD service says about packages",
  },
  {
    name: "allow-delegate",
    value: "TYPES",
    ofPlugin: true,
    help: "let it run these CNI plugins: bridge,host-local",
  },
  {
    name: "delegate-path",
    value: "FOLDERS",
    ofPlugin: true,
    help: `where they are looked for (${DELEGATE_FOLDERS.join(":")})`,
  },
  {
    name: "delegate-netns",
    value: "FOLDERS",
    ofPlugin: true,
    help: "let them clean up (GC) in the network namespaces that lie there: /run/netns",
  },
];

type Reader = (value: string, so: PluginArgument) => Partial<PluginArgument>;

const allow = (more: AllowedByFlags, { allow = {} }: PluginArgument) => ({
  allow: { ...allow, ...more },
});

const READERS: Readonly<Record<string, Reader>> = {
  settings: (settingsPath) => ({ settingsPath }),
  digest: (digest) => ({ digest }),
  instance: (instance) => ({ instance }),
  fuel: (value) => ({ fuel: readCount("fuel", value) }),
  timeout: (value) => ({ timeoutMs: readDuration("timeout", value) }),
  memory: (value) => ({ memoryPages: readPages("memory", value) }),
  "allow-state": (stateFolder, so) => allow({ stateFolder }, so),
  "allow-directory": (directoryRoot, so) => allow({ directoryRoot }, so),
  "allow-metadata": (metadataSource, so) => allow({ metadataSource }, so),
  "allow-delegate": (value, so) => allow({ delegateTypes: list("allow-delegate", value, ",") }, so),
  "delegate-path": (value, so) => allow({ delegateFolders: list("delegate-path", value, ":") }, so),
  "delegate-netns": (value, so) => allow({ delegateNetns: list("delegate-netns", value, ":") }, so),
};

/**
 * Gathers `--plugin` and the flags that follow each of them.
 *
 * @throws {PluginError} `usage.invalid`
 */
export function pluginArguments(given: readonly GivenFlag[]): PluginArgument[] {
  const plugins: PluginArgument[] = [];
  let seen = new Set<string>();
  for (const { flag, value } of given) {
    if (flag.name === "plugin") {
      plugins.push({ path: value });
      seen = new Set();
    }
    if (!flag.ofPlugin) continue;
    const last = plugins.pop();
    if (last === undefined) throw usage(`"--${flag.name}" stands before any "--plugin"`);
    if (seen.has(flag.name)) {
      throw usage(`"--${flag.name}" was given twice for the plugin "${last.path}"`);
    }
    seen.add(flag.name);
    plugins.push({ ...last, ...READERS[flag.name]!(value, last) });
  }
  for (const { allow = {}, path } of plugins) {
    if (allow.delegateTypes !== undefined) continue;
    const { delegateFolders, delegateNetns } = allow;
    const lost = delegateFolders ? "delegate-path" : delegateNetns && "delegate-netns";
    if (lost === undefined) continue;
    throw usage(`"--${lost}" stands without "--allow-delegate" for the plugin "${path}"`);
  }
  return plugins;
}

function list(flag: string, value: string, separator: string): string[] {
  const items = value.split(separator);
  if (items.includes("")) throw usage(`"--${flag} ${value}" names nothing between "${separator}"`);
  return items;
}

import { type DirectoryEntry, fileKind, isSocket, readDirectory } from "../platform/file-system.ts";
import { joinPath } from "../platform/path.ts";
import { PluginError } from "../plugin-error.ts";
import type { PluginFolders } from "./plugin-folders.ts";

/**
 * The names of all plugins that are there, each once, as Docker lists them: by the folders in their order,
 * and within each by what stands there in the order of names. Not the same as what can be looked up:
 *
 * - a socket needs no ending, and loses its last one; one that a link leads to does not count, but for
 *   `D/D.sock`;
 * - of a folder `D` among the specs, the first entry counts that is called `D` without its ending, and only
 *   as `D.spec` or `D.json`; a folder without such an entry counts by its own name, as if it were a file.
 *
 * Bundles, where they are wanted, are what can be looked up: `N.wasm` and `D/D.wasm`.
 *
 * @throws {PluginError} `input.unreadable` for a folder that is there and cannot be listed
 * @see moby, pkg/plugins/discovery.go: LocalRegistry.Scan
 */
export async function scanPlugins(
  { sockets, specs }: PluginFolders,
  wantsBundles: boolean,
): Promise<string[]> {
  const names: string[] = [];
  for (const folder of sockets) names.push(...await socketNames(folder));
  for (const folder of specs) names.push(...await specNames(folder));
  if (wantsBundles) {
    for (const folder of [...specs, ...sockets]) names.push(...await bundleNames(folder));
  }
  return [...new Set(names.filter((name) => !/^\.{0,2}$/.test(name)))];
}

async function socketNames(folder: string): Promise<string[]> {
  const names: string[] = [];
  for (const { name, kind } of await list(folder)) {
    const file = kind === "directory" ? `${name}.sock` : name;
    const isOne = kind === "directory"
      ? await isSocket(joinPath(folder, name, file))
      // Deno does not tell a socket from a pipe here.
      : kind === "other" && await isSocket(joinPath(folder, name));
    if (isOne) names.push(stemOf(file));
  }
  return names;
}

async function specNames(folder: string): Promise<string[]> {
  const names: string[] = [];
  for (const { name, kind } of await list(folder)) {
    const inside = kind === "directory" ? await listIfReadable(joinPath(folder, name)) : [];
    if (inside === undefined) continue;
    const file = inside.find((entry) => stemOf(entry.name) === name)?.name ?? name;
    if (/\.(?:spec|json)$/.test(file)) names.push(stemOf(file));
  }
  return names;
}

async function bundleNames(folder: string): Promise<string[]> {
  const names: string[] = [];
  for (const { name, kind } of await list(folder)) {
    const file = kind === "directory" ? joinPath(name, `${name}.wasm`) : name;
    if (!file.endsWith(".wasm")) continue;
    const found = await fileKind(joinPath(folder, file)).catch(() => undefined);
    if (found === "file") names.push(kind === "directory" ? name : stemOf(name));
  }
  return names;
}

/** A folder that is not there holds nothing. */
async function list(folder: string): Promise<DirectoryEntry[]> {
  try {
    return await readDirectory(folder);
  } catch (error) {
    if (error instanceof PluginError && error.code === "input.not-found") return [];
    throw error;
  }
}

async function listIfReadable(folder: string): Promise<DirectoryEntry[] | undefined> {
  return await readDirectory(folder).catch(() => undefined);
}

/** A name without its last ending; nothing is left of `.spec`. */
function stemOf(name: string): string {
  const dot = name.lastIndexOf(".");
  return dot === -1 ? name : name.slice(0, dot);
}

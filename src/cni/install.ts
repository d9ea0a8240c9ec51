import { fileKind, isThere, readDirectory, readFileBounded } from "../platform/file-system.ts";
import { findOtherUser } from "../platform/other-user.ts";
import { writeFileAtomic } from "../platform/output-file.ts";
import { makePrivateFolder } from "../platform/private-folder.ts";
import { removeEmptyFolder, removeFile } from "../platform/remove-file.ts";
import { joinPath } from "../platform/path.ts";
import { removeDeadSocket } from "../platform/socket-file.ts";
import { isSocketName } from "./daemon-socket.ts";
import { LIMITS } from "../limits.ts";
import { PluginError } from "../plugin-error.ts";
import { isPluginType } from "../capability/cni-plugin.ts";
import { compileShim } from "./compile.ts";
import { bundlePath, bundlesOf } from "./installed-bundle.ts";
import { readPrebuilt } from "./prebuilt.ts";
import {
  encodeInstalled,
  installationPaths,
  type InstalledPlugin,
  installedTypes,
  parseInstalled,
  PRIVATE_FOLDER,
  readInstalledBytes,
} from "./installed-plugin.ts";
import { MAX_SHIM_BYTES, SHIM_MARK, shimScript } from "./shim/script.ts";

/** What the executable is made of. */
export const SHIMS = ["auto", "c", "sh"] as const;

/** One of {@link SHIMS}; `auto` is C where there is a compiler. */
export type Shim = (typeof SHIMS)[number];

/** What is installed, and where. */
export interface Installation {
  /** A folder in which runtimes look for plugins; it must be there. */
  readonly binDir: string;
  /** The name by which networks ask for it. */
  readonly type: string;
  /** The plugin's path is not looked at: it becomes that of the copy. */
  readonly installed: InstalledPlugin;
  /** Its file, with the digest that `installed` says. */
  readonly bundle: Uint8Array;
  readonly shim: Shim;
  /** An executable in C that was compiled elsewhere; nothing is compiled then. */
  readonly prebuilt?: string | undefined;
  readonly signal: AbortSignal;
  readonly warn: (message: string) => void;
}

/** A file that was written, with how it was made where that matters; or one that was removed. */
export interface ChangedFile {
  readonly path: string;
  readonly note?: string;
  readonly isRemoved?: boolean;
}

/**
 * Installs a plugin, or installs it again. Each file is replaced as a whole: a copy of the bundle, which
 * what is built later leaves alone, then the configuration and the executable, so that a call finds the
 * old state or the new one. The copy before this one stays for those that have just begun. Of several
 * installs at a time the last one stays.
 *
 * @returns What was written and removed, in that order.
 * @throws {PluginError} `usage.invalid` for a name that is none, or a path that the executable could not
 *   read; `input.not-found` for a folder that is not there; `output.unwritable`, also for an executable
 *   that is not ours; `trust.writable` where others could change what is installed
 */
export async function installPlugin(installation: Installation): Promise<ChangedFile[]> {
  const { binDir, type, installed, bundle } = installation;
  checkType(type);
  const unreadable = installed.command.find((word) => JSON.stringify(word) !== `"${word}"`);
  if (unreadable !== undefined) {
    const message = `Cannot install a command with ${JSON.stringify(unreadable)} in it: it has a ` +
      'control character, a "\\" or a quotation mark';
    throw new PluginError("usage.invalid", message);
  }
  if (await fileKind(binDir) !== "directory") {
    throw new PluginError("input.not-found", `Cannot install in "${binDir}": there is no folder`);
  }
  const { executable, configuration, folder } = installationPaths(binDir, type);
  await refuseForeign(executable);
  const made = await makeShim(installation);
  const isNew = !await isThere(folder);
  await makePrivateFolder(binDir, PRIVATE_FOLDER);
  const fault = await findOtherUser(folder);
  if (fault !== undefined) {
    throw new PluginError("trust.writable", `Cannot install in "${folder}": ${fault}`);
  }
  const copy = bundlePath(folder, type, installed.plugin.digest);
  const before = await copyInUse(folder, type);
  const plugin = { ...installed.plugin, path: copy };
  const mode = { refuseLinks: true };
  await writeFileAtomic(copy, bundle, { mode: 0o600, ...mode });
  await writeFileAtomic(configuration, encodeInstalled({ ...installed, plugin }), {
    mode: 0o600,
    ...mode,
  });
  await writeFileAtomic(executable, made.bytes, { mode: 0o755, ...mode });
  if (!await isThere(copy)) await writeFileAtomic(copy, bundle, { mode: 0o600, ...mode });
  const old: string[] = [];
  for (const path of await bundlesOf(folder, type)) {
    if (path === copy || path === before) continue;
    if (await removeUnused(path, folder, type)) old.push(path);
  }
  return [
    ...(isNew ? [{ path: `${folder}/` }] : []),
    { path: copy },
    { path: configuration },
    { path: executable, note: made.note },
    ...old.map((path) => ({ path, isRemoved: true })),
  ];
}

/**
 * Removes a copy of a bundle unless the configuration names it. Another install may be about to write that
 * down: either it does so before the second look here, or it finds afterwards that its copy is gone, and
 * writes it again.
 *
 * @returns false where it stays, or is gone.
 */
async function removeUnused(copy: string, folder: string, type: string): Promise<boolean> {
  if (await copyInUse(folder, type) === copy) return false;
  // What cannot be read is of no use to anybody.
  const bytes = await readFileBounded(copy, LIMITS.bundleBytes).catch(() => undefined);
  if (!await removeFile(copy)) return false;
  if (bytes === undefined || await copyInUse(folder, type) !== copy) return true;
  await writeFileAtomic(copy, bytes, { mode: 0o600, refuseLinks: true });
  return false;
}

/** The bundle that a type's configuration names, where there is one that can be used. */
async function copyInUse(folder: string, type: string): Promise<string | undefined> {
  const configuration = joinPath(folder, `${type}.json`);
  try {
    const { plugin } = await parseInstalled(configuration, await readInstalledBytes(configuration));
    // The folder may have had another name for who wrote that.
    return bundlePath(folder, type, plugin.digest);
  } catch {
    return undefined;
  }
}

/** What {@link uninstallPlugin} did. */
export interface Uninstalled {
  /** In that order. */
  readonly removed: readonly string[];
  /** What is in the way of the folder's end, though nothing is installed any more; with the reason. */
  readonly kept: readonly { readonly path: string; readonly why: string }[];
}

/**
 * Removes what {@link installPlugin} wrote; with the last plugin also the folder, and what a daemon left
 * there that was killed.
 *
 * @throws {PluginError} `input.not-found` where nothing is installed; `output.unwritable`, also for an
 *   executable that is not ours
 */
export async function uninstallPlugin(binDir: string, type: string): Promise<Uninstalled> {
  checkType(type);
  const { executable, configuration, folder } = installationPaths(binDir, type);
  await refuseForeign(executable);
  const removed: string[] = [];
  for (const path of [executable, configuration, ...await bundlesOf(folder, type)]) {
    if (await removeFile(path)) removed.push(path);
  }
  if (removed.length === 0) {
    const message = `Cannot uninstall "${type}": it is not in "${binDir}"`;
    throw new PluginError("input.not-found", message);
  }
  if (!await isThere(folder) || (await installedTypes(binDir)).length > 0) {
    return { removed, kept: [] };
  }
  const kept: { path: string; why: string }[] = [];
  for (const { name } of await readDirectory(folder)) {
    const path = joinPath(folder, name);
    const why = await removeLeftover(path, name);
    if (why === undefined) removed.push(path);
    else kept.push({ path, why });
  }
  if (await removeEmptyFolder(folder)) removed.push(`${folder}/`);
  return { removed, kept };
}

/** @returns Why it is still there; what goes wrong here must not hide what was removed. */
async function removeLeftover(path: string, name: string): Promise<string | undefined> {
  if (!isSocketName(name)) return "it is not of an installed plugin";
  try {
    return (await removeDeadSocket(path))?.why;
  } catch (error) {
    return PluginError.from(error).message;
  }
}

function checkType(type: string): void {
  if (isPluginType(type)) return;
  const wanted = 'wanted letters, digits, ".", "_" and "-", the first a letter, digit or "_"';
  const message = `Cannot use ${JSON.stringify(type)} as the type of a CNI plugin: ${wanted}`;
  throw new PluginError("usage.invalid", message);
}

async function refuseForeign(executable: string): Promise<void> {
  if (!await isThere(executable) || await isOurs(executable)) return;
  const message = `Cannot replace "${executable}": "cofferdam install cni" has not written it`;
  throw new PluginError("output.unwritable", message);
}

async function isOurs(executable: string): Promise<boolean> {
  if (await fileKind(executable) !== "file") return false;
  try {
    const bytes = await readFileBounded(executable, MAX_SHIM_BYTES);
    return new TextDecoder("latin1").decode(bytes).includes(SHIM_MARK);
  } catch (error) {
    if (PluginError.from(error).code === "input.too-large") return false;
    throw error;
  }
}

async function makeShim(
  { binDir, type, installed, shim, prebuilt, signal, warn }: Installation,
): Promise<{ bytes: Uint8Array; note: string }> {
  if (prebuilt !== undefined) {
    return { bytes: await readPrebuilt(prebuilt, binDir, signal), note: `a copy of ${prebuilt}` };
  }
  const compiled = shim === "sh" ? undefined : await compileShim(signal, warn);
  if (compiled !== undefined) {
    return { bytes: compiled.bytes, note: `compiled by ${compiled.compiler}` };
  }
  if (shim === "c") {
    const message = "Cannot make the executable: there is no C compiler that can";
    throw new PluginError("input.not-found", message);
  }
  const { configuration } = installationPaths(binDir, type);
  const script = shimScript([...installed.command, configuration]);
  return { bytes: new TextEncoder().encode(script), note: "a script, which starts more slowly" };
}

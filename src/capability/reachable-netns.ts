import { isWithin, resolvePath } from "../platform/file-system.ts";
import { mayBeNetworkNamespace } from "../platform/network-namespace.ts";
import { folderOf } from "../platform/path.ts";
import { isOfProcess } from "../platform/process-folder.ts";
import { PluginError } from "../plugin-error.ts";
import type { CniCommand } from "./cni-plugin.ts";

/** What a guest asks of a namespace, and what it may. */
export interface NetnsRequest {
  readonly command: CniCommand;
  /** Empty for none. */
  readonly netns: string;
  /** That of the container which the guest's call is about; empty where it names none. */
  readonly own: string;
  /** Granted folders. */
  readonly folders: readonly string[];
}

/**
 * Which namespace a plugin is told of. A call about a container is let into that one's, wherever it lies
 * (`ctr` names it `/proc/PID/ns/net`), and into no other, so that a container that joins is no way to
 * another one. A call that names none cleans up behind containers, where the operator lets it.
 *
 * @returns the path; empty for one that is gone
 * @throws {PluginError} `capability.denied`; `input.unreadable` where nobody can tell what is there
 */
export async function reachableNetns(
  { command, netns, own, folders }: NetnsRequest,
): Promise<string> {
  if (netns === "" || netns === own) return netns;
  // It reaches nothing, so that nobody needs to grant it. Not every plugin takes such a path, and its
  // container's address is to be given back.
  if (command === "DEL" && !await mayBeNetworkNamespace(netns)) return "";
  if (own !== "") throw denied("it is not that of the container at hand");
  if (await isOfProcess(netns)) throw denied(OF_PROCESS);
  if (await liesIn(folders, netns)) return netns;
  throw denied('it lies in no granted folder; what grants one: "--delegate-netns=FOLDER"');
}

/** Whichever way a folder is written: `/var/run/netns` is `/run/netns`. */
async function liesIn(folders: readonly string[], netns: string): Promise<boolean> {
  const place = await withoutLinks(folderOf(netns));
  for (const folder of folders) if (isWithin(place, await withoutLinks(folder))) return true;
  return false;
}

/** Where nothing is there, nothing else can be meant. */
async function withoutLinks(path: string): Promise<string> {
  return await resolvePath(path) ?? path;
}

/**
 * Refuses folders in which a path is not one container's for good.
 *
 * @throws {PluginError} `config.invalid`
 */
export async function checkNetnsFolders(folders: readonly string[]): Promise<void> {
  for (const folder of folders) {
    if (!await isOfProcess(`${folder}/netns`)) continue;
    const message = `Cannot grant the network namespaces in "${folder}": ${OF_PROCESS}`;
    throw new PluginError("config.invalid", message);
  }
}

const OF_PROCESS = "it is named by a process, whose number may be that of a stranger by now";

function denied(why: string): PluginError {
  return new PluginError("capability.denied", `Cannot use the netns: ${why}`);
}

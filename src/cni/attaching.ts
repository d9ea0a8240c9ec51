import type { CniResult } from "../contract/cni-result.ts";
import { PluginError } from "../plugin-error.ts";
import { type AttachmentKey, isSameAttachment } from "./attachment.ts";
import { addByChain, type AttachmentRun, runChain } from "./chain.ts";
import { type CachedAttachment, cachedResultAs, ResultCache } from "./result-cache.ts";
import { isAtLeast } from "./version.ts";

/**
 * What a runtime remembers of attachments. To be changed by nobody else for the same attachment meanwhile.
 */
export class AttachmentStore {
  /** Those that were made: libcni's cache. */
  readonly made: ResultCache;
  /**
   * Those that were begun, and that a failure or a kill broke off. libcni keeps nothing of these, so that
   * DEL does not know what to undo, and GC not of whom.
   */
  readonly begun: ResultCache;

  constructor(folder: string) {
    this.made = new ResultCache(folder);
    this.begun = new ResultCache(folder, "cofferdam-begun");
  }

  /**
   * All that GC has to look at, each once.
   *
   * @throws {PluginError} As {@link ResultCache.list}.
   */
  async list(): Promise<CachedAttachment[]> {
    const made = await this.made.list();
    const begun = await this.begun.list();
    return [...made, ...begun.filter((one) => !made.some((key) => isSameAttachment(key, one)))];
  }
}

/** A chain's run for one container, by the names under which it is remembered. */
export interface RememberedRun extends AttachmentRun {
  readonly key: AttachmentKey;
}

/**
 * Attaches a container, and remembers it; where it fails, also how far it came.
 *
 * @returns The last plugin's result, in the version that it says.
 */
export async function attach(
  { made, begun }: AttachmentStore,
  run: RememberedRun,
): Promise<CniResult> {
  const { key } = run;
  for (const cache of [made, begun]) {
    const there = await findReadable(cache, key);
    if (there !== undefined && !isSameAttachment(there, key)) throw taken(key, there);
  }
  await made.checkPut(key);
  const { netns, args = [], capabilityArgs = {} } = run.attachment;
  const entryOf = (result: CniResult | undefined): CachedAttachment => ({
    ...{ ...key, netns, config: run.network.bytes, args, capabilityArgs },
    ...(result === undefined ? {} : { result: result as object as CachedAttachment["result"] }),
  });
  // Each plugin finds written what is to be undone if it, or this process, gets no further.
  const result = await addByChain(run, (prevResult) => begun.put(entryOf(prevResult)));
  await made.put(entryOf(result));
  await begun.remove(key).catch(() => {});
  return result;
}

/** Detaches a container, and forgets it when all plugins have done their part. */
export async function detach(
  { made, begun }: AttachmentStore,
  run: RememberedRun,
): Promise<void> {
  const { key } = run;
  const own: { readonly cache: ResultCache; readonly entry: CachedAttachment | undefined }[] = [];
  for (const cache of [made, begun]) {
    const entry = await findReadable(cache, key);
    if (entry === undefined || isSameAttachment(entry, key)) own.push({ cache, entry });
  }
  const { cniVersion } = run.network;
  let cached: CniResult | undefined;
  for (const { cache, entry } of isAtLeast(cniVersion, "0.4.0") ? own : []) {
    if (entry === undefined) continue;
    try {
      cached ??= cachedResultAs(entry, cniVersion);
    } catch {
      await forget(cache, key);
    }
  }
  await runChain("DEL", { ...run, cached });
  for (const { cache } of own) await forget(cache, key);
}

/** What cannot be removed now is detached once more by the next GC, which does no harm. */
async function forget(cache: ResultCache, key: AttachmentKey): Promise<void> {
  await cache.remove(key).catch(() => {});
}

/** What stands in the cache; undefined for what cannot be read. */
async function findReadable(
  cache: ResultCache,
  key: AttachmentKey,
): Promise<CachedAttachment | undefined> {
  try {
    return await cache.find(key);
  } catch (error) {
    const { code } = PluginError.from(error);
    if (code === "trust.writable" || code === "internal.error") throw error;
    return undefined;
  }
}

/** Two attachments whose names make one: `a-b` of `c`, and `a` of `b-c`. */
function taken({ containerId }: AttachmentKey, other: AttachmentKey): PluginError {
  const message = `Cannot attach ${containerId}: the cache has the file of its name for ` +
    `${other.containerId} (${other.ifname}) in ${other.network}`;
  return new PluginError("cni.attachment-invalid", message);
}

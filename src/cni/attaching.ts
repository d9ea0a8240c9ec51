import type { CniResult } from "../contract/cni-result.ts";
import { PluginError } from "../plugin-error.ts";
import { type AttachmentKey, isSameAttachment } from "./attachment.ts";
import { addByChain, type AttachmentRun, runChain } from "./chain.ts";
import { type CachedAttachment, cachedResultAs, type ResultCache } from "./result-cache.ts";
import { isAtLeast } from "./version.ts";

/**
 * Attaches a container, and remembers it. To be called by nobody else for the same attachment meanwhile.
 *
 * @returns The last plugin's result, in the version that it says.
 */
export async function attach(
  cache: ResultCache,
  key: AttachmentKey,
  run: AttachmentRun,
): Promise<CniResult> {
  const there = await findReadable(cache, key);
  if (there !== undefined && !isSameAttachment(there, key)) throw taken(key, there);
  const { netns, args = [], capabilityArgs = {} } = run.attachment;
  const entry = { ...key, netns, config: run.network.bytes, args, capabilityArgs };
  // Before the first plugin runs: where this process is killed in the middle, GC finds what to undo.
  if (there === undefined) await cache.put(entry);
  try {
    const result = await addByChain(run);
    await cache.put({ ...entry, result: result as object as CachedAttachment["result"] });
    return result;
  } catch (error) {
    if (there === undefined) await cache.remove(key).catch(() => {});
    throw error;
  }
}

/** Detaches a container, and forgets it when all plugins have done their part. */
export async function detach(
  cache: ResultCache,
  key: AttachmentKey,
  run: AttachmentRun,
): Promise<void> {
  const there = await findReadable(cache, key);
  const isOwn = there === undefined || isSameAttachment(there, key);
  // What cannot be removed now is detached once more by the next GC, which does no harm.
  const forget = async () => isOwn ? await cache.remove(key).catch(() => {}) : undefined;
  let cached: CniResult | undefined;
  if (there !== undefined && isOwn && isAtLeast(run.network.cniVersion, "0.4.0")) {
    try {
      cached = cachedResultAs(there, run.network.cniVersion);
    } catch {
      await forget();
    }
  }
  await runChain("DEL", { ...run, cached });
  await forget();
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

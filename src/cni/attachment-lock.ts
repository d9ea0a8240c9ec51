import { LIMITS } from "../limits.ts";
import { type FileLock, tryLockFile } from "../platform/file-lock.ts";
import { sha256Sync } from "../platform/hash.ts";
import { joinPath } from "../platform/path.ts";
import { PluginError } from "../plugin-error.ts";
import type { AttachmentKey } from "./attachment.ts";

/**
 * Locks of a cache. An attachment has one of them, by its name's hash, so that ADD, DEL and CHECK of the
 * same one exclude each other and others rarely wait; GC takes all, in their order, so that nobody waits
 * for somebody who waits for him. Files that were removed with their attachment would have to be told
 * from those that somebody is about to lock; these stay.
 */
export const LOCKS = 64;

/** The pauses between looks at a lock that another process has; between them others may come first. */
const PAUSE_MS = { first: 2, longest: 50 };

/** Whom to wait for, and how long. */
export interface LockOptions {
  /** Default: `LIMITS.cniLockMs`. */
  readonly waitMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Runs `action` while nobody else works on that attachment of this cache: no other call, thread or
 * process of this library. libcni knows no locks.
 *
 * @param folder That of the locks.
 * @throws {PluginError} `cni.locked` where it takes too long, `call.aborted`, `output.unwritable`,
 * `config.invalid` where there is no SQLite
 */
export function withAttachmentLock<T>(
  folder: string,
  { network, containerId, ifname }: AttachmentKey,
  options: LockOptions,
  action: () => Promise<T>,
): Promise<T> {
  // None of the three has a "/".
  const name = new TextEncoder().encode([network, containerId, ifname].join("/"));
  const digits = sha256Sync(name).slice(-4);
  return withLocks(folder, [Number.parseInt(digits, 16) % LOCKS], options, action);
}

/** The same for all attachments of the cache. */
export function withAllLocks<T>(
  folder: string,
  options: LockOptions,
  action: () => Promise<T>,
): Promise<T> {
  return withLocks(folder, Array.from({ length: LOCKS }, (_, n) => n), options, action);
}

async function withLocks<T>(
  folder: string,
  numbers: readonly number[],
  { waitMs = LIMITS.cniLockMs, signal }: LockOptions,
  action: () => Promise<T>,
): Promise<T> {
  const deadline = performance.now() + waitMs;
  const held: FileLock[] = [];
  try {
    for (const number of numbers) {
      held.push(await lockFile(joinPath(folder, `lock-${number}`), deadline, waitMs, signal));
    }
    return await action();
  } finally {
    for (const lock of held) lock.release();
  }
}

async function lockFile(
  path: string,
  deadline: number,
  waitMs: number,
  signal: AbortSignal | undefined,
): Promise<FileLock> {
  for (let pauseMs = PAUSE_MS.first;; pauseMs = Math.min(pauseMs * 2, PAUSE_MS.longest)) {
    if (signal?.aborted) {
      throw new PluginError("call.aborted", "Ended a call about an attachment: aborted");
    }
    const lock = await tryLockFile(path);
    if (lock !== undefined) return lock;
    if (performance.now() >= deadline) {
      const message = `Cannot work on the attachment: somebody else has done so for ${waitMs} ms ` +
        `(${path} is locked); try again later`;
      throw new PluginError("cni.locked", message);
    }
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}

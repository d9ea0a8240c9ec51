import { LIMITS } from "../limits.ts";
import { type FileLock, tryLockFile } from "../platform/file-lock.ts";
import { sha256Sync } from "../platform/hash.ts";
import { joinPath } from "../platform/path.ts";
import { PluginError } from "../plugin-error.ts";
import type { AttachmentKey } from "./attachment.ts";

/**
 * Locks of attachments. Each has one of them, by its name's hash, so that calls about the same one exclude
 * each other and others hardly ever wait for a stranger. Files that were removed with their attachment
 * would have to be told from those that somebody is about to lock; these stay, and are empty.
 */
const LOCKS = 4_096;

/** Calls about attachments share it; GC has it alone. */
const ALL = "lock-all";

/** Who wants {@link ALL} must come through here, so that GC, which keeps it closed, is next. */
const GATE = "lock-gate";

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
  const number = Number.parseInt(sha256Sync(name).slice(-4), 16) % LOCKS;
  return withLocks(folder, options, action, async (take) => {
    // First, so that nobody who waits for another call makes GC wait.
    await take(`lock-${number}`, "exclusive");
    const gate = await take(GATE, "shared");
    await take(ALL, "shared");
    gate.release();
  });
}

/** The same for all attachments of the cache. */
export function withAllLocks<T>(
  folder: string,
  options: LockOptions,
  action: () => Promise<T>,
): Promise<T> {
  return withLocks(folder, options, action, async (take) => {
    await take(GATE, "exclusive");
    await take(ALL, "exclusive");
  });
}

type Kind = Parameters<typeof tryLockFile>[1];

async function withLocks<T>(
  folder: string,
  options: LockOptions,
  action: () => Promise<T>,
  takeAll: (take: (name: string, kind: Kind) => Promise<FileLock>) => Promise<void>,
): Promise<T> {
  const { waitMs = LIMITS.cniLockMs, signal } = options;
  const deadline = performance.now() + waitMs;
  const held: FileLock[] = [];
  try {
    await takeAll(async (name, kind) => {
      const lock = await lockFile(joinPath(folder, name), kind, deadline, waitMs, signal);
      held.push(lock);
      return lock;
    });
    return await action();
  } finally {
    for (const lock of held) lock.release();
  }
}

async function lockFile(
  path: string,
  kind: Kind,
  deadline: number,
  waitMs: number,
  signal: AbortSignal | undefined,
): Promise<FileLock> {
  for (let pauseMs = PAUSE_MS.first;; pauseMs = Math.min(pauseMs * 2, PAUSE_MS.longest)) {
    if (signal?.aborted) {
      throw new PluginError("call.aborted", "Ended a call about an attachment: aborted");
    }
    const lock = await tryLockFile(path, kind);
    if (lock !== undefined) return lock;
    if (performance.now() >= deadline) {
      const message = `Cannot work on the attachment: somebody else has done so for ${waitMs} ms ` +
        `(${path} is locked); try again later`;
      throw new PluginError("cni.locked", message);
    }
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}

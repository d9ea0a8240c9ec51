import { isBusy } from "../platform/sqlite.ts";
import { PluginError } from "../plugin-error.ts";

/** Whether nobody waits for the answer any more. */
export type IsCancelled = () => boolean;

/** SQLite refuses some waits at once, against deadlocks. Whoever tries again sleeps so long first. */
const PAUSE_MS = 5;

/**
 * Does `action` while somebody waits for the answer; again for as long as another connection holds
 * the lock.
 */
export function retry<T>(isCancelled: IsCancelled, action: () => T): T {
  let cause: unknown;
  while (!isCancelled()) {
    const started = performance.now();
    try {
      return action();
    } catch (error) {
      if (!isBusy(error)) throw error;
      cause = error;
    }
    if (performance.now() - started < 1) sleep(PAUSE_MS);
  }
  throw cancelled(cause);
}

/** Blocks this thread. */
function sleep(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

/** @param cause The last refusal of a lock, where there was one. */
export function cancelled(cause?: unknown): PluginError {
  const why = cause === undefined ? "the time for it is over" : "another process holds it";
  return new PluginError("capability.timeout", `Cannot use the state: ${why}`, { cause });
}

/** The time, and waiting; a test has its own. */
export interface Clock {
  /** In milliseconds, from any point on. */
  now(): number;
  /** @throws The signal's reason, when it aborts before that. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/** The real time. */
export const REAL_CLOCK: Clock = {
  now: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const abort = () => {
        clearTimeout(timer);
        reject(signal.reason);
      };
      const timer = setTimeout(() => {
        signal.removeEventListener("abort", abort);
        resolve();
      }, ms);
      signal.addEventListener("abort", abort, { once: true });
    }),
};

/** What trying may take altogether, and one wait at most, in milliseconds. */
const MAX_MS = 30_000;

/** The wait before the next try, in milliseconds: 1, 2, 4, 8, 16, 30, 30, … s. */
export function backoffMs(retries: number): number {
  return Math.min(1_000 * 2 ** retries, MAX_MS);
}

/** Whether a wait would end beyond what trying may take. */
export function givesUp(elapsedMs: number, waitMs: number): boolean {
  return elapsedMs + waitMs >= MAX_MS;
}

/**
 * Tries until it works, as long as Docker does: what fails at once is tried five times within 15 s.
 *
 * @param mayPass Whether what was thrown may be over at the next try.
 * @throws What the last try threw; the signal's reason.
 * @see moby, pkg/plugins/client.go: callWithRetry
 */
export async function retrying<T>(
  clock: Clock,
  signal: AbortSignal,
  attempt: () => Promise<T>,
  mayPass: (error: unknown) => boolean,
): Promise<T> {
  const start = clock.now();
  for (let retries = 0;; retries++) {
    signal.throwIfAborted();
    try {
      return await attempt();
    } catch (error) {
      const waitMs = backoffMs(retries);
      if (signal.aborted || !mayPass(error) || givesUp(clock.now() - start, waitMs)) throw error;
      await clock.sleep(waitMs, signal);
    }
  }
}

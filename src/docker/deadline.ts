import { PluginError } from "../plugin-error.ts";

/** What is left for the answer's way to Docker, in milliseconds. */
const MARGIN_MS = 5_000;

/** How long a call may take. */
export interface Deadline {
  /** For messages. */
  readonly method: string;
  /** What Docker waits for, in milliseconds; absent where it waits for ever. */
  readonly patienceMs?: number | undefined;
  /** Aborts when the caller has gone. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Runs `work`, and ends it before Docker gives it up: Docker would say no more than "context deadline
 * exceeded", and would ask again.
 *
 * @throws {PluginError} `docker.timeout`; what `work` throws
 */
export async function withDeadline<T>(
  { method, patienceMs, signal }: Deadline,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const abort = () => controller.abort(signal?.reason);
  if (signal?.aborted) abort();
  signal?.addEventListener("abort", abort, { once: true });
  let isLate = false;
  const late = () => {
    isLate = true;
    controller.abort();
  };
  const timer = patienceMs === undefined ? undefined : setTimeout(late, patienceMs - MARGIN_MS);
  try {
    return await work(controller.signal);
  } catch (cause) {
    if (!isLate || patienceMs === undefined) throw cause;
    throw new PluginError(
      "docker.timeout",
      `${method} was ended: it took longer than ${
        (patienceMs - MARGIN_MS) / 1_000
      } s, and Docker ` +
        `waits for ${patienceMs / 1_000} s`,
      { cause },
    );
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", abort);
  }
}

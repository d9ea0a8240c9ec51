import { Script } from "node:vm";

/** The action of {@link runWithin} was stopped. */
export class TimeLimitError extends Error {
  override readonly name = "TimeLimitError";
}

/**
 * Node ends a thread in the middle of a loop; Deno (2.9) does not: a worker that loops outlives its
 * `terminate()` and takes a core until the process ends. There, a thread has to stop itself.
 */
const MUST_STOP_ITSELF = "Deno" in globalThis;

const slot = globalThis as { cofferdamAction?: () => unknown };
const script = new Script("cofferdamAction()");

/**
 * Runs `action` to its end, or throws {@link TimeLimitError} once it has taken `ms`, also out of a loop
 * in Wasm or in a regular expression; where the thread's owner can end the thread, that is left to it.
 *
 * @param action Synchronous; not itself a user of this function.
 */
export function runWithin<T>(ms: number, action: () => T): T {
  if (!MUST_STOP_ITSELF) return action();
  slot.cofferdamAction = action;
  try {
    return script.runInThisContext({ timeout: Math.max(1, Math.ceil(ms)) }) as T;
  } catch (error) {
    if ((error as { code?: string }).code !== "ERR_SCRIPT_EXECUTION_TIMEOUT") throw error;
    throw new TimeLimitError(`stopped after ${ms} ms`);
  } finally {
    delete slot.cofferdamAction;
  }
}

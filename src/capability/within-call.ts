import { PluginError } from "../plugin-error.ts";
import type { HostCall } from "./host-function.ts";

/**
 * Waits for what `work` started, but no longer than the call that it serves; what comes later, also an
 * error, is ignored. Work does not begin for a call that is over.
 *
 * @param name The function that is answered: `state_put`.
 * @throws {PluginError} `capability.timeout`; whatever `work` throws
 */
export function withinCall<T>(
  name: string,
  { signal }: Pick<HostCall, "signal">,
  work: () => Promise<T>,
): Promise<T> {
  if (signal.aborted) return Promise.reject(tooLate(name));
  return new Promise<T>((resolve, reject) => {
    const onAbort = () => reject(tooLate(name));
    signal.addEventListener("abort", onAbort, { once: true });
    // Within an async function: what is thrown at once is a rejection as well.
    void (async () => await work())().then(resolve, reject).finally(() =>
      signal.removeEventListener("abort", onAbort)
    );
  });
}

/** The refusal of a function whose call ended first. */
function tooLate(name: string): PluginError {
  return new PluginError(
    "capability.timeout",
    `Cannot answer "${name}": the call ended first; what was asked may or may not be done`,
  );
}

import { CapabilityError, DriverError, type DriverErrorCode } from "cofferdam/guest";

const CODES: Readonly<Record<string, DriverErrorCode>> = {
  "capability.not-found": "not-found",
  "capability.invalid": "invalid",
  "capability.denied": "denied",
  "capability.limit": "limit",
  "capability.conflict": "conflict",
  "capability.timeout": "unavailable",
};

/**
 * Does something with the host's help. What the host refuses is an answer to Docker.
 *
 * @param what `create "db"`
 */
export function attempt<T>(what: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (!(error instanceof CapabilityError)) throw error;
    // The host may have said already what cannot be done.
    const why = error.message.replace(`Cannot ${what}: `, "");
    throw new DriverError(CODES[error.code] ?? "failed", `cannot ${what}: ${why}`);
  }
}

/** What `action` gives; undefined where the host knows no folder of that name. */
export function ifThere<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch (error) {
    if (error instanceof CapabilityError && error.code === "capability.not-found") return undefined;
    throw error;
  }
}

/** A name that a user chose, for a message: quotes and what a terminal obeys are escaped. */
export function quote(name: string): string {
  return JSON.stringify(name);
}

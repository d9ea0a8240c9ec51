import type { DriverErrorCode, DriverFault } from "../contract/driver-fault.ts";
import { CapabilityError } from "./capability-error.ts";
import { objects } from "./intrinsics.ts";

/** What a driver cannot do. Thrown, it becomes the answer; any other error ends the call as a fault. */
export class DriverError extends Error {
  override readonly name = "DriverError";
  readonly code: DriverErrorCode;

  /** @param message For people: what cannot be done, with which volume or network, and why. */
  constructor(code: DriverErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** What a host can refuse any driver, whatever it was asked. */
const REFUSALS: Readonly<Record<string, DriverErrorCode>> = {
  "capability.limit": "limit",
  "capability.timeout": "unavailable",
};

/**
 * The answer for what a driver threw on purpose, and for what the host has no room or no time for;
 * undefined for any other error.
 */
export function driverFaultOf(thrown: unknown): DriverFault | undefined {
  if (thrown instanceof DriverError) {
    const { code, message } = thrown;
    return { error: { code, message: message === "" ? code : message } };
  }
  const code = thrown instanceof CapabilityError && objects.hasOwn(REFUSALS, thrown.code)
    ? REFUSALS[thrown.code]
    : undefined;
  return code && { error: { code, message: (thrown as CapabilityError).message } };
}

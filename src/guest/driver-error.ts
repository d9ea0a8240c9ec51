import type { DriverErrorCode, DriverFault } from "../contract/driver-fault.ts";

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

/** The answer for what a driver threw on purpose; undefined for any other error. */
export function driverFaultOf(thrown: unknown): DriverFault | undefined {
  if (!(thrown instanceof DriverError)) return undefined;
  const { code, message } = thrown;
  return { error: { code, message: message === "" ? code : message } };
}

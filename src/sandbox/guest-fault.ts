import { type ErrorCode, PluginError } from "../plugin-error.ts";
import type { Controls } from "./controls.ts";
import type { Kernel } from "./kernel/kernel.ts";
import { FAULT } from "./metering/fault.ts";
import type { CallLimits } from "./protocol.ts";

/** The guest ended itself. */
export class GuestExit extends Error {
  constructor(code: number) {
    super(`it ended itself with code ${code}`);
  }
}

/** Where a guest was when something threw. */
export interface FaultPlace {
  /** `in "admission_check"` */
  readonly where: string;
  readonly limits: CallLimits;
  readonly kernel: Kernel;
  readonly controls: Controls;
}

/** What the engine threw while a guest ran, in our own words and codes. */
export function asGuestFault(
  thrown: unknown,
  { where, limits, kernel, controls }: FaultPlace,
): PluginError {
  if (thrown instanceof PluginError) return thrown;
  const text = thrown instanceof Error ? thrown.message : String(thrown);
  const fault = (code: ErrorCode, what: string) =>
    new PluginError(code, `The plugin was stopped ${where}: ${what}`, { cause: thrown });
  if (thrown instanceof GuestExit) return fault("sandbox.guest-error", text);
  if (controls.fuel.value < 0n) {
    return fault("sandbox.fuel", `it used up its fuel of ${limits.fuel} units`);
  }
  if (controls.stack.value < 0) {
    return fault("sandbox.depth", "its calls nest too deep");
  }
  if (kernel.refusal === "limit") {
    return fault(
      "sandbox.memory",
      `it asked the host for more than ${limits.blockBytes} bytes in one call`,
    );
  }
  const { value } = controls.fault;
  if (kernel.refusal === "host" || value === FAULT.noMemory) {
    return fault("sandbox.memory", "the host has no memory left to give");
  }
  // A guest that gives up after it was told that there is no more.
  if (value === FAULT.atCap && /unreachable/.test(text)) {
    return fault("sandbox.memory", `it wanted more than its ${limits.memoryPages} pages (${text})`);
  }
  // The guest's own depth is counted and ends long before; this is the caller's stack.
  if (thrown instanceof RangeError && /call stack/i.test(text)) {
    return fault("sandbox.depth", "the host's own stack was used up");
  }
  return fault("sandbox.trap", text);
}

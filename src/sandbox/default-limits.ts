import { LIMITS } from "../limits.ts";
import type { SandboxLimits } from "./sandbox.ts";

/** What bounds a call where nobody says otherwise. */
export const DEFAULT_LIMITS: SandboxLimits = {
  timeoutMs: LIMITS.timeoutMs,
  fuel: LIMITS.fuel,
  stackBytes: LIMITS.stackBytes,
  memoryPages: LIMITS.memoryPages,
  blockBytes: LIMITS.blockBytes,
  inputBytes: LIMITS.callInputBytes,
  outputBytes: LIMITS.callOutputBytes,
};

import type { Reason, Verdict } from "../contract/admission.ts";
import { PluginError } from "../plugin-error.ts";
import { DENIED, shown, statusOfVerdicts } from "./status.ts";
import type { RpcStatus } from "./wire.ts";

/** What came of the check of a pin. */
export interface Decision {
  /** Whether the pin may be installed. */
  readonly admitted: boolean;
  /** Why it may not, for people; undefined where it may. */
  readonly message?: string | undefined;
  /** The policy's reasons, warnings too; none from a native plugin, which sends a message alone. */
  readonly reasons: readonly Reason[];
}

/** A bundle's verdict as a decision. */
export function decisionOfVerdict(verdict: Verdict): Decision {
  const status = statusOfVerdicts([verdict]);
  const { reasons } = verdict;
  return status === null
    ? { admitted: true, reasons }
    : { admitted: false, message: status.message, reasons };
}

/**
 * What a native plugin resolved as a decision.
 *
 * @throws {PluginError} `cipd.check-failed` for a status that is neither an approval nor a denial; its
 * `details.grpcCode` is the number
 */
export function decisionOfStatus(status: RpcStatus | null): Decision {
  if (status === null || status.code === 0) return { admitted: true, reasons: [] };
  const { code } = status;
  const message = shown(status.message);
  if (code === DENIED) return { admitted: false, message, reasons: [] };
  throw new PluginError("cipd.check-failed", `The admission check failed: ${message}`, {
    details: { grpcCode: code },
  });
}

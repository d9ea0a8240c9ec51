import { LIMITS } from "../limits.ts";
import { PluginError } from "../plugin-error.ts";
import type { Mode, SandboxLimits } from "../sandbox/sandbox.ts";

/**
 * Where the calls of a plugin run. Fuel bounds a call in both modes; only a thread of its own can be
 * ended at a deadline.
 *
 * @param limits The effective ones.
 * @param asked What its operator says.
 * @param blocks Whether it was granted what may block.
 * @throws {PluginError} `usage.invalid`
 */
export function modeOf(
  limits: SandboxLimits,
  asked: { readonly mode?: Mode | undefined; readonly timeoutMs?: number | undefined },
  blocks: boolean,
): Mode {
  if (asked.mode === "inline" && blocks) {
    throw new PluginError(
      "usage.invalid",
      "Cannot load the plugin inline: it was granted capabilities that may block",
    );
  }
  // An operator who names the default wants it kept: fuel is not time.
  const wantsDeadline = asked.timeoutMs !== undefined || limits.timeoutMs !== LIMITS.timeoutMs;
  return asked.mode ?? (blocks || wantsDeadline || limits.fuel > LIMITS.fuel ? "worker" : "inline");
}

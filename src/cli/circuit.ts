import type { JudgingPlugin } from "../host/plugin.ts";
import { type ErrorCode, PluginError } from "../plugin-error.ts";

/** How a call ends that would never have ended by itself. */
const ENDLESS: ReadonlySet<ErrorCode> = new Set(["sandbox.timeout", "sandbox.fuel"]);

/**
 * `plugin`, which is asked no more once `times` calls in a row have ended in `sandbox.timeout` or
 * `sandbox.fuel`: a plugin that loops must not cost its bound for each of a thousand documents. Calls
 * that wait or run at that moment are ended. Every question from then on fails with the last one's
 * code.
 *
 * @param signal Aborts every call, in place of the one that a call is given.
 */
export function giveUpAfter(
  plugin: JudgingPlugin,
  times: number,
  signal: AbortSignal,
): JudgingPlugin {
  const { manifest, digest, admission } = plugin;
  const controller = new AbortController();
  if (signal.aborted) controller.abort(signal.reason);
  else signal.addEventListener("abort", () => controller.abort(signal.reason), { once: true });
  let inARow = 0;
  let gaveUp: ErrorCode | undefined;
  const refusal = (input: string) =>
    new PluginError(
      gaveUp!,
      `Cannot ask ${manifest.name} about "${input}": it is asked no more in this run, since it ` +
        `did not come to an end ${times} times in a row`,
    );
  return {
    manifest,
    digest,
    admission: {
      judges: (document) => admission.judges(document),
      check: async (document, options) => {
        if (gaveUp !== undefined) throw refusal(document.input);
        try {
          const verdict = await admission.check(document, {
            ...options,
            signal: controller.signal,
          });
          inARow = 0;
          return verdict;
        } catch (thrown) {
          const { code } = PluginError.from(thrown);
          if (code === "call.aborted" && gaveUp !== undefined && !signal.aborted) {
            throw refusal(document.input);
          }
          inARow = ENDLESS.has(code) ? inARow + 1 : 0;
          if (inARow >= times && gaveUp === undefined) {
            gaveUp = code;
            controller.abort();
          }
          throw thrown;
        }
      },
    },
  };
}

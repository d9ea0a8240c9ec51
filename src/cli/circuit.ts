import type { Plugin } from "../host/plugin.ts";
import { PluginError } from "../plugin-error.ts";

/**
 * `plugin`, which is asked no more once `times` calls in a row have ended in `sandbox.timeout`: a
 * plugin that loops must not cost its timeout for each of a thousand documents. Calls that wait or
 * run at that moment are ended. Every question from then on fails with the same code.
 *
 * @param signal Aborts every call, in place of the one that a call is given.
 */
export function giveUpAfter(plugin: Plugin, times: number, signal: AbortSignal): Plugin {
  const { manifest, digest, admission } = plugin;
  const controller = new AbortController();
  if (signal.aborted) controller.abort(signal.reason);
  else signal.addEventListener("abort", () => controller.abort(signal.reason), { once: true });
  let inARow = 0;
  let gaveUp = false;
  const refusal = (input: string) =>
    new PluginError(
      "sandbox.timeout",
      `Cannot ask ${manifest.name} about "${input}": it is asked no more in this run, since it ` +
        `gave no answer in time ${times} times in a row`,
    );
  return {
    manifest,
    digest,
    admission: {
      judges: (document) => admission.judges(document),
      check: async (document, options) => {
        if (gaveUp) throw refusal(document.input);
        try {
          const verdict = await admission.check(document, {
            ...options,
            signal: controller.signal,
          });
          inARow = 0;
          return verdict;
        } catch (thrown) {
          const { code } = PluginError.from(thrown);
          if (code === "call.aborted" && gaveUp && !signal.aborted) throw refusal(document.input);
          inARow = code === "sandbox.timeout" ? inARow + 1 : 0;
          if (inARow >= times && !gaveUp) {
            gaveUp = true;
            controller.abort();
          }
          throw thrown;
        }
      },
    },
  };
}

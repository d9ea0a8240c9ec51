import { inTurn, mayWork } from "../platform/turn.ts";
import { aborted, type Call, type Caller, closed, tellListener } from "./call.ts";
import { Guest } from "./guest.ts";
import type { CallLimits, CallResult } from "./protocol.ts";
import type { PreparedModule } from "./prepare-module.ts";

/**
 * Calls in the caller's thread, in the order in which they were made. One at a time looks for an
 * instance: of thousands that wait for a new one, all but one would wake in vain.
 *
 * @param name Of the plugin, for messages.
 * @param isClosed Asked before each call.
 */
export function inlineCaller(
  name: string,
  { module, spec }: PreparedModule,
  limits: CallLimits,
  isClosed: () => boolean,
): Caller {
  const guest = new Guest(module, spec);
  let isEnded = false;
  const attempt = ({ entry, input, options }: Call): CallResult | undefined => {
    if (isClosed()) throw closed();
    if (isEnded) throw closed("plugin");
    const { signal, now } = options;
    if (signal?.aborted) throw aborted({ label: `"${entry}" of ${name}`, signal });
    if (!guest.isPrepared) return undefined;
    return guest.run({ entry, input, now, limits }, {
      log: (line) => tellListener(options, line),
      // Not reached: a guest with functions of capabilities runs in a worker.
      ask: () => new Uint8Array(0),
    });
  };
  const wait = async (call: Call): Promise<CallResult> => {
    for (;;) {
      const result = await inTurn(() => attempt(call));
      if (result !== undefined) return result;
      await guest.prepare();
    }
  };
  let last: Promise<unknown> = Promise.resolve();
  return {
    call: (call) => {
      // Most calls find an instance and their turn at once: one promise for them, not five.
      const result = last.then(() => (mayWork() ? attempt(call) : undefined) ?? wait(call));
      last = result.catch(() => {});
      return result;
    },
    close: () => {
      isEnded = true;
      // Behind a call whose listener closes it.
      return last.then(() => guest.free());
    },
  };
}

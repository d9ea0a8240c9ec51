import type { LogLine } from "../capability/log.ts";
import { type Call, type Caller, tellListener } from "./call.ts";
import { PluginError } from "../plugin-error.ts";
import type { CallResult } from "./protocol.ts";

/** The cause of the end of a call that cannot go on in the caller's thread. */
const ASKED = Symbol("asked");

/** What an inline call answers its guest, where {@link inlineFirstCaller} has it. */
export function refuseToBlock(): never {
  throw new PluginError("internal.error", "The guest asks for what blocks", { cause: ASKED });
}

/**
 * Calls in the caller's thread, and where the guest asks for what blocks, once more from its beginning
 * in a thread of its own: of what it was granted a policy often needs nothing, and a call that crosses
 * to a thread takes longer than most policies. What asked last time is called in a thread at once.
 */
export function inlineFirstCaller(inline: Caller, worker: Caller): Caller {
  let asks = false;
  let last: Promise<unknown> = Promise.resolve();
  /** Nothing where the guest asks; of many that are called at once the first one shows it. */
  const tryInline = async (call: Call): Promise<CallResult | undefined> => {
    if (asks) return undefined;
    const lines: LogLine[] = [];
    const options = { ...call.options, onLog: (line: LogLine) => void lines.push(line) };
    try {
      return await inline.call({ ...call, options });
    } catch (error) {
      if ((error as Error).cause !== ASKED) throw error;
      // What it has logged so far it will log again.
      lines.length = 0;
      asks = true;
      return undefined;
    } finally {
      for (const line of lines) tellListener(call.options, line);
    }
  };
  const callWorker = async (call: Call): Promise<CallResult> => {
    let asked = false;
    try {
      return await worker.call({ ...call, onAsked: () => asked = true });
    } finally {
      asks = asked;
    }
  };
  return {
    call: async (call) => {
      const tried = last.then(() => tryInline(call));
      last = tried.catch(() => {});
      return await tried ?? await callWorker(call);
    },
    close: async () => {
      await Promise.all([inline.close(), worker.close()]);
    },
  };
}

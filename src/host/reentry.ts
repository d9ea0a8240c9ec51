import type { HostFunction } from "../capability/host-function.ts";
import { createAsyncContext } from "../platform/async-context.ts";
import { PluginError } from "../plugin-error.ts";

/**
 * Keeps what answers a guest from calling back into the host that waits for its answer: a serial plugin
 * would wait for itself, and a guest could start calls that nobody bounds.
 */
export interface ReentryGuard {
  /** `fn`, of which what its answering calls is known from then on. */
  protect(fn: HostFunction): HostFunction;
  /**
   * To be called where a call begins.
   *
   * @param what Names the call in the message: `"admission_check" of image-policy`.
   * @throws {PluginError} `capability.reentrant` from within an answer that is still being made
   */
  check(what: string): void;
}

interface Answering {
  readonly name: string;
  /** What the answer leaves running may call the host once the guest has its answer. */
  done: boolean;
}

/** Makes the guard of one host. */
export function createReentryGuard(): ReentryGuard {
  const context = createAsyncContext<Answering>();
  return {
    protect: (fn) => ({
      capability: fn.capability,
      name: fn.name,
      answer: (request, call) => {
        const answering: Answering = { name: fn.name, done: false };
        return context.run(answering, async () => {
          try {
            return await fn.answer(request, call);
          } finally {
            answering.done = true;
          }
        });
      },
    }),
    check: (what) => {
      const answering = context.get();
      if (answering === undefined || answering.done) return;
      throw new PluginError(
        "capability.reentrant",
        `Cannot call ${what}: what answers "${answering.name}" to a guest of the same host called it`,
      );
    },
  };
}

import { type Callback, suite as uvuSuite, type Test } from "uvu";
import { PluginError } from "../../src/plugin-error.ts";
import { withinTime } from "../../src/within-time.ts";

/**
 * uvu's `suite`, with one difference: uvu takes an error's `details` for text and breaks off in
 * silence where they are an object, as ours are. So a PluginError that no test expected is reported
 * as a plain error.
 *
 * @param limitMs What takes longer fails; for what would wait for ever where it is broken.
 */
export function suite<T = Record<string, never>>(title: string, limitMs?: number): Test<T> {
  const test = uvuSuite<T>(title);
  const bounded = async (handled: Promise<unknown>) => {
    if (limitMs === undefined) return void await handled;
    if (await withinTime(limitMs, handled.then(() => true)) === undefined) {
      throw new Error(`it did not end within ${limitMs} ms`);
    }
  };
  const plain = (handler: Callback<T>): Callback<T> => async (context) => {
    try {
      await bounded((async () => await handler(context))());
    } catch (error) {
      if (!(error instanceof PluginError)) throw error;
      throw new Error(`unexpected ${error.code}: ${error.message}`, { cause: error.cause });
    }
  };
  const wrapped = (name: string, handler: Callback<T>) => test(name, plain(handler));
  return Object.assign(wrapped, {
    before: (hook: Callback<T>) => test.before(plain(hook)),
    after: (hook: Callback<T>) => test.after(plain(hook)),
    run: () => test.run(),
  }) as unknown as Test<T>;
}

import { type Callback, suite as uvuSuite, type Test } from "uvu";
import { PluginError } from "../../src/plugin-error.ts";

/**
 * uvu's `suite`, with one difference: uvu takes an error's `details` for text and breaks off in
 * silence where they are an object, as ours are. So a PluginError that no test expected is reported
 * as a plain error.
 */
export function suite<T = Record<string, never>>(title: string): Test<T> {
  const test = uvuSuite<T>(title);
  const plain = (handler: Callback<T>): Callback<T> => async (context) => {
    try {
      await handler(context);
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

import * as assert from "uvu/assert";
import { PluginError } from "../../src/plugin-error.ts";

/** The code with which `run` ends, or `allowed`; anything but a PluginError fails the test. */
export async function outcomeOf(run: () => Promise<unknown>): Promise<string> {
  try {
    await run();
  } catch (error) {
    assert.instance(error, PluginError, String(error));
    return (error as PluginError).code;
  }
  return "allowed";
}

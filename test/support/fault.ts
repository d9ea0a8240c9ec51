import * as assert from "uvu/assert";
import { PluginError } from "../../src/plugin-error.ts";

/** The error that an action throws; fails where it throws none, or one of another class. */
export function faultOf(action: () => unknown): PluginError {
  try {
    action();
  } catch (error) {
    assert.instance(error, PluginError);
    return error as PluginError;
  }
  return assert.unreachable("it did not fail") as never;
}

import * as assert from "uvu/assert";
import { type ErrorCode, PluginError } from "../../src/plugin-error.ts";

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

/** Fails unless an action throws an error of this code, whose message matches. */
export function assertFault(
  action: () => unknown,
  code: ErrorCode,
  message: RegExp | string,
): void {
  const fault = faultOf(action);
  assert.is(fault.code, code, fault.message);
  assert.match(fault.message, message);
}

import * as v from "valibot";
import { SourceText } from "../document/source-text.ts";
import { parseJson } from "../document/syntax/json.ts";
import { isJsonObject, type JsonValue } from "../json.ts";
import { PluginError } from "../plugin-error.ts";

/**
 * Parses what a guest wrote, by the reader for judged documents: a key that stands twice, a number
 * that a double would round or half a surrogate pair is an error here as well.
 *
 * @param what Names what is read in messages about its syntax.
 * @throws {Error} what `fail` makes of the reason; by default `contract.output-invalid`
 */
export function parseGuestJson(
  output: Uint8Array,
  what: string = "output",
  fail: (why: string) => Error = unusableAnswer,
): JsonValue {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(output);
  } catch {
    throw fail("it is not UTF-8");
  }
  if (text.trim() === "") throw fail("it is empty");
  try {
    return parseJson(new SourceText(what, text), GUEST_LIMITS).value;
  } catch (error) {
    throw fail(PluginError.from(error).message);
  }
}

/** Far above any answer. */
const GUEST_LIMITS = { depth: 100, aliasedNodes: 0 };

/**
 * Checks the form of a guest's answer, an object.
 *
 * @param noun What it ought to be: `verdict`.
 * @throws {PluginError} `contract.output-invalid` with the place of the first fault
 */
export function checkAnswer<T>(
  schema: v.GenericSchema<unknown, T>,
  value: JsonValue,
  noun: string,
): T {
  // Valibot takes an array for an object without fields.
  if (!isJsonObject(value)) throw unusableAnswer(`it is no ${noun}: Expected Object`);
  const result = v.safeParse(schema, value, { abortEarly: true });
  if (result.success) return result.output;
  const issue = result.issues[0];
  const path = v.getDotPath(issue);
  throw unusableAnswer(`it is no ${noun}: ${path ? `"${path}": ` : ""}${issue.message}`);
}

/** A `contract.output-invalid`. */
export function unusableAnswer(why: string): PluginError {
  return new PluginError("contract.output-invalid", `Cannot use the plugin's answer: ${why}`);
}

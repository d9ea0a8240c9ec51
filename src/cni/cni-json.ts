import { parseGuestJson } from "../contract/guest-json.ts";
import { canonicalBytes } from "../contract/method.ts";
import { SourceText } from "../document/source-text.ts";
import { scanJson } from "../document/syntax/json-scan.ts";
import type { JsonObject, JsonValue } from "../json.ts";
import { LIMITS } from "../limits.ts";
import type { PluginError } from "../plugin-error.ts";

/**
 * Parses what a runtime, a plugin or a file says, strictly: where a key stands twice, or a number is
 * one that libcni rounds and others do not, two plugins of a chain would be told different things.
 *
 * @param what Is read, for messages about its syntax.
 * @throws {PluginError} what `fail` makes of the reason
 */
export function parseCniJson(
  bytes: Uint8Array,
  what: string,
  fail: (why: string) => PluginError,
): JsonValue {
  const value = parseGuestJson(bytes, what, fail);
  const text = new TextDecoder().decode(bytes);
  const { oddNumbers } = scanJson(new SourceText(what, text), 0, text.length, LIMITS.depth);
  const wide = oddNumbers.find(({ replacement }) => typeof replacement === "string");
  if (wide === undefined) return value;
  throw fail(`the number ${text.slice(wide.start, wide.end)} is one that some readers round`);
}

/** Bytes for a plugin's standard input: keys in order, as libcni writes them. */
export function cniBytes(value: JsonObject): Uint8Array {
  return canonicalBytes(value);
}

import type * as v from "valibot";
import { getDotPath, safeParse } from "valibot";
import { parseGuestJson } from "../contract/guest-json.ts";
import { firstCharacters } from "../first-characters.ts";
import { isJsonObject } from "../json.ts";
import { LIMITS } from "../limits.ts";
import { PluginError } from "../plugin-error.ts";

/**
 * Reads what a guest asks of a function: JSON of a known form, and not too much of it.
 *
 * @throws {PluginError} `capability.limit`, `capability.invalid`
 */
export function parseRequest<Request>(
  name: string,
  schema: v.GenericSchema<unknown, Request>,
  bytes: Uint8Array,
): Request {
  if (bytes.length > LIMITS.requestBytes) {
    const has = `the request has ${bytes.length} bytes, at most ${LIMITS.requestBytes} are read`;
    throw new PluginError("capability.limit", `Cannot answer "${name}": ${has}`);
  }
  const value = parseGuestJson(
    bytes,
    "request",
    (why) => invalid(name, `the request is no JSON: ${why}`),
  );
  // As an object whose every field may be left out valibot takes an array as well.
  if (!isJsonObject(value)) throw invalid(name, "the request is no object");
  const request = safeParse(schema, value, { abortEarly: true });
  if (!request.success) throw invalid(name, describe(request.issues[0]));
  return request.output;
}

/** `"key": Invalid length: …` */
function describe(issue: v.BaseIssue<unknown>): string {
  const path = getDotPath(issue);
  return path === null ? issue.message : `"${path}": ${issue.message}`;
}

function invalid(name: string, why: string): PluginError {
  return new PluginError("capability.invalid", `Cannot answer "${name}": ${cut(why)}`);
}

/** Messages quote what was given, which may be megabytes. */
function cut(text: string): string {
  return text.length > 300 ? `${firstCharacters(text, 300)}…` : text;
}

import type { Shape } from "../document/recognise/docker-schema.ts";
import { foldKey } from "../document/recognise/go-fold.ts";
import { isJsonObject, type JsonValue } from "../json.ts";
import { PluginError } from "../plugin-error.ts";
import { readFirstValue } from "./first-value.ts";
import { shown } from "./status.ts";

/**
 * Reads the body of an answer with the status 200.
 *
 * @throws {PluginError} `docker.answer-invalid`
 */
export function readAnswer(body: Uint8Array, method: string, shape: Shape): JsonValue {
  return readFirstValue(body, method, shape, (why) => unusableAnswer(method, why));
}

/** A `docker.answer-invalid`. @param why May hold words of the plugin. */
export function unusableAnswer(method: string, why: string, cause?: unknown): PluginError {
  return new PluginError(
    "docker.answer-invalid",
    `Cannot use the plugin's answer to ${method}: ${shown(why)}`,
    { details: { method }, cause },
  );
}

/**
 * An answer with another status, which is the plugin's word that it did not do what it was asked: what it
 * says in `Err`, or all that it says; cut, and in one line.
 *
 * @param body undefined where it is too long, or breaks off.
 * @see moby, pkg/plugins/client.go: callWithRetry
 */
export function callFailed(
  method: string,
  status: number,
  body: Uint8Array | undefined,
): PluginError {
  const text = new TextDecoder().decode(body);
  const said = errOf(text) ??
    (text.trim() === "" ? `the plugin answered with the status ${status}, without a word` : text);
  return new PluginError("docker.call-failed", `${method}: ${shown(said.trim())}`, {
    details: { method, status },
  });
}

/** Go reads a text of one key, in any case, the last where there are several; `null` is none. */
function errOf(text: string): string | undefined {
  let value: JsonValue;
  try {
    value = JSON.parse(text) as JsonValue;
  } catch {
    return undefined;
  }
  if (!isJsonObject(value)) return undefined;
  let found = "";
  for (const [key, member] of Object.entries(value)) {
    if (foldKey(key) !== "err" || member === null) continue;
    if (typeof member !== "string") return undefined;
    found = member;
  }
  return found === "" ? undefined : found;
}

/** Whether the plugin said that it has no such method, or whatever a 404 means there. */
export function isNotFound(error: unknown): boolean {
  return error instanceof PluginError && error.code === "docker.call-failed" &&
    error.details["status"] === 404;
}

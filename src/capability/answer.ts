import canonicalize from "canonicalize";
import type * as v from "valibot";
import type { CapabilityName } from "../bundle/manifest.ts";
import type { JsonValue } from "../json.ts";
import { PluginError } from "../plugin-error.ts";
import type { HostCall, HostFunction } from "./host-function.ts";
import { parseRequest } from "./request.ts";

/**
 * A host function that takes JSON and gives JSON: `{"ok":…}`, or `{"error":{"code","message"}}` for a
 * `capability.*` error that `handle` throws. Anything else that it throws is `capability.failed`,
 * whose words stay with the host: they may name paths that are none of a guest's business.
 */
export function jsonFunction<Request>(
  capability: CapabilityName,
  name: string,
  schema: v.GenericSchema<unknown, Request>,
  handle: (request: Request, call: HostCall) => JsonValue | Promise<JsonValue>,
): HostFunction {
  return {
    capability,
    name,
    answer: async (bytes, call) => {
      try {
        return encodeAnswer({ ok: await handle(parseRequest(name, schema, bytes), call) });
      } catch (error) {
        return encodeError(name, error);
      }
    },
  };
}

/** `{"error":{"code","message"}}` in UTF-8, for a function that was asked for what it does not do. */
export function encodeError(name: string, error: unknown): Uint8Array {
  const { code, message } = error instanceof PluginError && error.code.startsWith("capability.")
    ? error
    : new PluginError("capability.failed", `"${name}" failed in the host`);
  return encodeAnswer({ error: { code, message } });
}

/** An answer in UTF-8. */
export function encodeAnswer(answer: JsonValue): Uint8Array {
  return new TextEncoder().encode(canonicalize(answer)!);
}

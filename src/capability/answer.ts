import canonicalize from "canonicalize";
import type * as v from "valibot";
import { safeParse } from "valibot";
import type { CapabilityName } from "../bundle/manifest.ts";
import { parseGuestJson } from "../contract/verdict.ts";
import type { JsonValue } from "../json.ts";
import { PluginError } from "../plugin-error.ts";
import type { HostCall, HostFunction } from "./host-function.ts";

/**
 * A host function that takes JSON and gives JSON: `{"ok":…}`, or `{"error":{"code","message"}}` for a
 * `PluginError` that `handle` throws. Anything else that it throws is `capability.failed`, whose words
 * stay with the host: they may name paths that are none of a guest's business.
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
        const request = safeParse(schema, parseRequest(name, bytes));
        if (!request.success) throw invalid(name, request.issues[0].message);
        return encodeAnswer({ ok: await handle(request.output, call) });
      } catch (error) {
        return encodeError(name, error);
      }
    },
  };
}

/** `{"error":{"code","message"}}` in UTF-8, for a function that was asked for what it does not do. */
export function encodeError(name: string, error: unknown): Uint8Array {
  const { code, message } = error instanceof PluginError
    ? error
    : new PluginError("capability.failed", `"${name}" failed in the host`);
  return encodeAnswer({ error: { code, message } });
}

function encodeAnswer(answer: JsonValue): Uint8Array {
  return new TextEncoder().encode(canonicalize(answer)!);
}

function parseRequest(name: string, bytes: Uint8Array): unknown {
  try {
    return parseGuestJson(bytes);
  } catch (cause) {
    throw invalid(name, (cause as Error).message);
  }
}

function invalid(name: string, why: string): PluginError {
  return new PluginError("capability.invalid", `Cannot answer "${name}": ${why}`);
}

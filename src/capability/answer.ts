import canonicalize from "canonicalize";
import type * as v from "valibot";
import type { CapabilityName } from "../bundle/manifest.ts";
import type { JsonValue } from "../json.ts";
import { PluginError } from "../plugin-error.ts";
import type { HostCall, HostFunction } from "./host-function.ts";
import { parseRequest } from "./request.ts";

/**
 * A host function that takes JSON and gives JSON: `{"ok":…}`, or `{"error":{"code","message"}}` for a
 * `capability.*` error that `handle` throws, with `"details":{"cni"}` where a CNI plugin has said what
 * went wrong. Anything else that it throws is `capability.failed`,
 * whose words stay with the host: they may name paths that are none of a guest's business. The
 * operator is told them.
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
        return encodeError(name, error, call);
      }
    },
  };
}

/**
 * `{"error":{"code","message"}}` in UTF-8, for a function that was asked for what it does not do.
 *
 * @param call Where the operator hears of what the guest is not told.
 */
export function encodeError(
  name: string,
  error: unknown,
  call?: Pick<HostCall, "report">,
): Uint8Array {
  if (error instanceof PluginError && error.code.startsWith("capability.")) {
    const { code, message, details: { cni } } = error;
    const details = cni === undefined ? {} : { details: { cni: cni as JsonValue } };
    return encodeAnswer({ error: { code, message, ...details } });
  }
  call?.report?.(name, error);
  const message = `"${name}" failed in the host`;
  return encodeAnswer({ error: { code: "capability.failed", message } });
}

/** An answer in UTF-8. */
export function encodeAnswer(answer: JsonValue): Uint8Array {
  return new TextEncoder().encode(canonicalize(answer)!);
}

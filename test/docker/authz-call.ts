import { handlerOf } from "../../src/docker/handler.ts";
import type { Document } from "../../src/document/document.ts";
import { encodeBase64 } from "../../src/document/base64.ts";
import type { JsonObject, JsonValue } from "../../src/json.ts";
import { type Answer, callDocker, fakePolicy } from "../support/docker.ts";

/** The calls of an authorization plugin. */
export const REQUEST = "AuthZPlugin.AuthZReq";
export const RESPONSE = "AuthZPlugin.AuthZRes";

/** A call whose body Docker shows where it is JSON. */
export const CREATE = "/v1.41/containers/create";

/** Headers of JSON. */
export const JSON_TYPE = { "Content-Type": "application/json" };

/** Headers of JSON that is too large to be shown. */
export const BIG = { "Content-Type": "application/json", "Content-Length": "1048576" };

/** A body: bytes and texts as they are, anything else as JSON. */
export const bytesOf = (body: JsonValue | Uint8Array): Uint8Array =>
  body instanceof Uint8Array
    ? body
    : new TextEncoder().encode(typeof body === "string" ? body : JSON.stringify(body));

/** What Docker sends of a call whose body it shows. */
export function shown(
  uri: string,
  body: JsonValue | Uint8Array,
  change: JsonObject = {},
): JsonObject {
  const bytes = bytesOf(body);
  return {
    RequestMethod: "POST",
    RequestUri: uri,
    RequestHeaders: { ...JSON_TYPE, "Content-Length": String(bytes.length) },
    RequestBody: encodeBase64(bytes),
    ...change,
  };
}

/** And of one of whose body it shows nothing. */
export function unshown(uri: string, headers: Record<string, string>, method = "POST"): JsonObject {
  return { RequestMethod: method, RequestUri: uri, RequestHeaders: headers };
}

/** What Docker got, and what a policy that allows everything was asked. */
export interface Asked extends Answer {
  readonly documents: readonly Document[];
  readonly object: JsonObject | undefined;
}

/** Asks about a call, or its answer. */
export async function ask(body: JsonObject, method: string = REQUEST): Promise<Asked> {
  const { plugin, documents } = fakePolicy(["docker.request", "docker.response"]);
  const answer = await callDocker(handlerOf([plugin]), method, body);
  return { ...answer, documents, object: documents[0]?.object as JsonObject | undefined };
}

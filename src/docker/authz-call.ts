import { parseGuestJson } from "../contract/guest-json.ts";
import { decodeBase64 } from "../document/base64.ts";
import type { Document } from "../document/document.ts";
import { setMember } from "../document/own-member.ts";
import { parseDocuments } from "../document/parse.ts";
// What a call needs, before the first one: a daemon must go on while its package is being replaced.
import "../document/recognise/json-only.ts";
import "../document/syntax/json.ts";
import { dockerEndpoint } from "../document/recognise/docker-endpoint.ts";
import type { Structure } from "../document/recognise/docker-schema.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../json.ts";
import { sha256Sync } from "../platform/hash.ts";
import { PluginError } from "../plugin-error.ts";
import { Denial, HIDDEN_RULE, START_RULE, UNREADABLE_RULE } from "./denial.ts";
import { readRequestUri } from "./request-uri.ts";
import type { Fields } from "./wire.ts";

/** What Docker asks an authorization plugin. @see moby, pkg/authorization/api.go */
export const AUTHZ_SHAPE: Structure = {
  fields: {
    User: null,
    UserAuthNMethod: null,
    RequestMethod: null,
    RequestUri: null,
    RequestBody: null,
    RequestHeaders: null,
    RequestPeerCertificates: null,
    ResponseStatusCode: null,
    ResponseBody: null,
    ResponseHeaders: null,
  },
};

/**
 * A client's call of the daemon, as policies judge it: a document of the kind `docker.request`.
 *
 * @throws {Denial} Where it can be read in two ways, or where the body by which the daemon will act is not
 * to be seen.
 * @throws {PluginError} `docker.request-invalid`
 */
export async function requestDocument(asked: Fields): Promise<Document> {
  const call = readCall(asked);
  const headers = lowerCased(asked.texts("RequestHeaders"));
  const bytes = readBytes(asked, "RequestBody");
  const body = bytes && readJson(bytes);
  if (isWritten(call.method)) {
    const hidden = hiddenBody(call, headers, bytes);
    if (hidden) return await document("docker.request", { ...call, headers, bodyHidden: true });
    refuseStartConfig(call, body);
  }
  const object = { ...call, headers, ...(body === undefined ? {} : { body }) };
  return await document("docker.request", object);
}

/**
 * The daemon's answer to a client, as policies judge it: a document of the kind `docker.response`. The
 * headers are the answer's. A body that went to the client already, that is too large or no JSON is not
 * in it, and `bodyHidden` says so; a status that Docker does not tell is 0.
 *
 * @throws {Denial}
 * @throws {PluginError} `docker.request-invalid`
 */
export async function responseDocument(asked: Fields): Promise<Document> {
  const call = { ...readCall(asked), status: asked.count("ResponseStatusCode") };
  const headers = lowerCased(asked.texts("ResponseHeaders"));
  const bytes = readBytes(asked, "ResponseBody");
  let body: JsonValue | undefined;
  try {
    body = bytes && readJson(bytes);
  } catch (error) {
    // What is left of an answer whose beginning is gone, or several values.
    if (!(error instanceof Denial)) throw error;
  }
  const isEmpty = headers["content-length"] === "0" || call.status === 204;
  const seen = body !== undefined ? { body } : isEmpty ? {} : { bodyHidden: true };
  return await document("docker.response", { ...call, headers, ...seen });
}

/** The part that a question and an answer share. */
interface Call {
  readonly method: string;
  readonly path: string;
  readonly query: JsonObject;
  /** The common name in the client's certificate, which may be empty; absent where it showed none. */
  readonly user?: string;
}

function readCall(asked: Fields): Call {
  const method = asked.text("RequestMethod");
  const uri = readRequestUri(asked.text("RequestUri"));
  // Docker leaves out an empty name, but not how it was proved.
  const user = asked.text("User");
  const isProved = user !== "" || asked.text("UserAuthNMethod") !== "";
  return { method, ...uri, ...(isProved ? { user } : {}) };
}

/** Whether the daemon reads what a client sends behind the head. */
function isWritten(method: string): boolean {
  return method === "POST" || method === "PUT" || method === "PATCH";
}

/**
 * Finds out whether the daemon may read a body that Docker does not show. It shows those of JSON, within a
 * size, and of two headers of one name only the last, while it goes by the first itself; so nobody
 * can tell from a call whose body is not shown that it is not a form, whose fields count before the query's.
 *
 * @returns Whether it may, where a policy can decide without knowing it.
 * @throws {Denial} Where none can.
 * @see moby, pkg/authorization/authz.go, sendBody(); Go, net/http, Request.ParseForm()
 */
function hiddenBody(
  { method, path, query }: Call,
  headers: Readonly<Record<string, string>>,
  bytes: Uint8Array | undefined,
): boolean {
  const length = headers["content-length"];
  const endpoint = dockerEndpoint(method, path)?.body;
  if (bytes !== undefined) {
    if (length === undefined || length === String(bytes.length)) return false;
    throw hidden(`${bytes.length} bytes of its body of ${shorten(length)} are shown`);
  }
  if (length === "0") {
    if (endpoint !== "json") return false;
    throw hidden("it needs a body of JSON, and there is none");
  }
  const type = shorten(headers["content-type"] ?? "");
  if (/^(?:application\/x-www-form-urlencoded|multipart\/form-data)\b/i.test(type)) {
    throw hidden(`its body is a form (${type}), whose fields would count before the query`);
  }
  if (endpoint === "stream" && !isPull(path, query)) return true;
  throw hidden(
    length === undefined
      ? 'Docker shows no body of it; a call without one says "Content-Length: 0"'
      : `Docker shows nothing of its body of ${shorten(length)} bytes (${type || "of no type"}); ` +
        "it shows JSON of less than 1 MiB, or 4 MiB since 29.3.1",
  );
}

/** One endpoint pulls images and imports archives; only the latter come in a body. */
function isPull(path: string, query: JsonObject): boolean {
  const isImport = Object.hasOwn(query, "fromSrc") && !Object.hasOwn(query, "fromImage");
  return path.endsWith("/images/create") && !isImport;
}

/** What clients sent before version 1.24 of the API: a container's host configuration, as it is started. */
function refuseStartConfig({ method, path }: Call, body: JsonValue | undefined): void {
  if (body === undefined || body === null) return;
  if (method !== "POST" || !/\/containers\/.+\/start$/.test(path)) return;
  if (isJsonObject(body) && Object.keys(body).length === 0) return;
  throw new Denial(
    START_RULE,
    "A container is configured when it is made, not when it is started.",
  );
}

function lowerCased(headers: Readonly<Record<string, string>>): Record<string, string> {
  const lowered: JsonObject = {};
  for (const [name, value] of Object.entries(headers)) {
    const key = name.toLowerCase();
    if (Object.hasOwn(lowered, key)) {
      throw unreadable(`the header "${shorten(key)}" is there twice`);
    }
    setMember(lowered, key, value);
  }
  return lowered as Record<string, string>;
}

/** @returns undefined where Docker shows nothing, which it also does of an empty body. */
function readBytes(asked: Fields, field: string): Uint8Array | undefined {
  const text = asked.text(field);
  if (text === "") return undefined;
  const bytes = decodeBase64(text);
  if (bytes !== undefined) return bytes;
  throw new PluginError("docker.request-invalid", `Cannot read "${field}": it is no base64`);
}

/** @throws {Denial} */
function readJson(bytes: Uint8Array): JsonValue {
  return parseGuestJson(
    bytes,
    "body",
    (why) => unreadable(`its body is not the JSON it says: ${why}`),
  );
}

/** @throws {Denial} Where the path is not the Engine API's, or a field of the body is there twice. */
async function document(
  kind: "docker.request" | "docker.response",
  object: Call & JsonObject,
): Promise<Document> {
  const bytes = new TextEncoder().encode(JSON.stringify(object));
  try {
    const [document] = await parseDocuments(bytes, {
      name: kind,
      kind,
      digest: sha256Sync(bytes),
    });
    return document!;
  } catch (error) {
    const { code, message } = PluginError.from(error);
    if (code === "document.kind-mismatch") {
      const call = shorten(`${object.method} ${object.path}`);
      throw unreadable(`"${call}" is no call of the Engine API that is known here`);
    }
    if (!code.startsWith("document.")) throw error;
    throw unreadable(message);
  }
}

function unreadable(why: string): Denial {
  return new Denial(UNREADABLE_RULE, `The call cannot be judged: ${why}.`);
}

function hidden(why: string): Denial {
  return new Denial(HIDDEN_RULE, `The call cannot be judged: ${why}.`);
}

function shorten(text: string): string {
  return text.slice(0, 100);
}

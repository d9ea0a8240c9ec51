import protobuf from "protobufjs/light.js";
import { isJsonObject, type JsonValue } from "../json.ts";

/** The one version of the protocol. */
export const PROTOCOL_VERSION = 1;

/** The metadata of every call that says which plugin calls. */
export const TICKET_HEADER = "x-plugin-ticket";

/** The line that a host writes to a plugin's standard input; nothing comes after it but the end. */
export interface Handshake {
  /** On 127.0.0.1; gRPC without TLS. */
  readonly port: number;
  readonly ticket: string;
}

/** `cipd.ObjectRef` */
export interface ObjectRef {
  /** 1 is SHA-1, 2 is SHA-256; what else comes is passed on as it is. */
  readonly hashAlgo: number;
  /** Lower case. */
  readonly hexDigest: string;
}

/** One question of the host: may this be installed? */
export interface AdmissionMessage {
  /** Opaque, and the same for the same pin. */
  readonly admissionId: string;
  readonly serviceUrl: string;
  readonly package: string;
  readonly instance: ObjectRef | null;
}

/** `google.rpc.Status` without its details. */
export interface RpcStatus {
  readonly code: number;
  readonly message: string;
}

export interface ListAdmissionsRequest {
  readonly protocolVersion: number;
  readonly pluginVersion: string;
}

export interface ResolveAdmissionRequest {
  readonly admissionId: string;
  /** Absent, or of the code 0: it may be installed. */
  readonly status: RpcStatus | null;
}

export interface LogRequest {
  /** Any other word counts as `info`. */
  readonly severity: "debug" | "info" | "warning" | "error";
  readonly message: string;
}

export interface ListMetadataRequest {
  readonly serviceUrl: string;
  readonly package: string;
  readonly instance: ObjectRef | null;
  /** None means all. */
  readonly keys: readonly string[];
  /** 0 for the host's own. */
  readonly pageSize: number;
  readonly pageToken: string;
}

/** `cipd.InstanceMetadata` */
export interface InstanceMetadata {
  readonly key: string;
  /** At most 512 KiB. */
  readonly value: Uint8Array;
  readonly contentType: string;
  readonly fingerprint: string;
  readonly attachedBy: string;
  readonly attachedTs: { readonly seconds: number; readonly nanos: number } | null;
}

export interface ListMetadataResponse {
  readonly metadata: readonly InstanceMetadata[];
  /** Empty on the last page. */
  readonly nextPageToken: string;
}

/** A message's bytes and its value, both ways. */
export interface Codec<T> {
  encode(value: T): Uint8Array;
  /** @throws {Error} for bytes that are no such message */
  decode(bytes: Uint8Array): T;
}

type Field = readonly [id: number, type: string, repeated?: "repeated"];

const message = (fields: Readonly<Record<string, Field>>) => ({
  fields: Object.fromEntries(
    Object.entries(fields).map(([name, [id, type, rule]]) => [
      name,
      rule === undefined ? { id, type } : { id, type, rule },
    ]),
  ),
});

/** The messages by number and type. Names are ours: only numbers cross the wire. */
const ROOT = protobuf.Root.fromJSON({
  nested: {
    Empty: message({}),
    ObjectRef: message({ hashAlgo: [1, "int32"], hexDigest: [2, "string"] }),
    Timestamp: message({ seconds: [1, "int64"], nanos: [2, "int32"] }),
    Status: message({ code: [1, "int32"], message: [2, "string"] }),
    Admission: message({
      admissionId: [1, "string"],
      serviceUrl: [2, "string"],
      package: [3, "string"],
      instance: [4, "ObjectRef"],
    }),
    ListAdmissionsRequest: message({
      protocolVersion: [1, "int32"],
      pluginVersion: [2, "string"],
    }),
    ResolveAdmissionRequest: message({ admissionId: [1, "string"], status: [2, "Status"] }),
    LogRequest: message({ severity: [1, "string"], message: [2, "string"] }),
    ListMetadataRequest: message({
      serviceUrl: [1, "string"],
      package: [2, "string"],
      instance: [3, "ObjectRef"],
      keys: [4, "string", "repeated"],
      pageSize: [20, "int32"],
      pageToken: [21, "string"],
    }),
    InstanceMetadata: message({
      key: [1, "string"],
      value: [2, "bytes"],
      contentType: [3, "string"],
      fingerprint: [4, "string"],
      attachedBy: [5, "string"],
      attachedTs: [6, "Timestamp"],
    }),
    ListMetadataResponse: message({
      metadata: [1, "InstanceMetadata", "repeated"],
      nextPageToken: [20, "string"],
    }),
  },
});

function codecOf<T extends object>(name: string): Codec<T> {
  const type = ROOT.lookupType(name);
  return {
    encode: (value) => type.encode(type.fromObject(value)).finish(),
    decode: (bytes) => type.toObject(type.decode(bytes), { defaults: true, longs: Number }) as T,
  };
}

/** One call of the protocol. */
export interface Method<Request, Response> {
  /** `/package.Service/Method` */
  readonly path: string;
  readonly request: Codec<Request>;
  readonly response: Codec<Response>;
  readonly responseStream: boolean;
}

function methodOf<Request extends object, Response extends object>(
  path: string,
  request: string,
  response: string,
  responseStream = false,
): Method<Request, Response> {
  return { path, request: codecOf(request), response: codecOf(response), responseStream };
}

/** Opens the stream of questions; once in a plugin's life. */
export const LIST_ADMISSIONS: Method<ListAdmissionsRequest, AdmissionMessage> = methodOf(
  "/cipd.plugin.Admissions/ListAdmissions",
  "ListAdmissionsRequest",
  "Admission",
  true,
);

/** Answers one question. */
export const RESOLVE_ADMISSION: Method<ResolveAdmissionRequest, object> = methodOf(
  "/cipd.plugin.Admissions/ResolveAdmission",
  "ResolveAdmissionRequest",
  "Empty",
);

/** Writes a line to the host's log. */
export const LOG: Method<LogRequest, object> = methodOf(
  "/cipd.plugin.Host/Log",
  "LogRequest",
  "Empty",
);

/** Asks for a page of an instance's metadata. */
export const LIST_METADATA: Method<ListMetadataRequest, ListMetadataResponse> = methodOf(
  "/cipd.plugin.Host/ListMetadata",
  "ListMetadataRequest",
  "ListMetadataResponse",
);

/** @returns undefined where the line is no handshake */
export function parseHandshake(line: string): Handshake | undefined {
  let value: JsonValue;
  try {
    value = JSON.parse(line) as JsonValue;
  } catch {
    return undefined;
  }
  if (!isJsonObject(value)) return undefined;
  const { port, ticket } = value;
  const isPort = typeof port === "number" && Number.isInteger(port) && port > 0 && port < 65_536;
  return isPort && typeof ticket === "string" && /^[\x21-\x7e]+$/.test(ticket)
    ? { port, ticket }
    : undefined;
}

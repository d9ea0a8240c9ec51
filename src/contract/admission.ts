import * as v from "valibot";
import type { Document, Evidence, Subject } from "../document/document.ts";
import { DOCUMENT_KINDS, type DocumentKind } from "../document/kind.ts";
import {
  type JsonObject,
  JsonObjectSchema,
  type JsonValue,
  JsonValueSchema,
  pointerTokens,
} from "../json.ts";

/** The version of the admission contract. */
export const ADMISSION_VERSION = 1;

/** The entry point: `() -> i32`, JSON in, JSON out. */
export const ADMISSION_EXPORT = "admission_check";

/** What a guest is asked, as canonical JSON (RFC 8785). */
export interface AdmissionRequest {
  readonly contract: "admission";
  readonly version: typeof ADMISSION_VERSION;
  /** Says what `object` is. */
  readonly kind: DocumentKind;
  readonly subject: Subject;
  /** CREATE, UPDATE, DELETE or CONNECT, where the door says so. */
  readonly operation?: string | undefined;
  /** Facts around the object, such as the AdmissionReview request. */
  readonly annotations?: JsonObject | undefined;
  readonly object: JsonValue;
  readonly evidence: readonly Evidence[];
  /** The operator's settings; `{}` where there are none. */
  readonly settings: JsonValue;
  /** The time of the call, RFC 3339 in UTC; the guest has no other clock. */
  readonly now: string;
}

/** How grave a reason is; `error` denies. */
export type Severity = "error" | "warning" | "info";

/** Why a verdict is as it is. */
export interface Reason {
  /** The id of a rule. */
  readonly rule: string;
  /** For people. */
  readonly message: string;
  readonly severity: Severity;
  /** JSON Pointer into the request's `object`. */
  readonly path?: string | undefined;
}

/** A change to the object. @see RFC 6902 */
export interface PatchOperation {
  readonly op: "add" | "remove" | "replace" | "move" | "copy" | "test";
  readonly path: string;
  readonly from?: string | undefined;
  readonly value?: JsonValue | undefined;
}

/** A guest's answer: a value, never an exception. */
export interface Verdict {
  readonly allowed: boolean;
  readonly reasons: readonly Reason[];
  /** JSON Patch; allowed only with these changes. */
  readonly mutation?: readonly PatchOperation[] | undefined;
  readonly annotations?: JsonObject | undefined;
}

const pointer = v.pipe(
  v.string(),
  v.check((value) => pointerTokens(value) !== undefined, "Invalid JSON Pointer (RFC 6901)"),
);

/** Schema of {@link AdmissionRequest}; the host builds requests, this is what it publishes. */
export const AdmissionRequestSchema: v.GenericSchema<unknown, AdmissionRequest> = v.object({
  contract: v.literal("admission"),
  version: v.literal(ADMISSION_VERSION),
  kind: v.picklist(DOCUMENT_KINDS),
  subject: v.object({
    name: v.string(),
    digest: v.exactOptional(v.string()),
    source: v.exactOptional(v.string()),
  }),
  operation: v.exactOptional(v.string()),
  annotations: v.exactOptional(JsonObjectSchema),
  object: JsonValueSchema,
  evidence: v.array(
    v.object({
      mediaType: v.string(),
      digest: v.string(),
      verified: v.boolean(),
      body: JsonValueSchema,
    }),
  ),
  settings: JsonValueSchema,
  now: v.string(),
});

/** Schema of {@link Verdict}. Strict: a field that the host does not know is not an allow. */
export const VerdictSchema: v.GenericSchema<unknown, Verdict> = v.strictObject({
  allowed: v.boolean(),
  reasons: v.array(
    v.strictObject({
      rule: v.pipe(v.string(), v.nonEmpty(), v.maxLength(200)),
      message: v.pipe(v.string(), v.maxLength(10_000)),
      severity: v.picklist(["error", "warning", "info"]),
      path: v.exactOptional(pointer),
    }),
  ),
  mutation: v.exactOptional(
    v.array(
      v.strictObject({
        op: v.picklist(["add", "remove", "replace", "move", "copy", "test"]),
        path: pointer,
        from: v.exactOptional(pointer),
        value: v.exactOptional(JsonValueSchema),
      }),
    ),
  ),
  annotations: v.exactOptional(JsonObjectSchema),
});

/** What {@link admissionRequest} needs besides the document. */
export interface AdmissionRequestOptions {
  readonly settings: JsonValue;
  /** RFC 3339 in UTC. */
  readonly now: string;
  /** Added behind the document's own. */
  readonly evidence?: readonly Evidence[] | undefined;
}

/** Puts the question about `document`. */
export function admissionRequest(
  document: Document,
  options: AdmissionRequestOptions,
): AdmissionRequest {
  return {
    contract: "admission",
    version: ADMISSION_VERSION,
    kind: document.kind,
    subject: document.subject,
    ...(document.operation === undefined ? {} : { operation: document.operation }),
    ...(document.annotations === undefined ? {} : { annotations: document.annotations }),
    object: document.object,
    evidence: [...document.evidence, ...(options.evidence ?? [])],
    settings: options.settings,
    now: options.now,
  };
}

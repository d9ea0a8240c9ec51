import * as v from "valibot";
import type { Severity } from "../contract/admission.ts";
import { type CniFault, CniFaultSchema } from "../contract/cni-fault.ts";
import { byName, type NameRule } from "../by-name.ts";
import { isUtcTime } from "../date.ts";
import { DOCUMENT_KINDS } from "../document/kind.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../json.ts";
import { ERROR_CODES, type ErrorCode } from "../plugin-error.ts";
import type { Question } from "./question.ts";

/** What a function of a capability answers in a case. */
export type CaseAnswer =
  | { readonly ok: JsonValue }
  | { readonly error: CaseRefusal };

/** A refusal, or what a delegate said. */
export interface CaseRefusal {
  readonly code: ErrorCode;
  readonly message: string;
  readonly details?: { readonly cni: CniFault } | undefined;
}

/** An entry of metadata in a case, as CIPD has it. */
export interface CaseMetadata {
  readonly key: string;
  readonly value: string;
  readonly contentType?: string | undefined;
  readonly fingerprint?: string | undefined;
  readonly attachedBy?: string | undefined;
  readonly attachedAt?: string | undefined;
}

/** What stands in for the host in a case; a capability that is not named here holds nothing. */
export interface CaseHost {
  /** What the state holds at first. */
  readonly state?: Readonly<Record<string, string>> | undefined;
  /** Children of the granted folder at first. */
  readonly directory?: readonly string[] | undefined;
  /** What is known of every package. */
  readonly metadata?: readonly CaseMetadata[] | undefined;
  /** What functions answer, by their names: `delegate_add`. */
  readonly answers?: Readonly<Record<string, CaseAnswer>> | undefined;
}

/** What has to come of a case. What is absent is not looked at. */
export interface Expectation {
  readonly allowed?: boolean | undefined;
  /** Ids in the order of the reasons. */
  readonly rules?: readonly string[] | undefined;
  /** JSON Pointers in the same order; null for a reason without one. */
  readonly paths?: readonly (string | null)[] | undefined;
  /** A part of each message, in the same order. */
  readonly messages?: readonly string[] | undefined;
  /** In the same order. */
  readonly severities?: readonly Severity[] | undefined;
  readonly annotations?: JsonObject | undefined;
  /** Of a call: the whole answer. */
  readonly answer?: JsonValue | undefined;
  /** The code that it must end with, and a part of the message. */
  readonly error?: ErrorCode | {
    readonly code: ErrorCode;
    readonly message?: string | undefined;
  } | undefined;
  /** All that the state holds afterwards. */
  readonly state?: Readonly<Record<string, string>> | undefined;
  /** All children of the granted folder afterwards. */
  readonly directory?: readonly string[] | undefined;
  /** Functions of capabilities that were asked, in their order. */
  readonly calls?: readonly string[] | undefined;
}

/** One entry of `cases/*.yaml`: a question to a policy, or a call of another contract. */
export interface Case extends Question {
  readonly name: string;
  /** An entry point of another contract than admission: `volume_create`. */
  readonly call?: string | undefined;
  /** With `call`: its own fields. */
  readonly request?: JsonObject | undefined;
  readonly settings?: JsonValue | undefined;
  /** The time that the plugin sees, RFC 3339 in UTC; the default is the time of the run. */
  readonly now?: string | undefined;
  readonly host?: CaseHost | undefined;
  readonly expect: Expectation;
}

/** A file of cases: a list of them, or a list with what holds for each that does not say otherwise. */
export interface CaseFile extends Pick<Case, "kind" | "settings" | "now" | "host"> {
  readonly cases: readonly Case[];
}

const json = v.unknown() as v.GenericSchema<unknown, JsonValue>;
const time = v.pipe(v.string(), v.check(isUtcTime, "wanted 2026-01-31T12:00:00Z"));
const code = v.picklist(ERROR_CODES);
const text = v.exactOptional(v.string());
const NAME: NameRule = {
  pattern: /^[^]+$/,
  wanted: 'some text that is none of "__proto__", "prototype" and "constructor"',
};
const texts = v.exactOptional(byName(NAME, v.string()));
/** Not `JsonObjectSchema`, which drops members of some names. */
const object = v.custom<JsonObject>(isJsonObject, "Invalid type: Expected Object");

const HostSchema = v.strictObject({
  state: texts,
  directory: v.exactOptional(v.array(v.string())),
  metadata: v.exactOptional(v.array(v.strictObject({
    key: v.string(),
    value: v.string(),
    contentType: text,
    fingerprint: text,
    attachedBy: text,
    attachedAt: text,
  }))),
  answers: v.exactOptional(byName(
    NAME,
    v.union([
      v.strictObject({ ok: json }),
      v.strictObject({
        error: v.strictObject({
          code,
          message: v.string(),
          details: v.exactOptional(v.strictObject({ cni: CniFaultSchema })),
        }),
      }),
    ]),
  )),
});

const ExpectationSchema = v.pipe(
  v.strictObject({
    allowed: v.exactOptional(v.boolean()),
    rules: v.exactOptional(v.array(v.string())),
    paths: v.exactOptional(v.array(v.nullable(v.string()))),
    messages: v.exactOptional(v.array(v.string())),
    severities: v.exactOptional(v.array(v.picklist(["error", "warning", "info"]))),
    annotations: v.exactOptional(object),
    answer: v.exactOptional(json),
    error: v.exactOptional(v.union([code, v.strictObject({ code, message: text })])),
    state: texts,
    directory: v.exactOptional(v.array(v.string())),
    calls: v.exactOptional(v.array(v.string())),
  }),
  v.check((expect) => Object.keys(expect).length > 0, "it expects nothing, so it cannot fail"),
  v.check(
    (expect) => expect.error === undefined || !OUTCOMES.some((name) => name in expect),
    'either it ends with an "error" or with a result',
  ),
);

/** What can only be expected of a verdict. */
const VERDICT_FIELDS = [
  ...["allowed", "rules", "paths", "messages", "severities", "annotations"] as const,
];
const OUTCOMES = [...VERDICT_FIELDS, "answer"] as const;

const Defaults = {
  kind: v.exactOptional(v.picklist(DOCUMENT_KINDS)),
  settings: v.exactOptional(json),
  now: v.exactOptional(time),
  host: v.exactOptional(HostSchema),
};

/** What only a question can have. */
const QUESTION_FIELDS = [
  ..."kind object input file document subject operation annotations evidence".split(" "),
];

/** Schema of {@link Case}, before the file's own defaults are put in. */
export const CaseSchema: v.GenericSchema<unknown, Case> = v.pipe(
  v.strictObject({
    name: v.pipe(v.string(), v.nonEmpty(), v.maxLength(500)),
    ...Defaults,
    object: v.exactOptional(json),
    input: text,
    file: text,
    document: v.exactOptional(v.pipe(v.number(), v.integer(), v.minValue(0))),
    subject: v.exactOptional(v.union([
      v.string(),
      v.strictObject({ name: v.string(), digest: text, source: text }),
    ])),
    operation: text,
    annotations: v.exactOptional(object),
    evidence: v.exactOptional(v.array(v.strictObject({
      mediaType: v.string(),
      body: json,
      digest: text,
      verified: v.exactOptional(v.boolean()),
    }))),
    call: v.exactOptional(v.pipe(v.string(), v.regex(/^[a-z]+_[a-z_]+$/))),
    request: v.exactOptional(object),
    expect: ExpectationSchema,
  }),
  v.check(
    (item) =>
      ["object", "input", "call"].filter((name) => name in item).length === 1 ||
      ("file" in item && !("object" in item) && !("call" in item)),
    'wanted one of "object", "input", "file" and "call"',
  ),
  v.check(
    (item) => !("object" in item && ("file" in item || "document" in item)),
    '"file" and "document" are about a text, and it has an "object"',
  ),
  v.check(
    (item) => "call" in item || !("request" in item),
    '"request" belongs to a "call"',
  ),
  v.check(
    (item) => !("call" in item) || !QUESTION_FIELDS.some((name) => name in item),
    'a "call" has its "request", and nothing of a question about a document',
  ),
  v.check(
    (item) => !("call" in item) || !VERDICT_FIELDS.some((name) => name in item.expect),
    'a "call" has an "answer", not a verdict',
  ),
  v.check(
    (item) => "call" in item || !("answer" in item.expect),
    '"answer" belongs to a "call"',
  ),
);

const CaseListSchema = v.array(CaseSchema);

/** Schema of {@link CaseFile}. */
export const CaseFileSchema: v.GenericSchema<unknown, CaseFile> = v.strictObject({
  ...Defaults,
  cases: CaseListSchema,
});

/** Schema of a file that is a list of cases and nothing else. */
export const PlainCaseFileSchema: v.GenericSchema<unknown, readonly Case[]> = CaseListSchema;

/** Schema of a file of cases in either form, for editors. */
export const CasesSchema: v.GenericSchema<unknown, CaseFile | readonly Case[]> = v.union([
  PlainCaseFileSchema,
  CaseFileSchema,
]);

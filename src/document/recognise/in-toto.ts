import { isJsonObject, type JsonObject, type JsonValue } from "../../json.ts";
import { getMember } from "../own-member.ts";
import {
  type Draft,
  faultAt,
  type RecogniseContext,
  type Recogniser,
  text,
  textOrNothing,
} from "./draft.ts";
import { isDsseEnvelope, isSigstoreBundle, openBundle, openEnvelope } from "./dsse.ts";

/**
 * in-toto statements: bare, in a DSSE envelope, in a Sigstore bundle, or several in an answer of the
 * npm registry. The spelling of protojson (`type`, `predicate_type`) is no statement: verifiers go by
 * `_type`.
 *
 * @see https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md
 */
export const IN_TOTO: Recogniser = {
  kind: "in-toto",
  syntaxes: ["json", "json-lines"],
  wants: 'an in-toto statement ("_type" https://in-toto.io/Statement/…), or an envelope of one',
  claims: (value) =>
    isJsonObject(value) &&
    (isStatement(value) || isDsseEnvelope(value) || isSigstoreBundle(value) ||
      npmBundles(value).some(isSigstoreBundle)),
  read(value, context) {
    const object = value as JsonObject;
    if (isStatement(object)) {
      checkStatement(object, (message) => faultAt(context, [], message));
      return [{ ...statementDraft(object), base: [] }];
    }
    if (isDsseEnvelope(object)) return [readOpened(openEnvelope(object, [], context), context)];
    if (isSigstoreBundle(object)) return [readOpened(openBundle(object, [], context), context)];
    return npmBundles(object).map((bundle, index) => {
      const steps = ["attestations", String(index), "bundle"];
      if (!isJsonObject(bundle) || !isSigstoreBundle(bundle)) {
        throw faultAt(
          context,
          steps,
          "Opening the attestations failed: one is no bundle of a statement",
        );
      }
      return readOpened(openBundle(bundle, steps, context), context);
    });
  },
};

function isStatement(object: JsonObject): boolean {
  return textOrNothing(object["_type"]).startsWith("https://in-toto.io/Statement/");
}

/** The registry's `/-/npm/v1/attestations/<package>`. */
function npmBundles(object: JsonObject): JsonObject[] {
  const attestations = object["attestations"];
  if (!Array.isArray(attestations)) return [];
  return attestations.map((attestation) => {
    const bundle = getMember(attestation, "bundle");
    return isJsonObject(bundle) ? bundle : {};
  });
}

function checkStatement(statement: JsonObject, fault: (message: string) => Error): void {
  const subject = statement["subject"];
  if (text(statement["predicateType"]) === undefined) {
    throw fault('Reading the in-toto statement failed: "predicateType" is missing');
  }
  if (!Array.isArray(subject) || !subject.every(isJsonObject)) {
    throw fault('Reading the in-toto statement failed: "subject" is no list of objects');
  }
}

function readOpened(opened: ReturnType<typeof openEnvelope>, context: RecogniseContext): Draft {
  const { statement, payload, evidence } = opened;
  const fault = (message: string): Error => faultAt(context, payload, message);
  if (!isJsonObject(statement) || !isStatement(statement)) {
    throw fault("Opening the DSSE envelope failed: its payload is no in-toto statement");
  }
  checkStatement(statement, fault);
  return {
    ...statementDraft(statement),
    evidence: [evidence],
    base: payload,
    // The statement's own text is not in the file; all of it stands in the payload's string.
    place: () => ({ steps: payload, isValue: true }),
  };
}

function statementDraft(statement: JsonObject): Omit<Draft, "base"> {
  const [first] = statement["subject"] as JsonValue[];
  const name = text(getMember(first, "name")) ?? text(getMember(first, "uri"));
  const digest = subjectDigest(getMember(first, "digest"));
  return {
    kind: "in-toto",
    mediaType: "application/vnd.in-toto+json",
    object: statement,
    ...(name === undefined ? {} : { name }),
    ...(digest === undefined ? {} : { digest }),
  };
}

/** SHA-256 where the subject has it, else what comes first. */
function subjectDigest(digests: JsonValue | undefined): string | undefined {
  if (!isJsonObject(digests)) return undefined;
  const algorithm = Object.hasOwn(digests, "sha256") ? "sha256" : Object.keys(digests)[0];
  const value = algorithm === undefined ? undefined : text(digests[algorithm]);
  return value === undefined ? undefined : `${algorithm}:${value.toLowerCase()}`;
}

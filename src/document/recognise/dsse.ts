import { isJsonObject, type JsonObject, type JsonValue } from "../../json.ts";
import { PluginError } from "../../plugin-error.ts";
import { decodeBase64 } from "../base64.ts";
import { getMember } from "../own-member.ts";
import { SourceText } from "../source-text.ts";
import { parseJson } from "../syntax/json.ts";
import {
  type DraftEvidence,
  faultAt,
  type RecogniseContext,
  text,
  textOrNothing,
} from "./draft.ts";

const STATEMENT_TYPE = "application/vnd.in-toto+json";

/** A statement that was taken out of its envelope. No signature has been looked at. */
export interface OpenedEnvelope {
  readonly statement: JsonValue;
  /** The steps to the payload. */
  readonly payload: readonly string[];
  readonly evidence: DraftEvidence;
}

/** True for a DSSE envelope whose payload is to be an in-toto statement. */
export function isDsseEnvelope(object: JsonObject): boolean {
  return object["payloadType"] === STATEMENT_TYPE && Object.hasOwn(object, "payload");
}

/** True for a Sigstore bundle that holds such an envelope; some hold a bare signature instead. */
export function isSigstoreBundle(object: JsonObject): boolean {
  const envelope = object["dsseEnvelope"];
  return /^application\/vnd\.dev\.sigstore\.bundle[.+]/.test(textOrNothing(object["mediaType"])) &&
    isJsonObject(envelope) && isDsseEnvelope(envelope);
}

/**
 * Opens a DSSE envelope: strict base64, then the rules of every JSON document.
 *
 * @param steps the steps to the envelope
 * @see https://github.com/secure-systems-lab/dsse/blob/master/envelope.md
 */
export function openEnvelope(
  envelope: JsonObject,
  steps: readonly string[],
  context: RecogniseContext,
): OpenedEnvelope {
  const payload = [...steps, "payload"];
  const signatures = envelope["signatures"];
  if (!Array.isArray(signatures) || !signatures.every((one) => text(getMember(one, "sig")))) {
    throw faultAt(
      context,
      steps,
      'Opening the DSSE envelope failed: "signatures" is no list of objects with a "sig"',
    );
  }
  return {
    statement: parsePayload(envelope["payload"], payload, context),
    payload,
    evidence: {
      mediaType: "application/vnd.dsse.envelope.v1+json",
      steps,
      body: { payloadType: STATEMENT_TYPE, signatures },
    },
  };
}

/**
 * Opens the envelope in a Sigstore bundle; the evidence is the bundle without the payload.
 *
 * @see https://github.com/sigstore/protobuf-specs/blob/main/protos/sigstore_bundle.proto
 */
export function openBundle(
  bundle: JsonObject,
  steps: readonly string[],
  context: RecogniseContext,
): OpenedEnvelope {
  const envelope = bundle["dsseEnvelope"] as JsonObject;
  const opened = openEnvelope(envelope, [...steps, "dsseEnvelope"], context);
  return {
    ...opened,
    evidence: {
      mediaType: textOrNothing(bundle["mediaType"]),
      steps,
      body: {
        verificationMaterial: bundle["verificationMaterial"] ?? null,
        dsseEnvelope: opened.evidence.body,
      },
    },
  };
}

function parsePayload(
  payload: JsonValue | undefined,
  steps: readonly string[],
  context: RecogniseContext,
): JsonValue {
  const bytes = typeof payload === "string" ? decodeBase64(payload) : undefined;
  if (bytes === undefined) {
    throw faultAt(
      context,
      steps,
      "Opening the DSSE envelope failed: its payload is not strict base64",
    );
  }
  try {
    const decoded = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    return parseJson(new SourceText(context.source.name, decoded), context.limits).value;
  } catch (error) {
    if (!(error instanceof PluginError)) {
      throw faultAt(
        context,
        steps,
        "Opening the DSSE envelope failed: its payload is not UTF-8",
        "document.encoding",
        error,
      );
    }
    const { line, column } = error.details;
    throw faultAt(
      context,
      steps,
      `Opening the DSSE envelope failed: line ${line}, column ${column} of its payload: ${error.message}`,
      error.code,
      error,
    );
  }
}

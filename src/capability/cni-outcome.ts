import * as v from "valibot";
import { type CniFault, CniFaultSchema, MAX_FAULT_TEXT } from "../contract/cni-fault.ts";
import { parseGuestJson } from "../contract/guest-json.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../json.ts";
import { shownOutput } from "./output-text.ts";
import type { ProcessResult } from "./process-output.ts";

/** An error as a CNI plugin says it. */
export interface CniError {
  readonly code: number;
  readonly msg: string;
  readonly details?: JsonValue;
}

/** Why a run of a CNI plugin counts as failed. */
export interface CniFailure {
  /** For people: the plugin's own words, or what is known of its end. */
  readonly why: string;
  /** What the plugin said, where it said it as it should. */
  readonly cni?: CniError;
}

/**
 * What a plugin's end says: its own error, whatever its exit code, or an exit code that is not 0.
 *
 * libcni takes an error object with exit code 0 for an empty result; it was meant as an error.
 *
 * @returns undefined where it did what it was asked
 * @see CNI SPEC 1.1.0, section 5, "Error"; libcni, pkg/invoke/raw_exec.go
 */
export function cniFailureOf({ status, stdout, stderr }: ProcessResult): CniFailure | undefined {
  const cni = cniErrorOf(parseAnswer(stdout));
  if (cni !== undefined) return { why: wordsOf(cni), cni };
  if (status.code === 0) return undefined;
  const how = status.code === null ? `signal ${status.signal}` : `exit code ${status.code}`;
  const said = stdout.length === 0 ? "" : `, and said ${quoted(stdout)}`;
  return { why: `${how}${said}${complaintOf(stderr)}` };
}

/** What a plugin printed; null for nothing, undefined for what is not JSON. */
export function parseAnswer(stdout: Uint8Array): JsonValue | undefined {
  if (shownOutput(stdout) === "") return null;
  try {
    // Strict: of two readers of one result, none may see others.
    return parseGuestJson(stdout);
  } catch {
    return undefined;
  }
}

function cniErrorOf(answer: JsonValue | undefined): CniError | undefined {
  if (!isJsonObject(answer)) return undefined;
  const { code, msg, details } = answer as JsonObject & { details?: JsonValue };
  if (typeof code !== "number" || code === 0 || typeof msg !== "string") return undefined;
  return { code, msg, ...(details === undefined ? {} : { details }) };
}

/**
 * The same as an answer of the network contract may say it: a guest that hands it on says it in the
 * plugin's stead. Undefined for a code that CNI does not have.
 */
export function asCniFault({ code, msg, details }: CniError): CniFault | undefined {
  const said = typeof details === "string" || details === undefined || details === null
    ? details ?? ""
    : JSON.stringify(details);
  const fault = {
    code,
    msg: cut(msg === "" ? `error ${code}` : msg),
    ...(said === "" ? {} : { details: cut(said) }),
  };
  return v.is(CniFaultSchema, fault) ? fault : undefined;
}

/** Not through a surrogate pair. */
function cut(text: string): string {
  if (text.length <= MAX_FAULT_TEXT) return text;
  return text.slice(0, MAX_FAULT_TEXT).replace(/[\ud800-\udbff]$/, "");
}

function wordsOf({ code, msg, details }: CniError): string {
  const more = typeof details === "string" && details !== "" ? `; ${shownOutput(details)}` : "";
  return `${shownOutput(msg)}${more} (${code})`;
}

/** What stands on stderr, to be put behind a message. */
export function complaintOf(stderr: Uint8Array): string {
  return stderr.length === 0 ? "" : `; stderr: ${quoted(stderr)}`;
}

/** In one line and quotes. */
export function quoted(bytes: Uint8Array): string {
  return `"${shownOutput(bytes)}"`;
}

import * as v from "valibot";
import { type CniFault, CniFaultSchema, MAX_FAULT_TEXT } from "../contract/cni-fault.ts";
import { parseGuestJson } from "../contract/guest-json.ts";
import { fields } from "../document/recognise/docker-schema.ts";
import { foldBody } from "../document/recognise/go-fold.ts";
import { firstCharacters } from "../first-characters.ts";
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
 * What a plugin's end says: its own error, whatever its exit code, or an exit code that is not 0; then also
 * in words without a code, as libcni takes them.
 *
 * libcni takes an error object with exit code 0 for an empty result; it was meant as an error.
 *
 * @returns undefined where it did what it was asked
 * @see CNI SPEC 1.1.0, section 5, "Error"; libcni, pkg/invoke/raw_exec.go
 */
export function cniFailureOf({ status, stdout, stderr }: ProcessResult): CniFailure | undefined {
  const said = errorIn(parseAnswer(stdout));
  if (said !== undefined && said.code !== 0) return { why: wordsOf(said, said.code), cni: said };
  if (status.code === 0) return undefined;
  const how = status.code === null ? `signal ${status.signal}` : `exit code ${status.code}`;
  if (said !== undefined && said.msg !== "") return { why: wordsOf(said, how) };
  const output = stdout.length === 0 ? "" : `, and said ${quoted(stdout)}`;
  return { why: `${how}${output}${complaintOf(stderr)}` };
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

const ERROR = fields("code msg details");

/** An error by its keys in any case, of two the last one, as Go reads it; without a code it is 0. */
function errorIn(answer: JsonValue | undefined): CniError | undefined {
  if (!isJsonObject(answer)) return undefined;
  const folded = foldBody(answer, ERROR, () => {}) as JsonObject & { details?: JsonValue };
  const { code = 0, msg, details } = folded;
  if (typeof code !== "number" || typeof msg !== "string") return undefined;
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
    msg: firstCharacters(msg === "" ? `error ${code}` : msg, MAX_FAULT_TEXT),
    ...(said === "" ? {} : { details: firstCharacters(said, MAX_FAULT_TEXT) }),
  };
  return v.is(CniFaultSchema, fault) ? fault : undefined;
}

function wordsOf({ msg, details }: CniError, how: string | number): string {
  const more = typeof details === "string" && details !== "" ? `; ${shownOutput(details)}` : "";
  return `${shownOutput(msg)}${more} (${how})`;
}

/** What stands on stderr, to be put behind a message. */
export function complaintOf(stderr: Uint8Array): string {
  return stderr.length === 0 ? "" : `; stderr: ${quoted(stderr)}`;
}

/** In one line and quotes. */
export function quoted(bytes: Uint8Array): string {
  return `"${shownOutput(bytes)}"`;
}

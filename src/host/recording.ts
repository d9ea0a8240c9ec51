import canonicalize from "canonicalize";
import * as v from "valibot";
import { decodeBase64, encodeBase64 } from "../document/base64.ts";
import { DigestSchema } from "../digest.ts";
import { isUtcTime } from "../date.ts";
import type { JsonValue } from "../json.ts";
import { LIMITS } from "../limits.ts";
import { ERROR_CODES, type ErrorCode, PluginError } from "../plugin-error.ts";
import { hasMoreValues } from "./json-size.ts";
import { REDACTED, type RedactedPart, type Redaction } from "./redact.ts";

/** The version of the form that this host writes and reads. */
export const RECORDING_VERSION = 1;

/** A line of a recording, in bytes. */
export const MAX_RECORDING_LINE_BYTES: number = 32 * 1024 * 1024;

/** Values of JSON in a line, within strings none; see {@link hasMoreValues}. */
export const MAX_RECORDING_VALUES = 1_000_000;

/** Bytes, written in the most readable way from which they come back exactly. */
export type RecordedBytes =
  /** Canonical JSON (RFC 8785). */
  | { readonly json: JsonValue }
  /** UTF-8. */
  | { readonly text: string }
  | { readonly base64: string };

/** An error of a call or of an answer. */
export interface RecordedError {
  readonly code: ErrorCode;
  readonly message: string;
}

/** One capability call within a recorded call. */
export interface RecordedAnswer {
  readonly function: string;
  readonly request: RecordedBytes;
  /** Absent where answering ended the call. */
  readonly answer?: RecordedBytes | undefined;
  readonly error?: RecordedError | undefined;
}

/** What bounded a recorded call, without what depends on a clock. */
export interface RecordedLimits {
  readonly fuel: number;
  readonly stackBytes: number;
  readonly memoryPages: number;
  readonly blockBytes: number;
  readonly inputBytes: number;
  readonly outputBytes: number;
}

/** The bounds that are written down, of whatever else bounds a call. */
export function recordedLimits(limits: RecordedLimits): RecordedLimits {
  const { fuel, stackBytes, memoryPages, blockBytes, inputBytes, outputBytes } = limits;
  return { fuel, stackBytes, memoryPages, blockBytes, inputBytes, outputBytes };
}

/** One whole call. */
export interface RecordedCall {
  readonly version: number;
  readonly plugin: { readonly name: string; readonly digest: string };
  readonly entry: string;
  /** The version of the fuel schedule that `fuel` was counted by. */
  readonly schedule: number;
  readonly limits: RecordedLimits;
  /** The time that the guest saw, RFC 3339 in UTC. */
  readonly now: string;
  readonly input: RecordedBytes;
  /** In the order in which the guest asked. */
  readonly capabilities: readonly RecordedAnswer[];
  /** Absent where the call ended in `error`. */
  readonly output?: RecordedBytes | undefined;
  readonly error?: RecordedError | undefined;
  /** Fuel used; null where it is not known. */
  readonly fuel: number | null;
  /** Present where something was taken out; such a call cannot be replayed. */
  readonly redacted?: true | undefined;
}

const BytesSchema = v.union([
  v.strictObject({ json: v.unknown() as v.GenericSchema<unknown, JsonValue> }),
  v.strictObject({ text: v.string() }),
  v.strictObject({ base64: v.string() }),
]);

const ErrorSchema = v.strictObject({ code: v.picklist(ERROR_CODES), message: v.string() });

const count = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(Number.MAX_SAFE_INTEGER));
const bound = v.pipe(count, v.minValue(1));

const either = "Invalid outcome: wanted one of the two, a result or an error";

const CallSchema: v.GenericSchema<unknown, RecordedCall> = v.pipe(
  v.strictObject({
    version: v.literal(RECORDING_VERSION),
    plugin: v.strictObject({
      name: v.string(),
      digest: DigestSchema,
    }),
    entry: v.string(),
    schedule: count,
    limits: v.strictObject({
      fuel: bound,
      // No operator can set these four, so no call was ever allowed more.
      stackBytes: v.pipe(bound, v.maxValue(LIMITS.stackBytes)),
      memoryPages: v.pipe(bound, v.maxValue(65_536)),
      blockBytes: v.pipe(bound, v.maxValue(LIMITS.blockBytes)),
      inputBytes: v.pipe(bound, v.maxValue(LIMITS.callInputBytes)),
      outputBytes: v.pipe(bound, v.maxValue(LIMITS.callOutputBytes)),
    }),
    now: v.pipe(v.string(), v.check(isUtcTime, "Invalid time: wanted RFC 3339 in UTC")),
    input: BytesSchema,
    capabilities: v.array(
      v.pipe(
        v.strictObject({
          function: v.string(),
          request: BytesSchema,
          answer: v.optional(BytesSchema),
          error: v.optional(ErrorSchema),
        }),
        v.check((item) => (item.answer === undefined) !== (item.error === undefined), either),
      ),
    ),
    output: v.optional(BytesSchema),
    error: v.optional(ErrorSchema),
    fuel: v.nullable(count),
    redacted: v.optional(v.literal(true)),
  }),
  v.check((call) => (call.output === undefined) !== (call.error === undefined), either),
);

/** Beyond this, bytes are not tried as JSON: it is for reading, and nobody reads that much. */
const MAX_JSON_BYTES = 64 * 1024;

/**
 * Writes bytes so that {@link decodeBytes} gives them back exactly; not so with a redaction, which
 * takes what it cannot look into as a whole.
 */
export function encodeBytes(
  bytes: Uint8Array,
  redaction: Redaction,
  part: RedactedPart = "other",
): RecordedBytes {
  const text = decodeText(bytes);
  if (redaction.active) {
    const json = text === undefined ? undefined : parse(text);
    return json === undefined ? { text: REDACTED } : { json: redaction.apply(json, part) };
  }
  if (text === undefined) return { base64: encodeBase64(bytes) };
  if (bytes.length > MAX_JSON_BYTES) return { text };
  const json = parse(text);
  return json !== undefined && canonical(json) === text ? { json } : { text };
}

/**
 * The bytes that were recorded.
 *
 * @throws {PluginError} `replay.malformed`
 */
export function decodeBytes(recorded: RecordedBytes): Uint8Array {
  if ("text" in recorded) return new TextEncoder().encode(recorded.text);
  if ("base64" in recorded) {
    const bytes = decodeBase64(recorded.base64);
    if (bytes === undefined) throw malformed("a value in it is no base64");
    return bytes;
  }
  const text = canonical(recorded.json);
  if (text === undefined) throw malformed("a value in it has no canonical form");
  return new TextEncoder().encode(text);
}

/** What whoever replays a recording lets its calls use, which anybody may have written. */
export interface ReplayBounds {
  /** In units of the fuel schedule; the default is `LIMITS.fuel`. */
  readonly fuel?: number | undefined;
  /** In pages of 64 KiB; the default is `LIMITS.memoryPages`. */
  readonly memoryPages?: number | undefined;
}

/**
 * Reads one line of a recording.
 *
 * @param bounds A call that was allowed more is refused, not cut: it would end otherwise than it did.
 * @throws {PluginError} `replay.malformed`
 */
export function parseRecordedCall(line: Uint8Array, bounds: ReplayBounds = {}): RecordedCall {
  const text = decodeText(line);
  if (text === undefined) throw malformed("it is not UTF-8");
  if (hasMoreValues(text, MAX_RECORDING_VALUES)) {
    throw malformed(`it holds more than ${MAX_RECORDING_VALUES} values`);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw malformed("it is no JSON; the recording may be cut short", cause);
  }
  const { version } = (value ?? {}) as { version?: unknown };
  if (typeof version === "number" && version !== RECORDING_VERSION) {
    throw malformed(`it has version ${version}, this host reads version ${RECORDING_VERSION}`);
  }
  const result = v.safeParse(CallSchema, value, { abortEarly: true });
  if (result.success) {
    checkBound("fuel", "--fuel", result.output.limits.fuel, bounds.fuel ?? LIMITS.fuel);
    const most = bounds.memoryPages ?? LIMITS.memoryPages;
    checkBound("memoryPages", "--memory", result.output.limits.memoryPages, most);
    return result.output;
  }
  const issue = result.issues[0];
  const path = v.getDotPath(issue);
  throw malformed(`${path ? `"${path}": ` : ""}${issue.message}`);
}

function checkBound(field: string, flag: string, value: number, most: number): void {
  if (value <= most) return;
  throw malformed(
    `"limits.${field}" is ${value}, at most ${most} is replayed; ` +
      `where you trust the recording, allow it with "${flag} ${value}"`,
  );
}

/** An error's code and words; with a redaction the words go, since they may quote what was taken out. */
export function encodeError(error: PluginError, redaction: Redaction): RecordedError {
  return { code: error.code, message: redaction.active ? REDACTED : error.message };
}

/** The error that was recorded. */
export function decodeError({ code, message }: RecordedError): PluginError {
  return new PluginError(code, message);
}

function parse(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return undefined;
  }
}

/** undefined for what has no canonical form: half a surrogate pair, or too deep for the stack. */
function canonical(value: JsonValue): string | undefined {
  try {
    return canonicalize(value);
  } catch {
    return undefined;
  }
}

function decodeText(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** A `replay.malformed` about one line. */
export function malformed(why: string, cause?: unknown): PluginError {
  const message = `Cannot read the recorded call: ${why}`;
  return new PluginError("replay.malformed", message, cause === undefined ? {} : { cause });
}

import * as v from "valibot";
import { isJsonObject, type JsonObject, type JsonValue } from "../json.ts";
import { LIMITS } from "../limits.ts";
import { sanitizeLogText } from "./log-text.ts";
import { parseRequest } from "./request.ts";

/** How much a line matters, from least to most. */
export const LOG_LEVELS = ["trace", "debug", "info", "warn", "error"] as const;

/** One of {@link LOG_LEVELS}. */
export type LogLevel = (typeof LOG_LEVELS)[number];

/** One line of a guest, fit to be shown: nothing in it can begin another line or move a cursor. */
export interface LogLine {
  readonly level: LogLevel;
  readonly message: string;
  /** Values by name, each text of its own; names and text are made safe as the message is. */
  readonly fields?: Readonly<Record<string, JsonValue>>;
}

/** Fields of one line, and values within them. */
const MAX_FIELDS = 64;
const MAX_VALUES = 256;
const MAX_NAME = 128;

const LineRequest = v.strictObject({
  level: v.picklist(LOG_LEVELS),
  message: v.string(),
  fields: v.exactOptional(
    v.custom<JsonObject>(isJsonObject, "Invalid fields: wanted an object"),
  ),
});

/**
 * Reads a request of the function `log`: `{"level","message","fields"?}`.
 *
 * @throws {PluginError} `capability.invalid`, `capability.limit`
 */
export function readLogLine(request: Uint8Array): LogLine {
  const { level, message, fields } = parseRequest("log", LineRequest, request);
  return createLogLine(level, message, fields);
}

/** A line of text that a guest gave in another way: through Extism's `log_info`, or WASI's output. */
export function createLogLine(level: LogLevel, message: string, fields?: JsonObject): LogLine {
  const line = { level, message: sanitizeLogText(message, LIMITS.logLineLength) };
  if (fields === undefined) return line;
  const room = { length: LIMITS.logLineLength, values: MAX_VALUES };
  const entries = Object.entries(fields).slice(0, MAX_FIELDS);
  return { ...line, fields: safeMembers(entries, room) };
}

/** What the fields of one line may still take up. */
interface Room {
  length: number;
  values: number;
}

function safeValue(value: JsonValue, room: Room): JsonValue {
  if (--room.values < 0) return "…";
  if (typeof value === "string") {
    const length = room.length;
    room.length = Math.max(0, length - value.length);
    return sanitizeLogText(value, length);
  }
  if (Array.isArray(value)) {
    return value.slice(0, MAX_FIELDS).map((item) => safeValue(item, room));
  }
  return isJsonObject(value)
    ? safeMembers(Object.entries(value).slice(0, MAX_FIELDS), room)
    : value;
}

function safeMembers(entries: readonly [string, JsonValue][], room: Room): JsonObject {
  // fromEntries defines "__proto__" as any other name; an assignment would not.
  return Object.fromEntries(
    entries.map(([name, value]) => [sanitizeLogText(name, MAX_NAME), safeValue(value, room)]),
  );
}

/** What a call may log: lines, and bytes of UTF-8 together. What is over is counted and dropped. */
export class LogBudget {
  #lines: number;
  #bytes: number;
  #dropped = 0;

  constructor(limits: { readonly logLines: number; readonly logBytes: number } = LIMITS) {
    this.#lines = limits.logLines;
    this.#bytes = limits.logBytes;
  }

  /** Whether a line may be written. Once one was dropped, all that follow are. */
  take(line: LogLine): boolean {
    const bytes = this.#dropped > 0 ? 0 : sizeOf(line);
    if (this.#dropped > 0 || this.#lines < 1 || bytes > this.#bytes) {
      this.#dropped++;
      return false;
    }
    this.#lines--;
    this.#bytes -= bytes;
    return true;
  }

  /** Counts a line that could not be read, and cost the host as much. */
  refuse(): void {
    this.#lines--;
  }

  /** Whether nothing fits any more, so that a line need not be read. */
  get isSpent(): boolean {
    return this.#dropped > 0 || this.#lines < 1;
  }

  /** Counts a line that was not even read. */
  drop(): void {
    this.#dropped++;
  }

  /** At the end of the call: a line that says how many were dropped; undefined where none was. */
  end(): LogLine | undefined {
    if (this.#dropped === 0) return undefined;
    const lines = this.#dropped === 1 ? "1 line was" : `${this.#dropped} lines were`;
    this.#dropped = 0;
    this.#lines = 0;
    return { level: "warn", message: `${lines} dropped: the plugin logged too much in one call` };
  }
}

function sizeOf({ message, fields }: LogLine): number {
  const text = fields === undefined ? message : message + JSON.stringify(fields);
  return new TextEncoder().encode(text).length;
}

import type { CapabilityName } from "../bundle/manifest.ts";
import type { HostFunction, PluginIdentity } from "../capability/host-function.ts";
import type { LogLine } from "../capability/log.ts";
import { parseGuestJson } from "../contract/guest-json.ts";
import type { JsonValue } from "../json.ts";
import { PluginError } from "../plugin-error.ts";
import { type AnswerOutcome, answerOutcome } from "./answer-outcome.ts";
import { encodeJsonLine } from "./json-line.ts";
import { boundedCopy, REDACTED, type Redaction } from "./redact.ts";

/** Takes lines that must not be lost. */
export interface LineSink {
  /**
   * Adds one line, without its line feed. What it throws ends the call that the line is about.
   *
   * @throws {PluginError} `output.unwritable`
   */
  append(line: string): void | Promise<void>;
}

/** One capability call, as a line of the audit file. */
export interface AuditLine {
  /** When it was answered, RFC 3339 in UTC, by the host's clock. */
  readonly time: string;
  readonly plugin: string;
  /** `sha256:<hex>` */
  readonly digest: string;
  readonly instance: string;
  /** The export that was called; "load" for what was not granted when the plugin was loaded. */
  readonly entry: string;
  readonly capability: string;
  /** Of a denial at load: the functions that the module imports, with commas. */
  readonly function: string;
  /** What was asked, redacted and cut; null for what is no JSON and for blobs. */
  readonly request: JsonValue;
  readonly outcome: AnswerOutcome["outcome"];
  /** Why it was not granted. */
  readonly code?: string;
  readonly requestBytes: number;
  readonly answerBytes: number;
  /** In milliseconds, to the microsecond. */
  readonly durationMs: number;
}

/** Writes one line for each capability call, each line of a plugin's log, and each denial at load. */
export interface Audit {
  /** `fn`, of which every answer is written down. */
  wrap(fn: HostFunction, plugin: PluginIdentity): HostFunction;
  /**
   * Writes a line of a plugin's log, which the call's log budget has let pass.
   *
   * @throws {PluginError} `output.unwritable`
   */
  log(line: LogLine, entry: string, plugin: PluginIdentity): Promise<void>;
  /**
   * Writes that a plugin was not loaded, for want of a grant.
   *
   * @param functions Of that capability, which the module imports.
   * @throws {PluginError} `output.unwritable`
   */
  deny(
    capability: CapabilityName,
    functions: readonly string[],
    plugin: PluginIdentity,
  ): Promise<void>;
}

/**
 * Makes an audit that writes to `sink`. Once a line cannot be written, nothing is answered any more:
 * what cannot be accounted for does not happen.
 */
export function createAudit(sink: LineSink, redaction: Redaction): Audit {
  let broken: PluginError | undefined;
  const write = async (line: AuditLine) => {
    try {
      await sink.append(encodeJsonLine(line));
    } catch (cause) {
      broken = asUnwritable("the audit file", cause);
      throw broken;
    }
  };
  const now = () => new Date().toISOString();
  return {
    log: async ({ level, message, fields }, entry, { name, digest, instance }) => {
      if (broken !== undefined) throw broken;
      const request = { level, message, ...(fields && { fields }) };
      await write({
        time: now(),
        plugin: name,
        digest,
        instance,
        entry,
        capability: "log",
        function: "log",
        // Free text may quote whatever is to be left out.
        request: boundedCopy(
          redaction.apply(redaction.active ? { ...request, message: REDACTED } : request),
        ),
        outcome: "granted",
        requestBytes: new TextEncoder().encode(JSON.stringify(request)).length,
        answerBytes: 0,
        durationMs: 0,
      });
    },
    deny: async (capability, functions, { name, digest, instance }) => {
      if (broken !== undefined) throw broken;
      await write({
        time: now(),
        plugin: name,
        digest,
        instance,
        entry: "load",
        capability,
        function: functions.join(","),
        request: null,
        outcome: "denied",
        code: "capability.denied",
        requestBytes: 0,
        answerBytes: 0,
        durationMs: 0,
      });
    },
    wrap: (fn, { name, digest, instance }) => ({
      capability: fn.capability,
      name: fn.name,
      answer: async (request, call) => {
        if (broken !== undefined) throw broken;
        // The request first: its bytes may be the guest's to change once it has its answer.
        const asked = describeRequest(fn, request, redaction);
        const started = performance.now();
        const line = (answerBytes: number, outcome: AnswerOutcome): AuditLine => ({
          time: now(),
          plugin: name,
          digest,
          instance,
          entry: call.entry,
          capability: fn.capability,
          function: fn.name,
          request: asked,
          ...outcome,
          requestBytes: request.length,
          answerBytes,
          durationMs: Math.round((performance.now() - started) * 1000) / 1000,
        });
        let answer: Uint8Array;
        try {
          answer = await fn.answer(request, call);
        } catch (thrown) {
          const { code } = PluginError.from(thrown);
          await write(line(0, { outcome: "failed", code }));
          throw thrown;
        }
        await write(line(answer.length, answerOutcome(fn.name, answer)));
        return answer;
      },
    }),
  };
}

/** A sink's failure as the one error that it may be. */
export function asUnwritable(what: string, thrown: unknown): PluginError {
  if (thrown instanceof PluginError && thrown.code === "output.unwritable") return thrown;
  const { message } = PluginError.from(thrown);
  return new PluginError("output.unwritable", `Cannot write to ${what}: ${message}`, {
    cause: thrown,
  });
}

/** A request that is longer is not parsed to be shown. */
const MAX_SHOWN_BYTES = 1024 * 1024;

function describeRequest(
  { capability }: HostFunction,
  request: Uint8Array,
  redaction: Redaction,
): JsonValue {
  if (capability === "blob" || request.length > MAX_SHOWN_BYTES) return null;
  try {
    return boundedCopy(redaction.apply(parseGuestJson(request)));
  } catch {
    return null;
  }
}

import type { HostFunction } from "../capability/host-function.ts";
import { FUEL_SCHEDULE } from "../sandbox/metering/schedule.ts";
import { PluginError } from "../plugin-error.ts";
import { asUnwritable, type LineSink } from "./audit.ts";
import type { Callable } from "./callable.ts";
import type { CallResult } from "../sandbox/sandbox.ts";
import { hasMoreValues } from "./json-size.ts";
import { encodeJsonLine } from "./json-line.ts";
import {
  encodeBytes,
  encodeError,
  MAX_RECORDING_LINE_BYTES,
  MAX_RECORDING_VALUES,
  type RecordedAnswer,
  type RecordedCall,
  type RecordedLimits,
  recordedLimits,
  RECORDING_VERSION,
} from "./recording.ts";
import type { Redaction } from "./redact.ts";

/** What is said of each recorded call of one plugin. */
export interface RecordedPlugin {
  readonly name: string;
  /** `sha256:<hex>` */
  readonly digest: string;
  readonly limits: RecordedLimits;
  /** What the plugin was granted. */
  readonly functions: readonly HostFunction[];
}

/** Writes whole calls down, a line each. */
export interface Recorder {
  /** `module`, of which every call is written down once it has ended. */
  wrap(module: Callable, plugin: RecordedPlugin): Callable;
}

/** What a recorded call may hold. */
export interface RecordBounds {
  /** What it reads, asks and is answered, in bytes, since all of it is held until it ends. */
  readonly callBytes: number;
  /** Its line, in bytes. */
  readonly lineBytes: number;
}

const BOUNDS: RecordBounds = {
  callBytes: 128 * 1024 * 1024,
  lineBytes: MAX_RECORDING_LINE_BYTES,
};

/**
 * Makes a recorder that writes to `sink`. Once a line cannot be written, or a call is too large to be
 * one, that call fails with `output.unwritable`; after the former no other begins.
 */
export function createRecorder(
  sink: LineSink,
  redaction: Redaction,
  bounds: RecordBounds = BOUNDS,
): Recorder {
  let broken: PluginError | undefined;
  const write = async (call: RecordedCall) => {
    const line = encodeLine(call, bounds.lineBytes);
    try {
      await sink.append(line);
    } catch (cause) {
      broken = asUnwritable("the recording", cause);
      throw broken;
    }
  };
  return {
    wrap: (module, { name, digest, limits, functions }) => ({
      call: async (entry, input, options) => {
        if (broken !== undefined) throw broken;
        const notes = createNotes(input.length, redaction, bounds.callBytes);
        const finish = (end: Pick<RecordedCall, "output" | "error" | "fuel">) =>
          write({
            version: RECORDING_VERSION,
            plugin: { name, digest },
            entry,
            schedule: FUEL_SCHEDULE,
            limits: recordedLimits(limits),
            now: options.now,
            input: encodeBytes(input, redaction, "input"),
            capabilities: notes.answers,
            ...end,
            ...(redaction.active ? { redacted: true } : {}),
          });
        let result: CallResult;
        try {
          result = await module.call(entry, input, {
            ...options,
            functions: (options.functions ?? functions).map(notes.take),
          });
        } catch (thrown) {
          const error = PluginError.from(thrown);
          const { fuel } = error.details;
          await finish({
            error: encodeError(error, redaction),
            fuel: typeof fuel === "number" ? fuel : null,
          });
          throw error;
        }
        await finish({ output: encodeBytes(result.output, redaction), fuel: result.fuel });
        return result;
      },
    }),
  };
}

/** What the capabilities of one call were asked and answered. */
interface Notes {
  readonly answers: RecordedAnswer[];
  take(fn: HostFunction): HostFunction;
}

function createNotes(inputBytes: number, redaction: Redaction, maxBytes: number): Notes {
  const answers: RecordedAnswer[] = [];
  let bytes = inputBytes;
  const charge = (more: number) => {
    bytes += more;
    if (bytes > maxBytes) throw tooLarge(`more than ${maxBytes} bytes`);
  };
  return {
    answers,
    take: (fn) => ({
      capability: fn.capability,
      name: fn.name,
      answer: async (request, call) => {
        charge(request.length);
        const asked = { function: fn.name, request: encodeBytes(request, redaction) };
        try {
          const answer = await fn.answer(request, call);
          charge(answer.length);
          answers.push({ ...asked, answer: encodeBytes(answer, redaction, "answer") });
          return answer;
        } catch (thrown) {
          const error = PluginError.from(thrown);
          answers.push({ ...asked, error: encodeError(error, redaction) });
          throw error;
        }
      },
    }),
  };
}

function encodeLine(call: RecordedCall, maxBytes: number): string {
  let line: string;
  try {
    line = encodeJsonLine(call);
  } catch (cause) {
    // The engine's longest string.
    throw tooLarge((cause as Error).message);
  }
  if (hasMoreValues(line, MAX_RECORDING_VALUES)) {
    throw tooLarge(`more than ${MAX_RECORDING_VALUES} values`);
  }
  // In UTF-8 a code unit of UTF-16 takes three bytes at most.
  if (line.length * 3 > maxBytes) {
    const { length } = new TextEncoder().encode(line);
    if (length > maxBytes) throw tooLarge(`${length} bytes`);
  }
  return line;
}

function tooLarge(has: string): PluginError {
  return new PluginError(
    "output.unwritable",
    `Cannot record the call: it would have ${has}, which no replay would read`,
  );
}

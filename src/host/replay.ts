import type { Bundle } from "../bundle/bundle.ts";
import { capabilityOf } from "../capability/function-names.ts";
import type { HostFunction } from "../capability/host-function.ts";
import { type ErrorCode, PluginError } from "../plugin-error.ts";
import { FUEL_SCHEDULE } from "../sandbox/metering/schedule.ts";
import type { Callable } from "./callable.ts";
import { firstDifference } from "./first-difference.ts";
import {
  decodeBytes,
  decodeError,
  malformed,
  type RecordedAnswer,
  type RecordedCall,
  type RecordedError,
  type RecordedLimits,
} from "./recording.ts";

/** Where a replayed call parts from the recorded one. */
export interface ReplayDifference {
  /** What differs first. */
  readonly what: "capability" | "output" | "code" | "fuel";
  /** Of a capability call: its number within the call, from 1, and its function. */
  readonly capability?: { readonly number: number; readonly function: string };
  /** JSON Pointer into the request or the output, where both are JSON. */
  readonly path?: string;
  /** The first byte that differs in the request or the output, from 0. */
  readonly offset?: number;
  readonly recorded: string;
  readonly replayed: string;
}

/** What became of a replayed call. */
export type ReplayResult =
  | { readonly status: "identical" }
  | { readonly status: "different"; readonly difference: ReplayDifference }
  /** It ended by a clock or from outside, so there is nothing to compare with. */
  | { readonly status: "skipped"; readonly code: ErrorCode };

/** Codes that do not follow from the module and its input alone. */
const NOT_REPEATABLE: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "sandbox.timeout",
  "sandbox.worker-lost",
  "sandbox.closed",
  "call.aborted",
  "output.unwritable",
  "internal.error",
]);

/** Loads a plugin's module with other bounds and functions. */
export type ReplayLoader = (
  limits: RecordedLimits,
  functions: readonly HostFunction[],
) => Promise<Callable>;

/** Replays recorded calls of one plugin, one after the other. */
export interface Replayer {
  /**
   * Makes a recorded call again. No capability is opened: what the guest asks is compared, byte for
   * byte, and answered from the recording.
   *
   * @throws {PluginError} `bundle.digest-mismatch` for a call of another plugin; `replay.malformed` for
   * one that was redacted, or counted by another schedule; what loading throws; and what a call ends with
   * that does not follow from the recording (`sandbox.timeout`)
   */
  replay(call: RecordedCall, signal?: AbortSignal): Promise<ReplayResult>;
}

/** Makes a replayer of an opened bundle. */
export function createReplayer(bundle: Bundle, load: ReplayLoader): Replayer {
  let current: Playback | undefined;
  const functions = bundle.outline.imports.flatMap((item): HostFunction[] => {
    const { name } = item;
    const capability = capabilityOf(item);
    // What a guest logs is answered where it runs, and always in the same way.
    if (capability === undefined || capability === "log") return [];
    const answer = (request: Uint8Array) =>
      Promise.resolve().then(() => current!.answer(name, request));
    return [{ capability, name, answer }];
  });
  // Calls of one recording were made within the same few bounds.
  const modules = new Map<string, Promise<Callable>>();
  return {
    replay: async (call, signal) => {
      checkReplayable(call, bundle);
      if (call.error !== undefined && NOT_REPEATABLE.has(call.error.code)) {
        return { status: "skipped", code: call.error.code };
      }
      const key = JSON.stringify(Object.entries(call.limits).sort());
      const module = modules.get(key) ?? load(call.limits, functions);
      modules.set(key, module);
      const callable = await module;
      current = new Playback(call.capabilities);
      const end = await finish(callable, call, decodeBytes(call.input), signal);
      const difference = current.difference ?? current.unasked() ?? differenceOf(call, end);
      if (difference !== undefined) return { status: "different", difference };
      return { status: "identical" };
    },
  };
}

function checkReplayable({ plugin, redacted, schedule }: RecordedCall, { digest }: Bundle): void {
  if (plugin.digest !== digest) {
    throw new PluginError(
      "bundle.digest-mismatch",
      `Cannot replay a call of ${plugin.name}: it was made with ${plugin.digest}, this is ${digest}`,
      { details: { actual: digest, wanted: plugin.digest } },
    );
  }
  if (redacted) {
    throw malformed("it was written with redaction, so what the plugin was given is not in it");
  }
  if (schedule !== FUEL_SCHEDULE) {
    throw malformed(
      `its fuel was counted by schedule ${schedule}, this host counts by schedule ${FUEL_SCHEDULE}`,
    );
  }
}

/** How a replayed call ended. */
interface End {
  readonly output?: Uint8Array;
  readonly code?: ErrorCode;
  readonly fuel: number | null;
}

async function finish(
  module: Callable,
  { entry, now }: RecordedCall,
  input: Uint8Array,
  signal: AbortSignal | undefined,
): Promise<End> {
  try {
    return await module.call(entry, input, { now, signal });
  } catch (thrown) {
    const error = PluginError.from(thrown);
    if (NOT_REPEATABLE.has(error.code)) throw error;
    const { fuel } = error.details;
    return { code: error.code, fuel: typeof fuel === "number" ? fuel : null };
  }
}

function differenceOf(call: RecordedCall, end: End): ReplayDifference | undefined {
  const recorded = call.error?.code ?? "a result";
  const replayed = end.code ?? "a result";
  if (recorded !== replayed) return { what: "code", recorded, replayed };
  if (call.output !== undefined && end.output !== undefined) {
    const found = firstDifference(decodeBytes(call.output), end.output);
    if (found !== undefined) return { what: "output", ...found };
  }
  // Where either does not know, there is nothing to compare.
  if (call.fuel === null || end.fuel === null || call.fuel === end.fuel) return undefined;
  return { what: "fuel", recorded: String(call.fuel), replayed: String(end.fuel) };
}

/** One recorded capability call, its bytes read. */
interface PlayedAnswer {
  readonly function: string;
  readonly request: Uint8Array;
  readonly answer: Uint8Array | PluginError;
}

/** Answers one call's capabilities from its recording, in their order. */
class Playback {
  /** The first request that was not the recorded one. */
  difference: ReplayDifference | undefined;
  readonly #recorded: readonly PlayedAnswer[];
  #next = 0;

  /**
   * All bytes are read before the call is made: a guest must not meet a recording that is broken.
   *
   * @throws {PluginError} `replay.malformed`
   */
  constructor(recorded: readonly RecordedAnswer[]) {
    this.#recorded = recorded.map(({ function: name, request, answer, error }) => ({
      function: name,
      request: decodeBytes(request),
      answer: answer === undefined ? decodeError(error as RecordedError) : decodeBytes(answer),
    }));
  }

  /** @throws {PluginError} `replay.different`, or what the recorded answer ended with */
  answer(name: string, request: Uint8Array): Uint8Array {
    if (this.difference === undefined) this.difference = this.#compare(name, request);
    if (this.difference !== undefined) {
      throw new PluginError("replay.different", `"${name}" was not asked so when it was recorded`);
    }
    const { answer } = this.#recorded[this.#next++]!;
    if (answer instanceof PluginError) throw answer;
    return answer;
  }

  /** What was recorded and is not asked for any more. */
  unasked(): ReplayDifference | undefined {
    const next = this.#recorded[this.#next];
    if (next === undefined) return undefined;
    const capability = { number: this.#next + 1, function: next.function };
    return { what: "capability", capability, recorded: `"${next.function}"`, replayed: "nothing" };
  }

  #compare(name: string, request: Uint8Array): ReplayDifference | undefined {
    const recorded = this.#recorded[this.#next];
    const capability = { number: this.#next + 1, function: name };
    if (recorded?.function !== name) {
      const was = recorded === undefined ? "nothing" : `"${recorded.function}"`;
      return { what: "capability", capability, recorded: was, replayed: `"${name}"` };
    }
    const found = firstDifference(recorded.request, request);
    return found === undefined ? undefined : { what: "capability", capability, ...found };
  }
}

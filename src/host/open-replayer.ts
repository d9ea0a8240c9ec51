import type { HostFunction } from "../capability/host-function.ts";
import { LIMITS } from "../limits.ts";
import { readLines } from "../platform/read-lines.ts";
import { PluginError } from "../plugin-error.ts";
import { Sandbox } from "../sandbox/sandbox.ts";
import type { Callable } from "./callable.ts";
import { openPluginFile } from "./open-plugin-file.ts";
import {
  MAX_RECORDING_LINE_BYTES,
  parseRecordedCall,
  type RecordedCall,
  type ReplayBounds,
} from "./recording.ts";
import { createReplayer, type Replayer, type ReplayResult } from "./replay.ts";

/** Replays recorded calls of several plugins, of which none can touch anything. */
export interface ReplayHost {
  /**
   * Makes a recorded call again.
   *
   * @throws {PluginError} see `Replayer.replay`; `registry.not-found` for a plugin that is not there
   */
  replay(call: RecordedCall, signal?: AbortSignal): Promise<ReplayResult>;
  close(): Promise<void>;
}

/**
 * Opens plugins to replay calls with.
 *
 * @param sources Paths or bytes.
 * @param timeoutMs Wall-clock bound of one call.
 * @throws {PluginError} `bundle.*`, `input.*`
 */
export async function openReplayHost(
  sources: readonly (string | Uint8Array)[],
  timeoutMs: number = LIMITS.timeoutMs,
): Promise<ReplayHost> {
  const bundles = await Promise.all(sources.map((source) => openPluginFile(source)));
  const sandbox = new Sandbox(1);
  const replayers = new Map<string, Replayer>();
  for (const bundle of bundles) {
    const { manifest: { name }, bytes, outline, digest } = bundle;
    const load = async (
      limits: RecordedCall["limits"],
      functions: readonly HostFunction[],
    ): Promise<Callable> => {
      return await sandbox.load({
        name,
        digest,
        bytes,
        outline,
        limits: { ...limits, timeoutMs },
        // Whatever the recording says: only a thread of its own can be ended at the deadline.
        mode: "worker",
        serial: true,
        functions,
      });
    };
    replayers.set(digest, createReplayer(bundle, load));
  }
  return {
    replay: async (call, signal) => {
      const { name, digest } = call.plugin;
      const replayer = replayers.get(digest);
      if (replayer !== undefined) return await replayer.replay(call, signal);
      const others = bundles.map((b) => `${b.manifest.name} ${b.digest}`).join(", ");
      throw new PluginError(
        "bundle.digest-mismatch",
        `Cannot replay a call of ${name}: it was made with ${digest}, given were ${others}`,
      );
    },
    close: () => sandbox.close(),
  };
}

/** One line of a recording: a call, or why it is none. */
export interface RecordingLine {
  /** 1-based. */
  readonly number: number;
  readonly call: RecordedCall | PluginError;
}

/**
 * Reads a recording, one call in memory at a time. What is no call is given as `replay.malformed`, and
 * what follows it is read all the same, except behind a line that is too long.
 *
 * @param bounds What a recorded call may have been allowed; the default is what `LIMITS` says.
 * @throws {PluginError} `input.not-found`, `input.unreadable`
 */
export async function* readRecording(
  path: string,
  bounds?: ReplayBounds,
  maxLineBytes: number = MAX_RECORDING_LINE_BYTES,
): AsyncGenerator<RecordingLine> {
  for await (const { number, bytes } of readLines(path, maxLineBytes)) {
    yield { number, call: readCall(bytes, bounds, maxLineBytes) };
  }
}

function readCall(
  bytes: Uint8Array | undefined,
  bounds: ReplayBounds | undefined,
  maxLineBytes: number,
): RecordedCall | PluginError {
  if (bytes === undefined) {
    return new PluginError(
      "replay.malformed",
      `Cannot read the recorded call: its line has more than ${maxLineBytes} bytes`,
    );
  }
  try {
    return parseRecordedCall(bytes, bounds);
  } catch (error) {
    return PluginError.from(error);
  }
}

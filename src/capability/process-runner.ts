import {
  type ChildCommand,
  type RunningChild,
  startChild,
  StartError,
  type StartFault,
} from "../platform/child-process.ts";
import { PluginError } from "../plugin-error.ts";
import { Latch } from "./latch.ts";
import { ProcessOutput, type ProcessResult } from "./process-output.ts";
import { Turns } from "../turns.ts";

/** One run of a program. */
export interface ProcessRun extends Omit<ChildCommand, "file"> {
  /** What messages call it, in words a guest may read: `command "ip"`. */
  readonly name: string;
  /** From the call of `run`, waiting for a turn included. */
  readonly timeoutMs: number;
  /** For stdout and stderr each. */
  readonly maxOutputBytes: number;
  /** How long a program is waited for that somebody writes to; 1.3 s. */
  readonly busyMs?: number | undefined;
  /** Gives the path that is executed, when it is this run's turn; called right before each attempt. */
  prepare(): Promise<string>;
}

/**
 * Runs programs, a bounded number at a time, and ends what it started: the process group of a run is
 * killed when the started process ends, at the time limit, when the output is too long, on abort and
 * at {@link close}. A process that leaves its group (setsid, setpgid) escapes.
 */
export class ProcessRunner {
  readonly #turns: Turns;
  readonly #stops = new Set<AbortController>();
  readonly #runs = new Set<Promise<unknown>>();
  #closed = false;

  constructor(concurrency: number) {
    this.#turns = new Turns(concurrency);
  }

  /**
   * @throws {PluginError} `capability.timeout`, `call.aborted`, `capability.failed` where it does not
   *   start; what `prepare` throws
   */
  async run(run: ProcessRun, signal: AbortSignal): Promise<ProcessResult> {
    const stop = new AbortController();
    const abort = () => stop.abort(new PluginError("call.aborted", `Ended ${run.name}: aborted`));
    if (signal.aborted || this.#closed) abort();
    signal.addEventListener("abort", abort, { once: true });
    const timer = setTimeout(() => {
      const message = `Ended ${run.name}: it took more than ${run.timeoutMs} ms`;
      stop.abort(new PluginError("capability.timeout", message));
    }, run.timeoutMs);
    this.#stops.add(stop);
    const work = this.#run(run, stop.signal);
    this.#runs.add(work);
    try {
      return await work;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", abort);
      this.#stops.delete(stop);
      this.#runs.delete(work);
    }
  }

  /** Ends all runs, waits for them and takes no more. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const stop of this.#stops) {
      stop.abort(new PluginError("call.aborted", "Ended a program: its plugin closes"));
    }
    await Promise.allSettled(this.#runs);
  }

  async #run(run: ProcessRun, signal: AbortSignal): Promise<ProcessResult> {
    const giveBack = await this.#turns.take(signal);
    try {
      const output = new ProcessOutput(run.maxOutputBytes);
      const child = await startWithPatience(run, output, signal);
      return await output.result(child, signal);
    } finally {
      giveBack();
    }
  }
}

/** A file system that hangs must not keep a run beyond its time. */
async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = new Latch();
  signal.addEventListener("abort", aborted.open, { once: true });
  try {
    const stopped = aborted.wait().then((): never => {
      throw signal.reason;
    });
    return await Promise.race([promise, stopped]);
  } finally {
    signal.removeEventListener("abort", aborted.open);
  }
}

/** A file that was just written is busy while any process still has it open for writing. */
const BUSY_MS = 1_300;

/** The pauses between attempts, each twice as long as the one before. */
const PAUSE_MS = { first: 5, longest: 640 };

async function startWithPatience(
  run: ProcessRun,
  output: ProcessOutput,
  signal: AbortSignal,
): Promise<RunningChild> {
  const busyMs = run.busyMs ?? BUSY_MS;
  let pauseMs = PAUSE_MS.first;
  let waitedMs = 0;
  while (true) {
    // At each attempt: who kept the file busy may have changed it.
    const file = await unlessAborted(run.prepare(), signal);
    // Nothing is awaited between this look and the start, so no abort goes unseen.
    signal.throwIfAborted();
    try {
      return await startChild({ ...run, file }, output);
    } catch (cause) {
      if (!(cause instanceof StartError)) throw cause;
      if (cause.fault !== "busy" || waitedMs >= busyMs) {
        const message = `Cannot start ${run.name}: ${START_FAULTS[cause.fault]}`;
        throw new PluginError("capability.failed", message, { cause });
      }
      const pause = new Promise<void>((resolve) => setTimeout(resolve, pauseMs));
      await unlessAborted(pause, signal);
      waitedMs += pauseMs;
      pauseMs = Math.min(pauseMs * 2, PAUSE_MS.longest);
    }
  }
}

/** The system's own words name paths, which are none of a guest's business. */
const START_FAULTS: Readonly<Record<StartFault, string>> = {
  missing: "the program, its interpreter or its folder is not there",
  denied: "the system does not permit it",
  busy: "somebody is writing to the program",
  unseen: "what it would inherit cannot be seen; that needs a readable /proc, and on Deno -A",
  other: "the system refuses it",
};

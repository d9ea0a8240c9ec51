import type { BlobTable } from "../capability/blob-table.ts";
import type { HostCall, HostFunction } from "../capability/host-function.ts";
import { createLogLine } from "../capability/log.ts";
import { PluginError } from "../plugin-error.ts";
import { type Call, type Caller, type CallOptions, closed, tellListener } from "./call.ts";
import type { PreparedModule } from "./prepare-module.ts";
import type { Answer, CallLimits, Question } from "./protocol.ts";
import type { Parcel, PooledWorker } from "./pool-member.ts";
import type { WorkerPool } from "./worker-pool.ts";

/** What calls in threads need to know of a plugin. */
export interface WorkerGuest {
  /** For messages. */
  readonly name: string;
  readonly limits: CallLimits;
  /** Whether calls run one after the other. */
  readonly serial: boolean;
  readonly functions: readonly HostFunction[];
}

const NO_BLOBS: BlobTable = {
  get: () => undefined,
  close: () => Promise.resolve(),
  closeAll: () => Promise.resolve(),
};

/** These run programs; meanwhile the guest's thread sleeps. */
const RUN_PROGRAMS: readonly HostFunction["capability"][] = ["delegate", "exec"];

/** Guests that one thread keeps; the one that was used least lately makes room. */
const MOST_GUESTS = 32;

let nextModuleId = 0;

/** Calls in threads of the pool. */
export function workerCaller(
  pool: WorkerPool,
  prepared: PreparedModule,
  guest: WorkerGuest,
): Caller {
  const { name, limits, serial, functions } = guest;
  const moduleId = nextModuleId++;
  // Made once: its stack takes as long as a short call.
  const ended = new PluginError("call.aborted", `The call of ${name} has ended`);
  let isClosed = false;
  const call = async ({ entry, input, options }: Call) => {
    if (isClosed) throw closed("plugin");
    const now = options.now ?? new Date().toISOString();
    const pack = (worker: PooledWorker): Parcel => {
      const copy = input.slice().buffer;
      const call = { task: "call", entry, input: copy, now, limits, moduleId } as const;
      return {
        task: worker.modules.has(moduleId)
          ? call
          : { ...call, guest: prepared, ...forgotten(worker) },
        transfer: [copy],
        onSent: () => remember(worker, moduleId),
      };
    };
    const controller = new AbortController();
    const { signal, blobs = NO_BLOBS, netns } = options;
    const report = reporter(options);
    const host: HostCall = { entry, now, signal: controller.signal, blobs, netns, report };
    const offered = options.functions ?? functions;
    try {
      const result = await pool.run(pack, {
        label: `"${entry}" of ${name}`,
        lane: moduleId,
        timeoutMs: limits.timeoutMs,
        serial,
        signal,
        onLog: (line) => tellListener(options, line),
        onQuestion: (question) => answer(offered, question, host),
        waits: ({ ask }) => {
          const asked = offered.find(({ name }) => name === ask);
          return asked !== undefined && RUN_PROGRAMS.includes(asked.capability);
        },
      });
      const { output, fuel } = result as { output: ArrayBuffer; fuel: number };
      return { output: new Uint8Array(output), fuel };
    } finally {
      controller.abort(ended);
    }
  };
  return {
    call,
    close: () => {
      isClosed = true;
      return pool.forget(moduleId, closed("plugin"));
    },
  };
}

/**
 * Tells of failures in the host as lines of the call's log, which its guest cannot use up: of each
 * function the first one.
 */
function reporter(options: CallOptions): HostCall["report"] {
  const reported = new Set<string>();
  return (name, cause) => {
    if (reported.has(name)) return;
    reported.add(name);
    const { message } = PluginError.from(cause);
    tellListener(options, createLogLine("error", `"${name}" failed in the host: ${message}`));
  };
}

/** Which guest a thread shall drop for a new one. */
function forgotten({ modules }: PooledWorker): { forget?: number } {
  const [oldest] = modules;
  return oldest === undefined || modules.size < MOST_GUESTS ? {} : { forget: oldest };
}

/** The same on this side, once the thread has been told. */
function remember(worker: PooledWorker, moduleId: number): void {
  const { modules } = worker;
  const { forget } = modules.has(moduleId) ? {} : forgotten(worker);
  if (forget !== undefined) modules.delete(forget);
  // The one that was used last stands last.
  modules.delete(moduleId);
  modules.add(moduleId);
}

async function answer(
  functions: readonly HostFunction[],
  { ask, request }: Question,
  call: HostCall,
): Promise<Answer> {
  try {
    const asked = functions.find(({ name }) => name === ask)!;
    const bytes = await asked.answer(new Uint8Array(request), call);
    // A copy: a provider may keep what it answered, and the buffer moves to the thread.
    return { ok: true, answer: bytes.slice().buffer };
  } catch (error) {
    const { code, message } = PluginError.from(error);
    return { ok: false, code, message };
  }
}

import type { ErrorCode } from "../plugin-error.ts";
import type { LogLine } from "../capability/log.ts";

/** A worker's first message: it is loaded, from now on time is the guest's. */
export const READY = "ready";

/** What a guest needs besides its compiled module. */
export interface GuestSpec {
  /** Exports to call before each entry, in order: what would have run at instantiation. */
  readonly startCalls: readonly string[];
  /** Whether an instance can be put back to its beginning. */
  readonly resets: boolean;
  /** Functions of capabilities that it imports. */
  readonly hostFunctions: readonly string[];
  /** Whether it imports WASI. */
  readonly wasi: boolean;
  /** Whether it takes its input and gives its output in its own memory. */
  readonly bulk: boolean;
}

/** What bounds one call. */
export interface CallLimits {
  /** On the wall clock, in milliseconds; only a thread of its own keeps it. */
  readonly timeoutMs: number;
  /** In units of the fuel schedule. */
  readonly fuel: number;
  /** Nested calls, in bytes of an estimated native stack. */
  readonly stackBytes: number;
  readonly memoryPages: number;
  readonly blockBytes: number;
  readonly outputBytes: number;
}

/** What a call gives. */
export interface CallResult {
  readonly output: Uint8Array;
  /** Units of the fuel schedule that it used. */
  readonly fuel: number;
}

/** A call of a guest's export, as it is sent to a worker. */
export interface CallTask {
  readonly task: "call";
  readonly entry: string;
  /** A bare buffer, transferred: Deno takes 50 times as long for a view inside of an object. */
  readonly input: ArrayBuffer;
  /** RFC 3339 in UTC; the default is the time of the call. */
  readonly now: string | undefined;
  readonly limits: CallLimits;
  /** Names the module within the worker. */
  readonly moduleId: number;
  /** The module itself, the first time that this worker sees it. */
  readonly guest?: { readonly module: WebAssembly.Module; readonly spec: GuestSpec };
  /** A module that this worker shall drop before. */
  readonly forget?: number;
}

/** A check of a value against a plugin's own JSON Schema. */
export interface SchemaTask {
  readonly task: "schema";
  readonly schema: unknown;
  readonly value: unknown;
  readonly timeoutMs: number;
}

/** A module that will not be called again; it is not answered. */
export interface ForgetTask {
  readonly task: "forget";
  readonly moduleId: number;
}

/** Everything a worker is asked and answers. */
export type Task = CallTask | SchemaTask;

/** One place where a value does not match its schema. */
export interface SchemaFault {
  /** JSON Pointer into the value. */
  readonly path: string;
  readonly message: string;
}

/** A worker's answer. `elapsedMs` is its own measure of the call, for the deadline. */
export type TaskResult =
  | {
    readonly ok: true;
    readonly elapsedMs: number;
    readonly output: ArrayBuffer;
    readonly fuel: number;
  }
  | { readonly ok: true; readonly elapsedMs: number; readonly faults: readonly SchemaFault[] }
  | {
    readonly ok: false;
    readonly elapsedMs: number;
    readonly code: ErrorCode;
    readonly message: string;
    readonly fuel?: number;
  };

/** What a guest asks of a capability, while its thread waits. */
export interface Question {
  readonly ask: string;
  readonly request: ArrayBuffer;
}

/** What the owner answers a {@link Question}; an error ends the call. */
export type Answer =
  | { readonly ok: true; readonly answer: ArrayBuffer }
  | { readonly ok: false; readonly code: ErrorCode; readonly message: string };

/** A line of a guest's log, on its way to the owner. */
export interface LogMessage {
  readonly log: LogLine;
}

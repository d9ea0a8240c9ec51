import type { ErrorCode } from "../plugin-error.ts";

/** A worker's first message: it is loaded, from now on time is the guest's. */
export const READY = "ready";

/** A call of a guest's export, as it is sent to a worker. */
export interface CallTask {
  readonly task: "call";
  readonly entry: string;
  /** A bare buffer, transferred: Deno takes 50 times as long for a view inside of an object. */
  readonly input: ArrayBuffer;
  readonly limits: CallLimits;
  /** Exports to call before `entry`, in order: what would have run at instantiation. */
  readonly startCalls: readonly string[];
  /** Names the module within the worker. */
  readonly moduleId: number;
  /** The module itself, the first time that this worker sees it. */
  readonly module?: WebAssembly.Module;
}

/** What bounds one call inside its worker. */
export interface CallLimits {
  readonly timeoutMs: number;
  readonly memoryPages: number;
  readonly blockBytes: number;
  readonly outputBytes: number;
}

/** A check of a value against a plugin's own JSON Schema. */
export interface SchemaTask {
  readonly task: "schema";
  readonly schema: unknown;
  readonly value: unknown;
  readonly timeoutMs: number;
}

/** Everything a worker can be asked. */
export type Task = CallTask | SchemaTask;

/** One place where a value does not match its schema. */
export interface SchemaFault {
  /** JSON Pointer into the value. */
  readonly path: string;
  readonly message: string;
}

/** A worker's answer. `elapsedMs` is its own measure of the call, for the deadline. */
export type TaskResult =
  | { readonly ok: true; readonly elapsedMs: number; readonly output: Uint8Array }
  | { readonly ok: true; readonly elapsedMs: number; readonly faults: readonly SchemaFault[] }
  | {
    readonly ok: false;
    readonly elapsedMs: number;
    readonly code: ErrorCode;
    readonly message: string;
  };

import { availableParallelism } from "node:os";
import process from "node:process";
import { parentPort, Worker } from "node:worker_threads";

/** A thread of our own. Every failure arrives as a call of `onExit`, once. */
export interface WorkerHandle {
  /** Sends a message; the buffers in `transfer` move. */
  post(message: unknown, transfer?: ArrayBuffer[]): void;
  /** Ends the thread, also in the middle of a loop. */
  terminate(): Promise<void>;
  /** Whether the thread keeps the process alive. */
  setRef(alive: boolean): void;
}

/** What a worker's owner hears. */
export interface WorkerEvents {
  onMessage(message: unknown): void;
  /** The thread has ended, with what ended it where that is known. */
  onExit(cause: unknown): void;
}

/** Bounds of a worker's own JavaScript heap, in MiB. Buffers and Wasm memories are not part of it. */
const HEAP = { maxOldGenerationSizeMb: 512, maxYoungGenerationSizeMb: 64 };

/**
 * Starts a module as a thread.
 *
 * @param base `import.meta.url` of the caller.
 * @param name The module beside `base`, without its ending: `.ts` from source, `.js` when built.
 */
export function startWorker(base: string, name: string, events: WorkerEvents): WorkerHandle {
  const ending = base.endsWith(".ts") ? ".ts" : ".js";
  // `env: {}`, no arguments: nothing of the host's surroundings is handed on.
  const worker = new Worker(new URL(`${name}${ending}`, base), {
    env: {},
    argv: [],
    execArgv: [],
    resourceLimits: HEAP,
    stdin: false,
  });
  let cause: unknown;
  let exited = false;
  const exit = () => {
    if (exited) return;
    exited = true;
    events.onExit(cause);
  };
  worker.on("message", (message) => events.onMessage(message));
  worker.on("messageerror", (error) => {
    cause ??= error;
    void worker.terminate();
  });
  worker.on("error", (error) => {
    cause ??= error;
  });
  worker.on("exit", exit);
  return {
    post: (message, transfer = []) => worker.postMessage(message, transfer),
    terminate: async () => {
      await worker.terminate();
      exit();
    },
    setRef: (alive) => alive ? worker.ref() : worker.unref(),
  };
}

/** The worker's side: says `hello`, then answers each message with what `handle` gives. */
export function serveMessages(
  hello: unknown,
  handle: (message: unknown) => Promise<{ message: unknown; transfer: ArrayBuffer[] }>,
): void {
  parentPort!.on("message", (incoming) => {
    void handle(incoming).then(({ message, transfer }) =>
      parentPort!.postMessage(message, transfer)
    );
  });
  parentPort!.postMessage(hello);
}

/** The worker's side: nothing that this thread loads may write its warnings to stderr. */
export function silenceWarnings(): void {
  process.removeAllListeners("warning");
}

/** How many threads can run at once. */
export function parallelism(): number {
  return availableParallelism();
}

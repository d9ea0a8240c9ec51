import { availableParallelism } from "node:os";
import {
  MessageChannel,
  type MessagePort,
  parentPort,
  receiveMessageOnPort,
  Worker,
  workerData,
} from "node:worker_threads";

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
  /** The thread waits for `answer`; only the first one counts, and none may come too late. */
  onQuestion(question: unknown, answer: Reply): void;
  /** The thread has ended, with what ended it where that is known. */
  onExit(cause: unknown): void;
}

/** Sends an answer to a thread that waits; the buffers in `transfer` move. */
export type Reply = (message: unknown, transfer: ArrayBuffer[]) => void;

/** A question on its way: the thread sleeps until `flag` is no longer 0. */
interface Envelope {
  readonly question: unknown;
  readonly sequence: number;
  readonly flag: SharedArrayBuffer;
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
  const { port1: answers, port2 } = new MessageChannel();
  const worker = new Worker(new URL(`${name}${ending}`, base), {
    workerData: port2,
    transferList: [port2],
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
    answers.close();
    events.onExit(cause);
  };
  worker.on("message", (message) => {
    const envelope = message as Partial<Envelope> | null;
    if (envelope?.flag === undefined) events.onMessage(message);
    else events.onQuestion(envelope.question, replyTo(envelope as Envelope, answers));
  });
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

function replyTo({ sequence, flag }: Envelope, answers: MessagePort): Reply {
  let replied = false;
  return (message, transfer) => {
    if (replied) return;
    replied = true;
    answers.postMessage({ sequence, message }, transfer);
    const signal = new Int32Array(flag);
    Atomics.store(signal, 0, 1);
    Atomics.notify(signal, 0);
  };
}

let nextSequence = 0;

/**
 * The worker's side: asks the thread's owner and sleeps until it answers. Each question has a flag and
 * a number of its own, so an answer that comes too late is never taken for another one's.
 *
 * @param timeoutMs How long to sleep at most.
 * @returns undefined when there was no answer in time.
 */
export function askOwner(
  question: unknown,
  transfer: ArrayBuffer[],
  timeoutMs: number,
): unknown {
  const answers = workerData as MessagePort;
  const sequence = nextSequence++;
  const flag = new SharedArrayBuffer(4);
  parentPort!.postMessage({ question, sequence, flag } satisfies Envelope, transfer);
  Atomics.wait(new Int32Array(flag), 0, 0, Math.max(0, timeoutMs));
  for (;;) {
    const received = receiveMessageOnPort(answers)?.message as
      | { sequence: number; message: unknown }
      | undefined;
    if (received === undefined || received.sequence === sequence) return received?.message;
  }
}

/** The worker's side: tells the owner something that needs no answer. */
export function tellOwner(message: unknown): void {
  parentPort!.postMessage(message);
}

/**
 * The worker's side: says `hello`, then answers each message with what `handle` gives, if it gives
 * anything. An answer that cannot be given ends the thread: its owner hears of it, and waits for nothing
 * that never comes.
 */
export function serveMessages(
  hello: unknown,
  handle: (
    message: unknown,
  ) => Promise<{ message: unknown; transfer: ArrayBuffer[] } | undefined>,
): void {
  parentPort!.on("message", (incoming) => {
    void handle(incoming)
      .then((answer) => answer && parentPort!.postMessage(answer.message, answer.transfer))
      .catch((error) =>
        setImmediate(() => {
          throw error;
        })
      );
  });
  parentPort!.postMessage(hello);
}

/** How many threads can run at once. */
export function parallelism(): number {
  return availableParallelism();
}

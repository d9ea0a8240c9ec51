import type { LogLine } from "../capability/log.ts";
import { type Reply, startWorker, type WorkerHandle } from "../platform/worker.ts";
import { PluginError } from "../plugin-error.ts";
import {
  type Answer,
  type ForgetTask,
  type LogMessage,
  type Question,
  READY,
  type Task,
  type TaskResult,
} from "./protocol.ts";

/** How one task is run. */
export interface RunOptions {
  /** Names the task in messages: `"admission_check" of image-policy`. */
  readonly label: string;
  /** The task's time in a worker, in milliseconds; waiting for a free worker does not count. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  /** Tasks of one lane wait for each other; lanes take turns. One lane for each plugin. */
  readonly lane: number;
  /** Whether tasks of this lane run one after the other. */
  readonly serial?: boolean | undefined;
  /** Answers what the task asks while it runs. */
  readonly onQuestion?: ((question: Question) => Promise<Answer>) | undefined;
  /** Whether the answer to a question takes as long as another program likes. */
  readonly waits?: ((question: Question) => boolean) | undefined;
  readonly onLog?: ((line: LogLine) => void) | undefined;
}

/** A task and the buffers that move with it. */
export interface Parcel {
  readonly task: Task;
  readonly transfer: ArrayBuffer[];
  /** Called once it is on its way; what was not sent must not be counted on. */
  readonly onSent?: () => void;
}

/** A task that waits or runs. */
export interface Job {
  readonly pack: (worker: PooledWorker) => Parcel;
  readonly options: RunOptions;
  readonly settle: (outcome: TaskResult | PluginError) => void;
}

/** A thread with at most one task in flight. */
export interface PooledWorker {
  /** Modules that this thread holds, in the order of their last use. */
  readonly modules: Set<number>;
}

/** How long a thread may take to start and load the SDK, until it says READY; no guest's time. */
const START_MS = 30_000;

/** What a member's owner hears. */
export interface MemberEvents {
  /** Another task may run: this one has ended, or waits. */
  onFree(): void;
  /** What the task waited for is there: it goes on with {@link PoolMember.resume}. */
  onReturn(member: PoolMember): void;
  /** The thread has ended. */
  onGone(member: PoolMember): void;
}

/** One thread of the pool. */
export class PoolMember implements PooledWorker {
  readonly modules: Set<number> = new Set();
  job: Job | undefined;
  /** Whether the task sleeps: its program has not ended, or has and there is no place yet. */
  isWaiting = false;
  /** Hands the task what it waited for. */
  #resume: (() => void) | undefined;
  readonly #handle: WorkerHandle;
  readonly #events: MemberEvents;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #ready = false;
  #ended = false;

  constructor(events: MemberEvents) {
    this.#events = events;
    this.#handle = startWorker(import.meta.url, "worker", {
      onMessage: (message) => this.#receive(message),
      onQuestion: (question, reply) => void this.#answer(question as Question, reply),
      onExit: (cause) => void this.end(lost(this.job?.options, cause)),
    });
    this.#handle.setRef(false);
  }

  /** Whether the task has what it waited for, and wants to go on. */
  get isReturning(): boolean {
    return this.#resume !== undefined;
  }

  /** Lets the task go on that waited. */
  resume(): void {
    const resume = this.#resume;
    this.#stopWaiting();
    resume?.();
  }

  start(job: Job): void {
    this.job = job;
    this.#handle.setRef(true);
    try {
      const { task, transfer, onSent } = job.pack(this);
      this.#handle.post(task, transfer);
      onSent?.();
    } catch (cause) {
      this.#finish(PluginError.from(cause));
      return;
    }
    this.#arm(this.#ready ? job.options.timeoutMs : START_MS);
  }

  /** Ends the thread and rejects what runs in it with `why`. */
  async end(why: PluginError): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#timer);
    const job = this.job;
    this.job = undefined;
    this.#stopWaiting();
    job?.settle(why);
    this.#events.onGone(this);
    await this.#handle.terminate();
  }

  /** Ends what runs of a guest with `why`, and frees what this thread holds of it. */
  async forget(moduleId: number, why: PluginError): Promise<void> {
    if (this.job?.options.lane === moduleId) return await this.end(why);
    if (!this.modules.delete(moduleId)) return;
    // A thread that serves nobody else is not kept either.
    if (this.modules.size === 0 && this.job === undefined) return await this.end(why);
    this.#handle.post({ task: "forget", moduleId } satisfies ForgetTask);
  }

  #arm(ms: number): void {
    clearTimeout(this.#timer);
    // A busy host may see its timer before the answer that has long arrived: look once more first.
    this.#timer = setTimeout(() => {
      this.#timer = setTimeout(() => void this.end(timeout(this.job!.options)), 0);
    }, ms);
  }

  #receive(message: unknown): void {
    if (this.#ended) return;
    if (message === READY) {
      this.#ready = true;
      if (this.job !== undefined) this.#arm(this.job.options.timeoutMs);
      return;
    }
    const options = this.job?.options;
    if ("log" in (message as object)) {
      options?.onLog?.((message as LogMessage).log);
      return;
    }
    const result = message as TaskResult;
    const late = options !== undefined &&
      (result.elapsedMs > options.timeoutMs || (!result.ok && result.code === "sandbox.timeout"));
    this.#finish(late ? timeout(options) : result);
  }

  /** What comes after the task has ended is dropped: its thread waits no more, or is gone. */
  async #answer(question: Question, reply: Reply): Promise<void> {
    const job = this.job;
    const waits = job?.options.waits?.(question) ?? false;
    if (waits) {
      this.isWaiting = true;
      this.#events.onFree();
    }
    const answer = await job?.options.onQuestion?.(question);
    if (answer === undefined || this.job !== job) return;
    const send = () => reply(answer, answer.ok ? [answer.answer] : []);
    if (!waits) return send();
    this.#resume = send;
    this.#events.onReturn(this);
  }

  #stopWaiting(): void {
    this.isWaiting = false;
    this.#resume = undefined;
  }

  #finish(outcome: TaskResult | PluginError): void {
    clearTimeout(this.#timer);
    const job = this.job;
    this.job = undefined;
    this.#stopWaiting();
    this.#handle.setRef(false);
    job?.settle(outcome);
    this.#events.onFree();
  }
}

function timeout({ label, timeoutMs }: RunOptions): PluginError {
  return new PluginError(
    "sandbox.timeout",
    `The plugin was stopped: ${label} ran for more than ${timeoutMs} ms`,
  );
}

function lost(options: RunOptions | undefined, cause: unknown): PluginError {
  const what = options === undefined ? "a worker" : options.label;
  if ((cause as { code?: string } | undefined)?.code === "ERR_WORKER_OUT_OF_MEMORY") {
    return new PluginError(
      "sandbox.memory",
      `The plugin was stopped: ${what} used up the memory of its worker`,
      { cause },
    );
  }
  return new PluginError("sandbox.worker-lost", `The worker of ${what} ended unexpectedly`, {
    cause,
  });
}

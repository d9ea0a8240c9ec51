import { AbortGroup } from "./abort-group.ts";
import { startWorker, type WorkerHandle } from "../platform/worker.ts";
import { PluginError } from "../plugin-error.ts";
import { READY, type Task, type TaskResult } from "./protocol.ts";

/** How one task is run. */
export interface RunOptions {
  /** Names the task in messages: `"admission_check" of image-policy`. */
  readonly label: string;
  /** The task's time in a worker, in milliseconds; waiting for a free worker does not count. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  /** Tasks of one lane wait for each other; lanes take turns. One lane for each plugin. */
  readonly lane: number;
}

/** A task and the buffers that move with it. */
export interface Parcel {
  readonly task: Task;
  readonly transfer: ArrayBuffer[];
}

interface Job {
  readonly pack: (worker: PooledWorker) => Parcel;
  readonly options: RunOptions;
  readonly settle: (outcome: TaskResult | PluginError) => void;
}

/** A thread with at most one task in flight. */
export interface PooledWorker {
  /** Modules that this thread holds already. */
  readonly modules: Set<number>;
}

/** How long a thread may take to start and load the SDK, until it says READY; no guest's time. */
const START_MS = 30_000;

/** Threads beyond the pool's size, for lanes that would otherwise wait for another one's loops. */
const SPARE_THREADS = 8;

/**
 * Runs tasks in threads, one at a time in each. Lanes take turns, and a lane without any thread may
 * have one beyond the pool's size, so that a plugin that loops does not hold up the others. A task
 * that outlives its deadline, or whose caller gave up, ends with its thread; the next task gets a new
 * one.
 */
export class WorkerPool {
  readonly #size: number;
  /** Waiting jobs by lane; the lane whose turn it is stands first. */
  readonly #lanes = new Map<number, Job[]>();
  readonly #members = new Set<Member>();
  readonly #aborts = new AbortGroup();
  #closed = false;

  /** @param size At most this many threads; they start when they are needed. */
  constructor(size: number) {
    this.#size = size;
  }

  /**
   * Runs one task.
   *
   * @param pack Called with the worker that was chosen, right before the task is sent.
   * @throws {PluginError} the task's own code, or `sandbox.timeout`, `sandbox.worker-lost`,
   * `sandbox.memory`, `sandbox.closed`, `call.aborted`
   */
  run(pack: Job["pack"], options: RunOptions): Promise<TaskResult & { ok: true }> {
    return new Promise((resolve, reject) => {
      const { signal } = options;
      let forget = () => {};
      const job: Job = {
        pack,
        options,
        settle: (outcome) => {
          forget();
          if (outcome instanceof PluginError) reject(outcome);
          else if (outcome.ok) resolve(outcome);
          else reject(new PluginError(outcome.code, outcome.message));
        },
      };
      if (this.#closed) return job.settle(closed());
      if (signal?.aborted) return job.settle(aborted(options));
      if (signal) forget = this.#aborts.add(signal, () => this.#abort(job));
      const waiting = this.#lanes.get(options.lane);
      if (waiting === undefined) this.#lanes.set(options.lane, [job]);
      else waiting.push(job);
      this.#dispatch();
    });
  }

  /** Ends all threads; what runs or waits is rejected with `sandbox.closed`. */
  async close(): Promise<void> {
    this.#closed = true;
    const waiting = [...this.#lanes.values()].flat();
    this.#lanes.clear();
    for (const job of waiting) job.settle(closed());
    await Promise.all([...this.#members].map((member) => member.end(closed())));
  }

  /** Starts one thread ahead of the first task, so that its start-up runs beside other work. */
  warm(): void {
    if (this.#members.size === 0 && !this.#closed) this.#add();
  }

  #dispatch(): void {
    for (const [lane, jobs] of [...this.#lanes]) {
      const member = this.#memberFor(lane);
      if (member === undefined) continue;
      const job = jobs.shift()!;
      // To the end of the line, or out of it.
      this.#lanes.delete(lane);
      if (jobs.length > 0) this.#lanes.set(lane, jobs);
      member.start(job);
      return this.#dispatch();
    }
  }

  /** A thread that `lane` may use now. */
  #memberFor(lane: number): Member | undefined {
    const members = [...this.#members];
    const idle = members.find((member) => member.job === undefined);
    if (idle !== undefined) return idle;
    const isServed = members.some((member) => member.job?.options.lane === lane);
    const most = isServed ? this.#size : this.#size + SPARE_THREADS;
    return members.length < most ? this.#add() : undefined;
  }

  /** Later, so that whoever aborts many calls at once has aborted them all before one is started. */
  #dispatchSoon(): void {
    queueMicrotask(() => {
      if (!this.#closed) this.#dispatch();
    });
  }

  #add(): Member {
    const member = new Member(() => this.#dispatchSoon(), (gone) => {
      this.#members.delete(gone);
      this.#dispatchSoon();
    });
    this.#members.add(member);
    return member;
  }

  #abort(job: Job): void {
    const { lane } = job.options;
    const waiting = this.#lanes.get(lane) ?? [];
    const place = waiting.indexOf(job);
    if (place !== -1) {
      waiting.splice(place, 1);
      if (waiting.length === 0) this.#lanes.delete(lane);
      job.settle(aborted(job.options));
      return;
    }
    for (const member of this.#members) {
      if (member.job === job) void member.end(aborted(job.options));
    }
  }
}

class Member implements PooledWorker {
  readonly modules = new Set<number>();
  job: Job | undefined;
  readonly #handle: WorkerHandle;
  readonly #onIdle: () => void;
  readonly #onGone: (member: Member) => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #ready = false;
  #ended = false;

  constructor(onIdle: () => void, onGone: (member: Member) => void) {
    this.#onIdle = onIdle;
    this.#onGone = onGone;
    this.#handle = startWorker(import.meta.url, "worker", {
      onMessage: (message) => this.#receive(message),
      onExit: (cause) => void this.end(lost(this.job?.options, cause)),
    });
    this.#handle.setRef(false);
  }

  start(job: Job): void {
    this.job = job;
    this.#handle.setRef(true);
    try {
      const { task, transfer } = job.pack(this);
      this.#handle.post(task, transfer);
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
    job?.settle(why);
    this.#onGone(this);
    await this.#handle.terminate();
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
    const result = message as TaskResult;
    const options = this.job?.options;
    const late = options !== undefined &&
      (result.elapsedMs > options.timeoutMs || (!result.ok && result.code === "sandbox.timeout"));
    this.#finish(late ? timeout(options) : result);
  }

  #finish(outcome: TaskResult | PluginError): void {
    clearTimeout(this.#timer);
    const job = this.job;
    this.job = undefined;
    this.#handle.setRef(false);
    job?.settle(outcome);
    this.#onIdle();
  }
}

function timeout({ label, timeoutMs }: RunOptions): PluginError {
  return new PluginError(
    "sandbox.timeout",
    `The plugin was stopped: ${label} ran for more than ${timeoutMs} ms`,
  );
}

function aborted({ label, signal }: RunOptions): PluginError {
  return new PluginError("call.aborted", `The call was given up by its caller: ${label}`, {
    cause: signal?.reason,
  });
}

function closed(): PluginError {
  return new PluginError("sandbox.closed", "Cannot call the plugin: the host is closed");
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

import { PluginError } from "../plugin-error.ts";
import { AbortGroup } from "./abort-group.ts";
import { aborted, closed } from "./call.ts";
import { type Job, PoolMember, type RunOptions } from "./pool-member.ts";
import type { TaskResult } from "./protocol.ts";

/** Threads beyond the pool's size, for lanes that would otherwise wait for another one's loops. */
const SPARE_THREADS = 8;

/** Tasks that may wait for a program beside those that run; each has a thread of some 12 MB. */
const WAITING_TASKS = 16;

/**
 * Runs tasks in threads, one at a time in each. Lanes take turns, and a lane without any thread may
 * have one beyond the pool's size, so that a plugin that loops does not hold up the others; nor does
 * one that waits for a program, since a thread that sleeps needs no core. A task that outlives its
 * deadline, or whose caller gave up, ends with its thread; the next task gets a new one.
 */
export class WorkerPool {
  readonly #size: number;
  /** Waiting jobs by lane; the lane whose turn it is stands first. */
  readonly #lanes = new Map<number, Job[]>();
  readonly #members = new Set<PoolMember>();
  readonly #aborts = new AbortGroup();
  #closed = false;

  /** @param size At most this many tasks run at a time; threads start when they are needed. */
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
          else {
            const { code, message, fuel } = outcome;
            reject(new PluginError(code, message, fuel === undefined ? {} : { details: { fuel } }));
          }
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

  /** Ends what runs or waits in a lane with `why`, and has every thread drop the guest of its number. */
  async forget(lane: number, why: PluginError): Promise<void> {
    const waiting = this.#lanes.get(lane) ?? [];
    this.#lanes.delete(lane);
    for (const job of waiting) job.settle(why);
    await Promise.all([...this.#members].map((member) => member.forget(lane, why)));
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
  #memberFor(lane: number): PoolMember | undefined {
    const members = [...this.#members];
    const serving = members.find((member) => member.job?.options.lane === lane);
    if (serving?.job?.options.serial) return undefined;
    const most = serving === undefined ? this.#size + SPARE_THREADS : this.#size;
    const working = members.filter((member) => member.job !== undefined);
    const waiting = working.filter((member) => member.isWaiting).length;
    if (working.length - Math.min(waiting, WAITING_TASKS) >= most) return undefined;
    return members.find((member) => member.job === undefined) ?? this.#add();
  }

  /** Later, so that whoever aborts many calls at once has aborted them all before one is started. */
  #dispatchSoon(): void {
    queueMicrotask(() => {
      if (!this.#closed) this.#dispatch();
    });
  }

  #add(): PoolMember {
    const member = new PoolMember(() => this.#dispatchSoon(), (gone) => {
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

import { startQuietTimer } from "../platform/quiet-timer.ts";
import { PluginError } from "../plugin-error.ts";
import { AbortGroup } from "./abort-group.ts";
import { aborted, closed } from "./call.ts";
import { Places } from "./places.ts";
import { type Job, PoolMember, type RunOptions } from "./pool-member.ts";
import type { TaskResult } from "./protocol.ts";

/** How long a thread beyond the pool's size stays without work, in milliseconds. */
const IDLE_MS = 10_000;

/**
 * Runs tasks in threads, one at a time in each. Lanes take turns, and a lane of which no task works may
 * have one beyond the pool's size, so that a plugin that loops does not hold up the others; nor does
 * one that waits for a program, which goes on once it has a place again. A task that outlives its
 * deadline, or whose caller gave up, ends with its thread; the next task gets a new one.
 */
export class WorkerPool {
  readonly #size: number;
  /** Waiting jobs by lane; the lane whose turn it is stands first. */
  readonly #lanes = new Map<number, Job[]>();
  readonly #members = new Set<PoolMember>();
  /** Those whose tasks want to go on, in the order in which they came to. */
  readonly #returning = new Set<PoolMember>();
  readonly #aborts = new AbortGroup();
  readonly #idleMs: number;
  /** Those that have had no work since {@link #stopResting}'s timer began. */
  readonly #resting = new Set<PoolMember>();
  #stopResting: (() => void) | undefined;
  #closed = false;

  /**
   * @param size At most this many tasks of a lane run at a time; threads start when they are needed.
   * @param options `idleMs`: how long those beyond the size stay without work.
   */
  constructor(size: number, { idleMs = IDLE_MS }: { readonly idleMs?: number } = {}) {
    this.#size = size;
    this.#idleMs = idleMs;
  }

  /** How many threads there are. */
  get threads(): number {
    return this.#members.size;
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
    this.#stopResting?.();
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
    for (const member of this.#returning) this.#resume(member);
    while (this.#startNext());
    this.#endResting();
  }

  /** Lets a task go on if it has, or gets, a place. */
  #resume(member: PoolMember): void {
    if (member.isReturning) {
      const places = new Places(this.#size, this.#members);
      if (!places.has(member) && !places.isFreeFor(member.job!.options.lane)) return;
      member.resume();
    }
    this.#returning.delete(member);
  }

  /** Starts a job of the first lane that may run one. @returns whether there was any */
  #startNext(): boolean {
    if (this.#lanes.size === 0) return false;
    const places = new Places(this.#size, this.#members);
    for (const [lane, jobs] of this.#lanes) {
      if (!places.isFreeFor(lane) || this.#mustWait(lane)) continue;
      const job = jobs.shift()!;
      // To the end of the line, or out of it.
      this.#lanes.delete(lane);
      if (jobs.length > 0) this.#lanes.set(lane, jobs);
      const member = [...this.#members].find(({ job }) => job === undefined) ?? this.#add();
      this.#resting.delete(member);
      member.start(job);
      return true;
    }
    return false;
  }

  /** Whether a lane's tasks run one after the other, and one does. */
  #mustWait(lane: number): boolean {
    return [...this.#members].some(({ job }) => job?.options.lane === lane && job.options.serial);
  }

  /** Has threads beyond the size end that get no work for some time. */
  #endResting(): void {
    const idle = [...this.#members].filter(({ job }) => job === undefined);
    if (this.#stopResting !== undefined || idle.length === 0 || this.threads <= this.#size) return;
    for (const member of idle) this.#resting.add(member);
    this.#stopResting = startQuietTimer(() => {
      this.#stopResting = undefined;
      for (const member of this.#resting) {
        if (this.threads > this.#size) void member.end(closed());
      }
      this.#resting.clear();
      this.#endResting();
    }, this.#idleMs);
  }

  /** Later, so that whoever aborts many calls at once has aborted them all before one is started. */
  #dispatchSoon(): void {
    queueMicrotask(() => {
      if (!this.#closed) this.#dispatch();
    });
  }

  #add(): PoolMember {
    const member = new PoolMember({
      onFree: () => this.#dispatchSoon(),
      onReturn: (returning) => {
        this.#returning.add(returning);
        this.#dispatchSoon();
      },
      onGone: (gone) => {
        for (const set of [this.#members, this.#returning, this.#resting]) set.delete(gone);
        this.#dispatchSoon();
      },
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

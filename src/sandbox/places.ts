import type { PoolMember } from "./pool-member.ts";

/** Threads beyond the pool's size, for lanes that would otherwise wait for another one's loops. */
const SPARE_THREADS = 8;

/** Tasks that may wait for a program beside those that run; each has a thread of some 12 MB. */
const WAITING_TASKS = 16;

/**
 * Who has a place in a pool. A task has one while it works. What waits for a program has none, since a
 * thread that sleeps needs no core; where more wait than may, the others keep theirs.
 */
export class Places {
  readonly #size: number;
  readonly #taken: ReadonlySet<PoolMember>;
  readonly #lanes: ReadonlySet<number>;

  constructor(size: number, members: Iterable<PoolMember>) {
    this.#size = size;
    const busy = [...members].filter((member) => member.job !== undefined);
    const waiting = busy.filter((member) => member.isWaiting);
    // Who has what it waited for wants a place: if anyone, it keeps the one it has.
    const returning = waiting.filter((member) => member.isReturning);
    const sleeping = waiting.filter((member) => !member.isReturning);
    const asleep = new Set([...sleeping, ...returning].slice(0, WAITING_TASKS));
    this.#taken = new Set(busy.filter((member) => !asleep.has(member)));
    this.#lanes = new Set([...this.#taken].map((member) => member.job!.options.lane));
  }

  has(member: PoolMember): boolean {
    return this.#taken.has(member);
  }

  /** Whether there is one more for a lane: one of its own, or one of those that all share. */
  isFreeFor(lane: number): boolean {
    return this.#lanes.has(lane)
      ? this.#taken.size < this.#size
      : this.#lanes.size < this.#size + SPARE_THREADS;
  }
}

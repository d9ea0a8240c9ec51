/** What a timer takes; beyond that it would go off at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** A signal that several things abort, each with a reason of its own. */
export class Bound {
  readonly #controller: AbortController = new AbortController();
  readonly #releases: (() => void)[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Aborts with `signal`, for the reason that `why` makes of its own. */
  by(
    signal: AbortSignal | undefined,
    why: (reason: unknown) => unknown = (reason) => reason,
  ): this {
    if (signal === undefined) return this;
    const abort = () => this.#controller.abort(why(signal.reason));
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    this.#releases.push(() => signal.removeEventListener("abort", abort));
    return this;
  }

  /** Aborts when the time is up. @param ms `Infinity` for never. */
  after(ms: number, why: () => unknown): this {
    if (ms > MAX_TIMER_MS) return this;
    this.#timer = setTimeout(() => this.#controller.abort(why()), ms);
    return this;
  }

  /** Time counts no more. */
  stopTimer(): void {
    clearTimeout(this.#timer);
  }

  /** To be called when what it bounds is over; nothing aborts it then. */
  end(): void {
    this.stopTimer();
    for (const release of this.#releases.splice(0)) release();
  }
}

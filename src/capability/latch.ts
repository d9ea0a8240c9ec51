import { withinTime } from "../within-time.ts";

/** Something that happens once, and that can be waited for. */
export class Latch {
  readonly #opened: Promise<void>;
  #resolve!: () => void;
  #isOpen = false;

  constructor() {
    this.#opened = new Promise((resolve) => this.#resolve = resolve);
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Bound, so that it can be a listener. */
  readonly open = (): void => {
    this.#isOpen = true;
    this.#resolve();
  };

  /** Resolves when this or one of `others` is open, or after `ms`. */
  async wait(others: readonly Latch[] = [], ms?: number): Promise<void> {
    const ends = [this, ...others].map((latch) => latch.#opened);
    if (ms === undefined) return await Promise.race(ends);
    await withinTime(ms, Promise.race(ends));
  }
}

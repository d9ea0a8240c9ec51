/**
 * Runs actions when a signal aborts, with one listener on each signal however many actions wait for
 * it: a caller may hand the same signal to a thousand calls, and a runtime warns of a leak at eleven.
 */
export class AbortGroup {
  readonly #waiting = new Map<AbortSignal, Set<() => void>>();

  /**
   * Runs `action` once when `signal` aborts.
   *
   * @returns Takes it back.
   */
  add(signal: AbortSignal, action: () => void): () => void {
    const actions = this.#waiting.get(signal) ?? this.#listen(signal);
    actions.add(action);
    return () => {
      actions.delete(action);
      if (actions.size > 0 || this.#waiting.get(signal) !== actions) return;
      this.#waiting.delete(signal);
      signal.removeEventListener("abort", this.#onAbort);
    };
  }

  #listen(signal: AbortSignal): Set<() => void> {
    const actions = new Set<() => void>();
    this.#waiting.set(signal, actions);
    signal.addEventListener("abort", this.#onAbort, { once: true });
    return actions;
  }

  readonly #onAbort = (event: Event): void => {
    const signal = event.target as AbortSignal;
    const actions = this.#waiting.get(signal) ?? [];
    this.#waiting.delete(signal);
    for (const action of [...actions]) action();
  };
}

import type { State } from "cofferdam/guest";

/**
 * Changes one value of the state with nobody in between, whoever else writes: several calls at a time,
 * or several hosts.
 *
 * @param change Makes the new value, null for none, of the one that is there. Called again where
 *   somebody else was faster; what it throws leaves the state as it was.
 */
export function update(
  state: State,
  key: string,
  change: (current: string | null) => string | null,
): void {
  let current = state.get(key);
  for (;;) {
    const value = change(current);
    if (value === current) return;
    const result = state.swap(key, current, value);
    if (result.swapped) return;
    current = result.current;
  }
}

import type { State } from "cofferdam/guest";
import type { Settings } from "./settings.ts";
import { update } from "./update.ts";

const KEY = "epoch";

/** A daemon has started: what it asks for from now on, it may ask for again. */
export function nextEpoch(state: State): void {
  update(state, KEY, (text) => `${read(text) + 1}`);
}

/** How many times a daemon has started; 0 where none is to ask again. */
export function currentEpoch({ replay = false }: Settings, state: State): number {
  return replay ? read(state.get(KEY)) : 0;
}

function read(text: string | null): number {
  return Number(text ?? "0");
}

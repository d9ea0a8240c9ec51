import { setImmediate } from "node:timers/promises";

/** How long work may keep the event loop from everything else, in milliseconds. */
const SLICE_MS = 10;

/** Settles when the event loop has been around once; absent while nobody has begun to work. */
let turn: Promise<void> | undefined;
let began = 0;

/**
 * Whether work may be done right now without holding up timers, sockets and files. To be asked in one
 * step with the work: all that were begun at once would else see the same clock.
 */
export function mayWork(): boolean {
  if (turn === undefined) {
    began = performance.now();
    turn = setImmediate().then(() => turn = undefined);
  }
  return performance.now() - began < SLICE_MS;
}

/**
 * Does `work`, after timers, sockets and files had their turn where work of this kind has held them up
 * for some time. What finishes within microtasks would otherwise hold them up for as long as there is
 * any. Never works within its caller's own statement.
 */
export async function inTurn<T>(work: () => T): Promise<T> {
  await undefined;
  while (!mayWork()) await turn;
  return work();
}

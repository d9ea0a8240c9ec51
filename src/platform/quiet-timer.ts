import { clearTimeout, setTimeout } from "node:timers";

/**
 * Runs `action` once after some milliseconds, if the process lasts as long: it is not kept for this.
 *
 * @returns Takes it back.
 */
export function startQuietTimer(action: () => void, ms: number): () => void {
  const timer = setTimeout(action, ms);
  timer.unref();
  return () => clearTimeout(timer);
}

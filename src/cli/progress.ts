import type { VerbContext } from "./verb.ts";

/** A line on stderr that counts, for runs that people wait for. */
export interface Progress {
  advance(): void;
  /** Takes the line away. */
  end(): void;
}

/** A run shorter than this shows nothing. */
const QUIET_MS = 1_000;
const REDRAW_MS = 100;

/** Counts judged documents; silent with `--quiet` and where stderr is no terminal. */
export function createProgress({ quiet, stderr }: VerbContext): Progress {
  if (quiet || !stderr.isTerminal) return { advance: () => {}, end: () => {} };
  const started = performance.now();
  let drawn = 0;
  let count = 0;
  return {
    advance: () => {
      count++;
      const now = performance.now();
      if (now - started < QUIET_MS || now - drawn < REDRAW_MS) return;
      drawn = now;
      void stderr.write(`\r${count} documents judged`);
    },
    end: () => {
      if (drawn > 0) void stderr.write("\r\x1b[K");
    },
  };
}

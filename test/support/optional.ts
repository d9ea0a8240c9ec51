import process from "node:process";

/**
 * Says on stderr that a suite's tests do not run here: uvu shows no names of skipped tests. They are
 * not counted, neither as passed nor as failed.
 */
export function leaveOut(suite: string, why: string): void {
  process.stderr.write(`\nleft out: ${suite}: ${why}\n`);
}

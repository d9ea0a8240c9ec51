import { withinTime } from "../../src/within-time.ts";

/**
 * Throws where `work` takes longer than a test may. For what stands between opening and closing, so
 * that a test that would wait for ever closes what it has open, and ends.
 */
export async function inTime(work: Promise<void>, ms = 40_000): Promise<void> {
  if (await withinTime(ms, work.then(() => true)) !== undefined) return;
  throw new Error(`it did not end within ${ms} ms`);
}

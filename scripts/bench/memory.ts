import { availableParallelism } from "node:os";
import process from "node:process";
import { packBundle } from "../../src/bundle/pack.ts";
import type { Document } from "../../src/document/document.ts";
import { createHost } from "../../src/host/host.ts";
import { ALLOW, assemble } from "./guest.ts";
import { median } from "./measure.ts";
import { aimAtMost, type Row, type Section } from "./report.ts";

const MANIFEST = {
  manifestVersion: 1,
  name: "bench",
  version: "1.0.0",
  implements: [{ contract: "admission", version: 1, kinds: ["json"] }],
};

/** With fewer calls the first quarter, which is left out as warm-up, is too short to be that. */
export const LEAST_CALLS = 100_000;

const POINTS = 20;
const AIM_CALLS = 1_000_000;

/** What "flat" means: so much more in the last quarter than in the second, the first being warm-up. */
const FLAT = 1.1;

/**
 * The memory of a process whose host answers many calls, as many at once as there are cores.
 *
 * @param calls At least {@link LEAST_CALLS}.
 */
export async function measureMemory(runtime: string, calls: number): Promise<Section[]> {
  await using host = await createHost();
  const policy = await host.load(packBundle(assemble(ALLOW), MANIFEST));
  const document: Document = {
    kind: "json",
    object: { text: "x".repeat(1000) },
    subject: { name: "bench" },
    evidence: [],
    input: "bench.json",
    index: 0,
    mediaType: "application/json",
    inputDigest: `sha256:${"0".repeat(64)}`,
    locate: () => undefined,
  };
  const step = Math.floor(calls / POINTS);
  const before = rssMiB();
  const curve: number[] = [];
  while (curve.length < POINTS) {
    let left = step;
    const lane = async () => {
      while (left-- > 0) await policy.admission.check(document);
    };
    await Promise.all(Array.from({ length: availableParallelism() }, lane));
    curve.push(rssMiB());
  }
  const quarter = POINTS / 4;
  const growth = median(curve.slice(-quarter)) / median(curve.slice(quarter, 2 * quarter));
  const point = (name: string, median: number): Row => {
    return { name, unit: "MiB", median, p99: null, samples: 1, ratio: null, aim: null };
  };
  const shown = [1, 5, 10, 15, 20].map((n) =>
    point(`after ${(n * step).toLocaleString("en")} calls`, curve[n - 1]!)
  );
  const last = shown.pop()!;
  const aim = aimAtMost(FLAT, growth, `flat over ${(POINTS * step).toLocaleString("en")} calls`);
  return [{
    part: "memory",
    title: "resident memory of a host, 1 KB for each call",
    runtime,
    rows: [point("before the first call", before), ...shown, { ...last, aim }],
    notes: [
      `flat: the median of the last quarter is at most ${FLAT}x that of the second quarter`,
      ...(calls < AIM_CALLS ? [`the aim is a million calls: --calls ${AIM_CALLS}`] : []),
    ],
  }];
}

function rssMiB(): number {
  return process.memoryUsage.rss() / 2 ** 20;
}

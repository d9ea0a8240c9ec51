/**
 * Calls plugins a million times in every way that a call can end, and shows how much memory the process
 * has after each twentieth. Ends with 1 where memory grew, or where a call got another code than its own.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { createHost } from "../src/host/host.ts";
import { PluginError } from "../src/plugin-error.ts";
import { median } from "./bench/measure.ts";
import { type Kind, loadMix } from "./soak/mix.ts";

const { values } = parseArgs({
  options: { calls: { type: "string", default: "1000000" } },
});
const CALLS = Number(values.calls);

/** With fewer, the first quarter is too short to warm up in. */
const LEAST_CALLS = 100_000;
if (!Number.isSafeInteger(CALLS) || CALLS < LEAST_CALLS) {
  throw new Error(`Cannot make ${values.calls} calls: wanted a whole number from ${LEAST_CALLS}`);
}

const POINTS = 20;
/** So much more in the last quarter than in the second; the first is warm-up. */
const FLAT = 1.1;
/** More than there are threads, so that some always wait. */
const LANES = 8 * availableParallelism();

const folder = await mkdtemp(join(tmpdir(), "cofferdam-soak-"));
const host = await createHost();
const kinds = await loadMix(host, folder);
const outcomes = new Map<string, number>();
const wrong: string[] = [];
const curve: number[] = [];
const started = performance.now();

const next = chooser(kinds);
for (let point = 1; point <= POINTS; point++) {
  let left = Math.floor((CALLS * point) / POINTS) - Math.floor((CALLS * (point - 1)) / POINTS);
  const lane = async () => {
    while (left-- > 0) await callOnce(next());
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  curve.push(process.memoryUsage.rss() / 2 ** 20);
  const seconds = ((performance.now() - started) / 1_000).toFixed(0);
  console.log(
    `${String(point * (100 / POINTS)).padStart(3)} % ${curve.at(-1)!.toFixed(1).padStart(8)} MiB ${
      seconds.padStart(5)
    } s`,
  );
}
await host.close();
await rm(folder, { recursive: true, force: true });

for (const [outcome, count] of [...outcomes].sort()) {
  console.log(`${String(count).padStart(9)}  ${outcome}`);
}
const quarter = POINTS / 4;
const growth = median(curve.slice(-quarter)) / median(curve.slice(quarter, 2 * quarter));
console.log(`last quarter to second quarter: ${growth.toFixed(3)} (at most ${FLAT})`);
for (const line of wrong.slice(0, 20)) console.log(line);
if (wrong.length > 0) console.log(`${wrong.length} calls got another code than their own`);
process.exitCode = wrong.length > 0 || growth > FLAT ? 1 : 0;

async function callOnce({ name, wanted, call }: Kind): Promise<void> {
  let outcome = "allowed";
  try {
    await call();
  } catch (error) {
    outcome = error instanceof PluginError ? error.code : String(error);
  }
  outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  if (outcome !== wanted) wrong.push(`"${name}" got ${outcome}, wanted ${wanted}`);
}

/** Chooses by weight; the same order in every run. */
function chooser(all: readonly Kind[]): () => Kind {
  const wheel = all.flatMap((kind) => new Array<Kind>(kind.weight).fill(kind));
  let state = 1;
  return () => {
    // The generator of Numerical Recipes; its upper bits are good enough for a mix.
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return wheel[Math.floor((state / 2 ** 32) * wheel.length)]!;
  };
}

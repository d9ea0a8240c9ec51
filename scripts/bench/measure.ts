import type { Aim, Row } from "./report.ts";

/** Something whose time is taken. */
export interface Contender {
  readonly name: string;
  /** Does the thing once. What is no promise is not awaited: that alone takes 0.1 microseconds. */
  run(): unknown;
  /** Tidies up after a round; not part of its time. */
  endRound?(): Promise<unknown>;
}

/** How long contenders are measured. */
export interface Effort {
  readonly rounds: number;
  /** About a contender's time in one round, in milliseconds; it runs at least once. */
  readonly sliceMs: number;
  /** Unmeasured time for each contender beforehand; it runs at least once. */
  readonly warmUpMs: number;
}

/** A contender's times in milliseconds. */
export interface Times {
  readonly name: string;
  readonly samples: readonly number[];
  /** The median of each round. */
  readonly rounds: readonly number[];
}

/** Shorter calls are measured in batches that take as long: a look at the clock costs time too. */
const SAMPLE_MS = 0.02;

/**
 * Measures contenders in turns, A B C A B C, so that a noisy moment hits all of them alike. A sample
 * is one call, or the mean of a batch where a call takes less than {@link SAMPLE_MS}.
 */
export async function interleave(
  contenders: readonly Contender[],
  { rounds, sliceMs, warmUpMs }: Effort,
): Promise<Times[]> {
  const runs = [];
  for (const contender of contenders) {
    const eachMs = await warmUp(contender, warmUpMs);
    const batch = Math.max(1, Math.ceil(SAMPLE_MS / eachMs));
    // Fixed for all rounds: as many as fit would give quick rounds more weight than slow ones.
    const count = Math.max(1, Math.round(sliceMs / (eachMs * batch)));
    const times = { name: contender.name, samples: [] as number[], rounds: [] as number[] };
    runs.push({ contender, batch, count, times });
  }
  for (let round = 0; round < rounds; round++) {
    for (const { contender, batch, count, times } of runs) {
      const samples: number[] = [];
      for (let i = 0; i < count; i++) samples.push(await timeOf(contender, batch));
      await contender.endRound?.();
      times.samples.push(...samples);
      times.rounds.push(median(samples));
    }
  }
  return runs.map((run) => run.times);
}

/** @returns The time of one run in milliseconds, once it has settled. */
async function warmUp(contender: Contender, ms: number): Promise<number> {
  const samples: number[] = [];
  const end = performance.now() + ms;
  do samples.push(await timeOf(contender, 1)); while (performance.now() < end);
  await contender.endRound?.();
  return median(samples.slice(Math.floor(samples.length / 2)));
}

/** @returns The mean time of `batch` runs in milliseconds. */
async function timeOf(contender: Contender, batch: number): Promise<number> {
  const started = performance.now();
  for (let i = 0; i < batch; i++) {
    const result = contender.run();
    if (result instanceof Promise) await result;
  }
  return (performance.now() - started) / batch;
}

/** The value that `part` of all values do not exceed: 0.5 the median, 0.99 the p99. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? NaN;
}

/** The middle value. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** How many times as long `times` took as `peer`, in each round that both ran. */
function ratiosOf(times: Times, peer: Times): number[] {
  return times.rounds.map((value, round) => value / peer.rounds[round]!);
}

/** A row of the report; with `own`, Cofferdam's times, it gets a ratio. */
export function rowOf(times: Times, own?: Times, aim?: (ratio: number) => Aim): Row {
  const ratios = own === undefined || own === times ? null : ratiosOf(own, times);
  const ratio = ratios && {
    median: median(ratios),
    low: quantile(ratios, 0.1),
    high: quantile(ratios, 0.9),
  };
  return {
    name: times.name,
    unit: "ms",
    median: median(times.samples),
    p99: times.samples.length > 1 ? quantile(times.samples, 0.99) : null,
    samples: times.samples.length,
    ratio,
    aim: ratio && aim ? aim(ratio.median) : null,
  };
}

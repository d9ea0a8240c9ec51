/** The parts of the benchmark, in the order in which they run. */
export const PARTS = [
  "memory",
  "cold",
  "files",
  "calls",
  "fresh",
  "metering",
  "authoring",
  "cipd",
  "cni",
  "docker",
] as const;

/** The name of a part. */
export type Part = (typeof PARTS)[number];

/**
 * What `--json FILE` writes. Every number was measured in this one run; what could not be measured is
 * not there, and `failures` or a note of its section says why.
 */
export interface BenchReport {
  readonly environment: Environment;
  readonly sections: readonly Section[];
  /** Parts that broke off, with why. */
  readonly failures: readonly { readonly part: Part; readonly message: string }[];
}

/** Where and when it ran. */
export interface Environment {
  /** RFC 3339, UTC. */
  readonly startedAt: string;
  readonly seconds: number;
  /** The runtime of the parts that run within the benchmark: `Node 20.20.2`. */
  readonly runtime: string;
  readonly v8: string;
  /** The peer: `@extism/extism 2.0.0-rc13`. */
  readonly extism: string;
  /** `linux x64`. */
  readonly platform: string;
  readonly cpu: string;
  readonly cores: number;
  /** Load over the last minute; what was there before came from others on the same machine. */
  readonly loadBefore: number;
  readonly loadAfter: number;
}

/** Things that were measured side by side. */
export interface Section {
  readonly part: Part;
  readonly title: string;
  /** The runtime of what was measured, with its version. */
  readonly runtime: string;
  readonly rows: readonly Row[];
  readonly notes: readonly string[];
}

/** One thing that was measured. */
export interface Row {
  readonly name: string;
  readonly unit: "ms" | "KB" | "MiB" | "files/s" | "calls/s";
  readonly median: number;
  /** The largest sample where there are fewer than 100; null where there is one. */
  readonly p99: number | null;
  readonly samples: number;
  /** Null where there is nothing to compare with. */
  readonly ratio: Ratio | null;
  readonly aim: Aim | null;
}

/**
 * Cofferdam's time over the row's, taken in each round: 2 means that Cofferdam takes twice as long.
 * `low` and `high` bound the middle 80 % of the rounds; where they are far apart the machine was busy.
 */
export interface Ratio {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

/** What the project promises, and whether this run kept it. */
export interface Aim {
  /** In words: `at most 3x the start of bare Node`. */
  readonly text: string;
  readonly limit: number;
  /** What is held against `limit`: a ratio, or for an absolute aim seconds or milliseconds. */
  readonly measured: number;
  readonly met: boolean;
}

/** Holds a measurement against an upper limit. */
export function aimAtMost(limit: number, measured: number, text: string): Aim {
  return { text, limit, measured, met: measured <= limit };
}

import { mkdtemp, rm } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { findRuntimes, type Runtime, runToEnd } from "./command.ts";
import { deployment, writeDeployments } from "./deployment.ts";
import { type Effort, interleave, median, rowOf, type Times } from "./measure.ts";
import { aimAtMost, type Row, type Section } from "./report.ts";

const FILES = 1000;
const AIM_SECONDS = 2;
const EFFORT: Effort = { rounds: 5, sliceMs: 0, warmUpMs: 0 };

/** One process that checks a folder of 1,000 Kubernetes files; all runtimes in turns. */
export async function measureFiles(): Promise<Section[]> {
  const runtimes = await findRuntimes();
  const folder = await mkdtemp(join(tmpdir(), "cofferdam-bench-"));
  try {
    await writeDeployments(folder, FILES);
    const counts = await Promise.all(runtimes.map((runtime) => countVerdicts(runtime, folder)));
    const peaks = runtimes.map((): (number | null)[] => []);
    const times = await interleave(
      runtimes.map(({ name, check }, i) => ({
        name,
        run: async () => peaks[i]!.push((await runToEnd([...check, folder], true)).peakMiB),
      })),
      EFFORT,
    );
    return runtimes.map(({ name }, i) => sectionOf(name, times[i]!, peaks[i]!, counts[i]!));
  } finally {
    await rm(folder, { recursive: true });
  }
}

function sectionOf(
  runtime: string,
  times: Times,
  peaks: readonly (number | null)[],
  verdicts: string,
): Section {
  const row = rowOf({ ...times, name: "whole process" });
  const seconds = row.median / 1000;
  const aim = aimAtMost(AIM_SECONDS, seconds, `under ${AIM_SECONDS} s on 2 cores`);
  const bytes = Array.from({ length: FILES }, (_, i) => deployment(i).length);
  const known = peaks.filter((peak) => peak !== null);
  const single: Omit<Row, "name" | "unit" | "median"> = {
    p99: null,
    samples: row.samples,
    ratio: null,
    aim: null,
  };
  const rows: Row[] = [
    { ...row, aim },
    { name: "throughput", unit: "files/s", median: FILES / seconds, ...single },
  ];
  if (known.length > 0) {
    rows.push({ name: "peak memory", unit: "MiB", median: median(known), ...single });
  }
  return {
    part: "files",
    title: `cofferdam check of ${FILES.toLocaleString("en")} Kubernetes files`,
    runtime,
    rows,
    notes: [
      `${verdicts}; files of ${median(bytes)} bytes; ${availableParallelism()} cores here`,
      ...(known.length > 0 ? [] : ["peak memory: not available, this system has no /proc"]),
    ],
  };
}

/** Makes sure, before any time is taken, that every file really gets a verdict. */
async function countVerdicts({ name, check }: Runtime, folder: string): Promise<string> {
  const { stdout } = await runToEnd([...check, "--format", "json", folder]);
  const { allowed, denied, errors } = JSON.parse(stdout).summary as Record<string, number>;
  if (allowed! + denied! === FILES && errors === 0) return `${allowed} allowed, ${denied} denied`;
  throw new Error(
    `Cannot measure ${name}: of ${FILES} files ${allowed} were allowed, ${denied} denied, ${errors} failed`,
  );
}

import { mkdtemp, rm } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { type Command, findRuntimes, runToEnd } from "./command.ts";
import { deployment, writeDeployments } from "./deployment.ts";
import { type Effort, interleave, median, rowOf, type Times } from "./measure.ts";
import { aimAtMost, type Part, type Row, type Section } from "./report.ts";

const FILES = 1000;
const EFFORT: Effort = { rounds: 5, sliceMs: 0, warmUpMs: 0 };

/** What checks a folder of 1,000 files. */
export interface Checker {
  readonly part: Part;
  /** The runtime, with its version. */
  readonly runtime: string;
  /** What stands behind "cofferdam check of 1,000 Kubernetes files". */
  readonly how: string;
  /** Wants the folder. */
  readonly check: Command;
  readonly aimSeconds: number;
}

/** The sample plugin, on all runtimes. */
export async function measureFiles(): Promise<Section[]> {
  const runtimes = await findRuntimes();
  return await measureCheckers(
    runtimes.map(({ name, check }) => ({
      part: "files",
      runtime: name,
      how: "",
      check,
      aimSeconds: 2,
    })),
  );
}

/** One process that checks a folder of 1,000 Kubernetes files; all checkers in turns. */
export async function measureCheckers(checkers: readonly Checker[]): Promise<Section[]> {
  const folder = await mkdtemp(join(tmpdir(), "cofferdam-bench-"));
  try {
    await writeDeployments(folder, FILES);
    const counts = await Promise.all(checkers.map((checker) => countVerdicts(checker, folder)));
    const peaks = checkers.map((): (number | null)[] => []);
    const times = await interleave(
      checkers.map(({ runtime, check }, i) => ({
        name: runtime,
        run: async () => peaks[i]!.push((await runToEnd([...check, folder], true)).peakMiB),
      })),
      EFFORT,
    );
    return checkers.map((checker, i) => sectionOf(checker, times[i]!, peaks[i]!, counts[i]!));
  } finally {
    await rm(folder, { recursive: true });
  }
}

function sectionOf(
  { part, runtime, how, aimSeconds }: Checker,
  times: Times,
  peaks: readonly (number | null)[],
  verdicts: string,
): Section {
  const row = rowOf({ ...times, name: "whole process" });
  const seconds = row.median / 1000;
  const aim = aimAtMost(aimSeconds, seconds, `under ${aimSeconds} s on 2 cores`);
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
    part,
    title: `cofferdam check of ${FILES.toLocaleString("en")} Kubernetes files${how}`,
    runtime,
    rows,
    notes: [
      `${verdicts}; files of ${median(bytes)} bytes; ${availableParallelism()} cores here`,
      ...(known.length > 0 ? [] : ["peak memory: not available, this system has no /proc"]),
    ],
  };
}

/** Makes sure, before any time is taken, that every file really gets a verdict. */
async function countVerdicts({ runtime, check }: Checker, folder: string): Promise<string> {
  const { stdout } = await runToEnd([...check, "--format", "json", folder]);
  const { allowed, denied, errors } = JSON.parse(stdout).summary as Record<string, number>;
  if (allowed! + denied! === FILES && errors === 0) return `${allowed} allowed, ${denied} denied`;
  throw new Error(
    `Cannot measure ${runtime}: of ${FILES} files ${allowed} were allowed, ${denied} denied, ${errors} failed`,
  );
}

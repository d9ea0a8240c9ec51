import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Command, findRuntimes, runToEnd } from "./command.ts";
import { deployment } from "./deployment.ts";
import { type Contender, type Effort, interleave, rowOf } from "./measure.ts";
import { aimAtMost, type Section } from "./report.ts";

const EFFORT: Effort = { rounds: 25, sliceMs: 0, warmUpMs: 0 };

/** A whole process that checks one small file, beside one that does nothing; all runtimes in turns. */
export async function measureCold(): Promise<Section[]> {
  const runtimes = await findRuntimes();
  const folder = await mkdtemp(join(tmpdir(), "cofferdam-bench-"));
  try {
    const file = join(folder, "deployment.yaml");
    await writeFile(file, deployment(0));
    const times = await interleave(
      runtimes.flatMap((runtime) => [
        contenderOf("cofferdam check, one file", [...runtime.check, file]),
        contenderOf(onDeno(runtime.name) ? "deno eval 0" : "node -e 0", runtime.bare),
      ]),
      EFFORT,
    );
    return runtimes.map(({ name }, i): Section => {
      const [own, bare] = [times[2 * i]!, times[2 * i + 1]!];
      const aim = (ratio: number) => aimAtMost(3, ratio, "at most 3x the start of bare Node");
      return {
        part: "cold",
        title: "a process from start to end",
        runtime: name,
        rows: [rowOf(own), rowOf(bare, own, onDeno(name) ? undefined : aim)],
        notes: [],
      };
    });
  } finally {
    await rm(folder, { recursive: true });
  }
}

function onDeno(runtime: string): boolean {
  return runtime.startsWith("Deno");
}

function contenderOf(name: string, command: Command): Contender {
  return { name, run: () => runToEnd(command) };
}

import { existsSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { LIMITS } from "../../src/limits.ts";
import { controlsOf } from "../../src/sandbox/controls.ts";
import { meter, type MeteredModule } from "../../src/sandbox/metering/meter.ts";
import { readOutline } from "../../src/wasm/outline.ts";
import { PROJECT } from "../project.ts";
import { runToEnd } from "./command.ts";
import { importsOf, type Kernel, KERNELS } from "./kernel.ts";
import { type Contender, type Effort, interleave, median, rowOf, type Times } from "./measure.ts";
import { aimAtMost, type Row, type Section } from "./report.ts";

const EFFORT: Effort = { rounds: 40, sliceMs: 20, warmUpMs: 300 };
const COLD_RUNS = 15;

/** What a metered module takes longer than it did, and what rewriting a large one takes. */
export async function measureMetering(runtime: string): Promise<Section[]> {
  const rows: Row[] = [];
  const ratios: number[] = [];
  for (const kernel of KERNELS) {
    const bytes = await kernel.module();
    const [metered, plain] = await interleave([
      contenderOf("metered", kernel, meterOf(bytes)),
      contenderOf(kernel.name, kernel, { bytes, startCalls: [] }),
    ], EFFORT);
    const row = rowOf(plain!, metered!);
    rows.push(row);
    if (!kernel.recursion) ratios.push(row.ratio!.median);
  }
  const average = ratios.reduce((sum, ratio) => sum + ratio, 0) / ratios.length;
  const { met } = aimAtMost(1.25, average, "");
  const programs: Section = {
    part: "metering",
    title: "programs as they were, and how many times as long they take metered",
    runtime,
    rows,
    notes: [
      `without recursion ${average.toFixed(2)}x on average, ${
        met ? "met" : "missed"
      }: at most 1.25x`,
    ],
  };
  return [programs, await measureRewriting()];
}

function meterOf(bytes: Uint8Array): MeteredModule {
  return meter("the kernel", bytes, readOutline(bytes), { memoryPages: LIMITS.memoryPages });
}

function contenderOf(
  name: string,
  { start, result }: Kernel,
  { bytes, startCalls }: Pick<MeteredModule, "bytes" | "startCalls">,
): Contender {
  const module = new WebAssembly.Module(bytes as Uint8Array<ArrayBuffer>);
  const { exports } = new WebAssembly.Instance(module, importsOf(bytes));
  const { fuel, stack } = controlsOf(exports);
  const refill = () => {
    // Absent in the module as it was.
    if (fuel !== undefined) fuel.value = BigInt(LIMITS.fuel);
    if (stack !== undefined) stack.value = LIMITS.stackBytes;
  };
  refill();
  for (const name of startCalls) (exports[name] as () => void)();
  const run = start?.(exports) ?? exports["run"] as () => number;
  const checked = () => {
    refill();
    const found = run();
    if (found !== result) throw new Error(`The kernel gave ${found}, wanted ${result}`);
  };
  return { name, run: checked };
}

/** Of the largest module at hand: the engine of plugins that are written in TypeScript. */
async function measureRewriting(): Promise<Section> {
  const module = join(PROJECT, "node_modules", "quickjs-wasi", "quickjs.wasm");
  const section = {
    part: "metering",
    title: "quickjs.wasm (637 KB) rewritten",
    notes: [],
  } as const;
  const runtime = `Node ${process.versions.node}, a new process each time`;
  if (!existsSync(module)) {
    return { ...section, runtime, rows: [], notes: [`there is no "${module}" here`] };
  }
  const script = join(PROJECT, "build", "scripts", "bench", "rewrite-once.js");
  const node = "Deno" in globalThis ? "node" : process.execPath;
  const samples: number[] = [];
  for (let run = 0; run < COLD_RUNS; run++) {
    samples.push(Number((await runToEnd([node, script, module])).stdout));
  }
  const times: Times = { name: "fuel, depth, canonical NaNs", samples, rounds: samples };
  const aim = aimAtMost(25, median(samples), "at most 25 ms");
  return { ...section, runtime, rows: [{ ...rowOf(times), aim }] };
}

import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildTools, tool } from "../../test/real/cipd/tools.ts";
import { builtPlugin } from "../build-plugins.ts";
import { type Command, findRuntimes } from "./command.ts";
import { median, quantile, rowOf, type Times } from "./measure.ts";
import { aimAtMost, type Section } from "./report.ts";

const ROUNDS = 7;

const INSTANCE = "qUiQTy8PR5uPgZdpSzAYSw0u0cHNKh7A-4XSmaGSpEcC";

/** What the driver says of one run, in milliseconds and MiB. */
interface Run {
  readonly p50: number;
  readonly p99: number;
  readonly last: number;
  readonly peak: number;
}

/** One plugin, and how long it took in each round. */
interface Measured {
  readonly name: string;
  readonly command: Command;
  readonly first: number[];
  readonly p50: number[];
  readonly p99: number[];
  readonly last: number[];
  readonly peak: number[];
}

const SERVICE = "https://example.com";

/**
 * The bridge beside CIPD's Go example plugin, both launched by CIPD's own plugin host: pins that both
 * deny by their names, without metadata.
 */
export async function measureCipd(): Promise<Section[]> {
  const missing = await buildTools();
  if (missing !== undefined) throw new Error(missing);
  const folder = await mkdtemp(join(tmpdir(), "cofferdam-bench-"));
  try {
    const settings = join(folder, "settings.yaml");
    await writeFile(settings, `services: [${SERVICE}]\npackages: [{ prefix: good }]\n`);
    const flags = [
      "--plugin",
      builtPlugin("cipd-policy"),
      "--settings",
      settings,
      "--allow-metadata",
    ];
    const runtimes = await findRuntimes();
    const plugins = [
      measured("Go example plugin", [tool("example")]),
      ...runtimes.map(({ name, cofferdam }) =>
        measured(`cofferdam cipd serve, ${name}`, [...cofferdam, "cipd", "serve", ...flags])
      ),
    ];
    for (let round = 0; round < ROUNDS; round++) {
      for (const { command, first, p50, p99, last, peak } of plugins) {
        first.push((await drive(command, 1)).last);
        const run = await drive(command, 1_000);
        p50.push(run.p50);
        p99.push(run.p99);
        last.push(run.last);
        peak.push(run.peak);
      }
    }
    return [
      section("from launch to the first verdict", "ms", plugins, (one) => one.first),
      section("1,000 pins at once: the median pin, from launch", "ms", plugins, (one) => one.p50),
      section("1,000 pins at once: p99, from launch", "ms", plugins, (one) => one.p99),
      section(
        "1,000 pins at once: the last one, from launch",
        "ms",
        plugins,
        (one) => one.last,
        (ratio) => aimAtMost(1, ratio, "no slower than the Go example plugin"),
      ),
      section("1,000 pins at once: memory at its peak", "MiB", plugins, (one) => one.peak),
    ];
  } finally {
    await rm(folder, { recursive: true });
  }
}

function measured(name: string, command: Command): Measured {
  return { name, command, first: [], p50: [], p99: [], last: [], peak: [] };
}

function section(
  title: string,
  unit: "ms" | "MiB",
  plugins: readonly Measured[],
  values: (one: Measured) => readonly number[],
  aim?: Parameters<typeof rowOf>[2],
): Section {
  const times = plugins.map((one): Times => ({
    name: one.name,
    samples: values(one),
    rounds: values(one),
  }));
  const [peer, ...own] = times as [Times, ...Times[]];
  return {
    part: "cipd",
    title,
    runtime: "CIPD's own plugin host",
    // A ratio stands beside the peer; with two of ours, each has a row of the peer of its own.
    rows: own.flatMap((one) => [rowOf(one), rowOf(peer, one, aim)]).map((row) => ({
      ...row,
      unit,
    })),
    notes: [],
  };
}

/** Launches a plugin under CIPD's plugin host and has it judge so many pins at once. */
function drive([program, ...args]: Command, pins: number): Promise<Run> {
  return new Promise((resolve, reject) => {
    const child = spawn(tool("driver"), ["-memory", "--", program, ...args], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    let output = "";
    child.stdout.on("data", (chunk) => output += chunk);
    child.on("error", reject);
    child.on("close", () => {
      const lines = output.split("\n").filter(Boolean).map((line) => JSON.parse(line));
      const answers = lines.filter((line) => "pin" in line);
      if (answers.length !== pins || answers.some(({ code }) => code !== "FailedPrecondition")) {
        return reject(new Error(`not all pins were denied: ${output.slice(0, 500)}`));
      }
      const times = answers.map(({ micros }) => micros / 1_000);
      resolve({
        p50: median(times),
        p99: quantile(times, 0.99),
        last: Math.max(...times),
        peak: lines.find((line) => "peakKiB" in line).peakKiB / 1_024,
      });
    });
    const lines = Array.from({ length: pins }, (_, n) => `experimental/${n} ${INSTANCE}\n`);
    child.stdin.end(lines.join(""));
  });
}

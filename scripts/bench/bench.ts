/**
 * `npm run bench`: what Cofferdam costs, beside its peers, in one run. Prints a table for each part
 * as soon as it is measured; the numbers decide nothing, so a missed aim is no failure; a part that
 * cannot be measured is.
 *
 *     npm run bench -- [--only PART]... [--json FILE] [--calls N]
 *
 * `--json` writes a `BenchReport`; `--calls` is how many calls the part `memory` makes.
 */
import { readFile, writeFile } from "node:fs/promises";
import { arch, availableParallelism, cpus, loadavg, platform } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { withoutExperimentalWarnings } from "../../src/platform/warning.ts";
import { PROJECT } from "../project.ts";
import { measureCipd } from "./cipd.ts";
import { measureCni } from "./cni.ts";
import { measureCold } from "./cold.ts";
import { measureDocker } from "./docker.ts";
import { measureFiles } from "./files.ts";
import { LEAST_CALLS, measureMemory } from "./memory.ts";
import { measureMetering } from "./metering.ts";
import { type BenchReport, type Part, PARTS, type Section } from "./report.ts";
import { renderEnvironment, renderLegend, renderSection } from "./table.ts";

const { values: options } = parseArgs({
  options: {
    only: { type: "string", multiple: true, default: [] },
    json: { type: "string" },
    calls: { type: "string", default: String(LEAST_CALLS) },
  },
});
const parts = partsOf(options.only);
const calls = callsOf(options.calls);

const deno = (globalThis as { Deno?: { version: { deno: string } } }).Deno;
const runtime = deno === undefined ? `Node ${process.versions.node}` : `Deno ${deno.version.deno}`;
const sdk = join(PROJECT, "node_modules", "@extism", "extism", "package.json");
const started = performance.now();
const before = {
  startedAt: new Date().toISOString(),
  runtime,
  v8: process.versions.v8,
  extism: `@extism/extism ${JSON.parse(await readFile(sdk, "utf8")).version}`,
  platform: `${platform()} ${arch()}`,
  cpu: cpus()[0]?.model.trim() ?? "unknown processor",
  cores: availableParallelism(),
  loadBefore: loadavg()[0]!,
};
console.log(renderEnvironment(before));

const sections: Section[] = [];
const failures: BenchReport["failures"][number][] = [];
for (const part of parts) {
  try {
    for (const section of await measure(part)) {
      sections.push(section);
      console.log(renderSection(section));
    }
  } catch (error) {
    // The other parts took minutes: they are still worth having.
    const message = error instanceof Error ? error.message : String(error);
    failures.push({ part, message });
    process.exitCode = 1;
    console.log(`${part}: could not be measured: ${message}\n`);
  }
}
const seconds = (performance.now() - started) / 1000;
const environment = { ...before, seconds, loadAfter: loadavg()[0]! };
console.log(renderLegend(environment));
if (options.json !== undefined) {
  const report: BenchReport = { environment, sections, failures };
  await writeFile(options.json, `${JSON.stringify(report, null, 2)}\n`);
}

async function measure(part: Part): Promise<Section[]> {
  switch (part) {
    // First, in a process that nothing else has filled yet.
    case "memory":
      return await measureMemory(runtime, calls);
    case "cold":
      return await measureCold();
    case "files":
      return await measureFiles();
    // The SDK is loaded only where it is measured.
    case "calls":
      return await (await loadCalls()).measureCalls(runtime);
    case "fresh":
      return await (await loadCalls()).measureFresh(runtime);
    case "cipd":
      return await measureCipd();
    case "cni":
      return await measureCni();
    case "docker":
      return await measureDocker();
    case "metering":
      return await measureMetering(runtime);
    case "authoring":
      return await (await loadAuthoring()).measureAuthoring(runtime);
  }
}

/** The SDK imports node:wasi, which warns on stderr. */
function loadCalls() {
  return withoutExperimentalWarnings(() => import("./calls.ts"));
}

function loadAuthoring() {
  return withoutExperimentalWarnings(() => import("./authoring.ts"));
}

function partsOf(named: readonly string[]): readonly Part[] {
  const unknown = named.find((name) => !(PARTS as readonly string[]).includes(name));
  if (unknown !== undefined) {
    throw new Error(`Cannot measure "${unknown}": wanted one of ${PARTS.join(", ")}`);
  }
  return named.length === 0 ? PARTS : PARTS.filter((part) => named.includes(part));
}

function callsOf(given: string): number {
  const number = Number(given);
  if (Number.isInteger(number) && number >= LEAST_CALLS) return number;
  throw new Error(`Cannot make "${given}" calls: wanted a whole number of at least ${LEAST_CALLS}`);
}

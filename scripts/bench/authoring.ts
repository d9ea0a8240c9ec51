import { Buffer } from "node:buffer";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { gzipSync } from "node:zlib";
import canonicalize from "canonicalize";
import { buildPlugin } from "../../src/build/build-plugin.ts";
import { PROJECT } from "../project.ts";
import { type Command, findRuntimes, runToEnd } from "./command.ts";
import { measureCheckers } from "./files.ts";
import { type Contender, type Effort, interleave, median, rowOf, type Times } from "./measure.ts";
import { aimAtMost, type Row, type Section } from "./report.ts";
import { extismFresh, extismReused, type System } from "./system.ts";
import {
  buildTwins,
  ENTRY,
  plainFresh,
  plainRestored,
  plainReused,
  QUICKJS,
  sandboxed,
  TWIN,
  twinRequest,
  type Twins,
} from "./twin.ts";

const CALLS: Effort = { rounds: 60, sliceMs: 20, warmUpMs: 400 };
const BUILDS: Effort = { rounds: 7, sliceMs: 0, warmUpMs: 0 };
const COLD_RUNS = 15;

const TYPESCRIPT = "TypeScript";
const ASSEMBLYSCRIPT = "AssemblyScript";

/** One policy in TypeScript, in AssemblyScript, and as a script for QuickJS without all of ours. */
export async function measureAuthoring(runtime: string): Promise<Section[]> {
  const twins = await buildTwins();
  const input = await twinRequest();
  const folder = await mkdtemp(join(tmpdir(), "cofferdam-bench-"));
  try {
    return [
      ...await measureSizes(twins),
      await measureBuilds(folder),
      await measureLoads(twins, input, folder),
      ...await measureCallsOf(twins, input, runtime),
      ...await measureFilesOf(folder),
    ];
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function measureSizes({ typescript, assemblyscript, program }: Twins): Promise<Section[]> {
  const plain = Buffer.concat([await readFile(QUICKJS), Buffer.from(program)]);
  const files: [string, Uint8Array][] = [
    [`${TYPESCRIPT}, a plugin`, typescript],
    [`${ASSEMBLYSCRIPT}, a plugin`, assemblyscript],
    ["quickjs.wasm and the program", plain],
  ];
  const section = (title: string, sizes: readonly number[]): Section => ({
    part: "authoring",
    title,
    runtime: "a file",
    rows: sizes.map((size, i): Row => {
      const ratio = sizes[0]! / size;
      return {
        name: files[i]![0],
        ...{ unit: "KB", median: size / 1000, p99: null, samples: 1, aim: null },
        ratio: i === 0 ? null : { median: ratio, low: ratio, high: ratio },
      };
    }),
    notes: [],
  });
  return [
    section("size", files.map(([, bytes]) => bytes.length)),
    section("size, by gzip", files.map(([, bytes]) => gzipSync(bytes).length)),
  ];
}

async function measureBuilds(folder: string): Promise<Section> {
  const { name, cofferdam } = (await findRuntimes())[0]!;
  const contenderOf = (name: string, source: string): Contender => {
    const output = join(folder, "built.wasm");
    const command: Command = [...cofferdam, "build", join(TWIN, source), "-o", output];
    return { name, run: () => runToEnd(command) };
  };
  const times = await interleave([
    contenderOf(`${TYPESCRIPT}, types checked`, "policy.ts"),
    contenderOf(ASSEMBLYSCRIPT, join("assembly", "index.ts")),
  ], BUILDS);
  return {
    part: "authoring",
    title: "cofferdam build, a process from start to end",
    runtime: name,
    rows: times.map((t) => rowOf(t, times[0])),
    notes: [],
  };
}

async function measureLoads(twins: Twins, input: Uint8Array, folder: string): Promise<Section> {
  const file = async (name: string, content: Uint8Array | string): Promise<string> => {
    const path = join(folder, name);
    await writeFile(path, content);
    return path;
  };
  const request = await file("request.json", input);
  const contenders: [string, "sandbox" | "quickjs", string][] = [
    [TYPESCRIPT, "sandbox", await file("typescript.wasm", twins.typescript)],
    [ASSEMBLYSCRIPT, "sandbox", await file("assemblyscript.wasm", twins.assemblyscript)],
    ["quickjs-wasi, program evaluated", "quickjs", await file("program.js", twins.program)],
  ];
  const script = join(PROJECT, "build", "scripts", "bench", "load-once.js");
  const node = "Deno" in globalThis ? "node" : process.execPath;
  const samples = contenders.map((): number[] => []);
  for (let run = 0; run < COLD_RUNS; run++) {
    for (const [i, [, how, path]] of contenders.entries()) {
      const { stdout } = await runToEnd([node, script, how, path, request]);
      samples[i]!.push(Number(stdout));
    }
  }
  const times = contenders.map(([name], i): Times => {
    return { name, samples: samples[i]!, rounds: samples[i]! };
  });
  return {
    part: "authoring",
    title: "cold load: rewrite, compile, first call",
    runtime: `Node ${process.versions.node}, a new process each time`,
    rows: times.map((t) => rowOf(t, times[0])),
    notes: [],
  };
}

async function measureCallsOf(
  { typescript, assemblyscript, program }: Twins,
  input: Uint8Array,
  runtime: string,
): Promise<Section[]> {
  const module = new WebAssembly.Module(typescript);
  const groups: [string, number, System[]][] = [
    ["a warm call", 100, [
      await sandboxed(`${TYPESCRIPT}, reset`, typescript, false),
      await sandboxed(`${ASSEMBLYSCRIPT}, reset`, assemblyscript, false),
      named(`${TYPESCRIPT} in extism alone, the same instance`, await extismReused(module)),
      await plainReused(program),
    ]],
    ["a fresh call, a new instance each time", 300, [
      await sandboxed(`${TYPESCRIPT}, new instance`, typescript, true),
      await sandboxed(`${ASSEMBLYSCRIPT}, new instance`, assemblyscript, true),
      named(`${TYPESCRIPT} in extism alone, new instance`, extismFresh(module)),
      await plainRestored(program),
      await plainFresh(program),
    ]],
  ];
  const sections: Section[] = [];
  for (const [title, limitUs, systems] of groups) {
    await checkAnswers(systems, input);
    const times = await interleave(
      systems.map((system) => ({ name: system.name, run: () => system.call(ENTRY, input) })),
      CALLS,
    );
    const rows = times.map((t) => rowOf(t, times[0]));
    const measured = median(times[0]!.samples) * 1000;
    const aim = aimAtMost(limitUs, measured, `at most ${limitUs} us`);
    sections.push({
      part: "authoring",
      title: `${title}, ${input.length} bytes`,
      runtime,
      rows: [{ ...rows[0]!, aim }, ...rows.slice(1)],
      notes: [],
    });
    await Promise.all(systems.map((system) => system.close()));
  }
  return sections;
}

function named(name: string, system: System): System {
  return { ...system, name };
}

/** All must say the same. */
async function checkAnswers(systems: readonly System[], input: Uint8Array): Promise<void> {
  let wanted: string | undefined;
  for (const { name, call } of systems) {
    const answer = JSON.parse(new TextDecoder().decode(await call(ENTRY, input)));
    const found = canonicalize(answer)!;
    wanted ??= found;
    if (found === wanted && answer.reasons.length === 2) continue;
    throw new Error(`Cannot measure ${name}: it answered ${found}, wanted ${wanted}`);
  }
}

async function measureFilesOf(folder: string): Promise<Section[]> {
  const path = join(folder, "pod-security.wasm");
  const source = join(PROJECT, "wasm-plugins", "pod-security", "policy.ts");
  await writeFile(path, (await buildPlugin(source, { checkTypes: false })).bytes);
  const runtimes = await findRuntimes();
  return await measureCheckers(
    runtimes.map(({ name, cofferdam }) => ({
      part: "authoring",
      runtime: name,
      how: " by pod-security, in TypeScript",
      check: [...cofferdam, "check", "--plugin", path],
      aimSeconds: 3,
    })),
  );
}

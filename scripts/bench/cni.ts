import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { buildTools, tool } from "../../test/real/cni/tools.ts";
import { builtPlugin } from "../build-plugins.ts";
import { runCommand } from "../run-command.ts";
import { type Command, findRuntimes, type Runtime } from "./command.ts";
import { median, rowOf, type Times } from "./measure.ts";
import { aimAtMost, type Section } from "./report.ts";

const ROUNDS = 9;

/** Calls of each kind in a round. */
const IN_TURN = 60;
const IN_TURN_ALONE = 5;
const AT_ONCE = 50;

/** Where addresses are kept. The first is memory, where nobody waits for a disk. */
const PLACES = [
  { name: "in memory", folder: "/dev/shm", note: "Nothing is written to a disk here." },
  {
    name: "on a disk",
    folder: "/var/tmp",
    note: "wasm-ipam waits here until an address is on the disk (fsync), host-local does not.",
  },
] as const;

const CONFIG = { cniVersion: "1.0.0", name: "bench", type: "bridge" };
const RANGES = { ranges: [[{ subnet: "10.0.0.0/16" }]] };

/** A way to give addresses. */
interface Contender {
  readonly name: string;
  readonly path: string;
  readonly config: string;
  readonly calls: number;
  /** What is measured of it, in milliseconds, by round. */
  readonly rounds: Record<Measure, number[][]>;
}

const MEASURES = ["ADD", "DEL", "ADD at once", "DEL at once"] as const;

type Measure = (typeof MEASURES)[number];

/**
 * `wasm-ipam`, installed, beside native host-local of the same effect, both executed by one Go program as
 * runtimes execute them.
 */
export async function measureCni(): Promise<Section[]> {
  const missing = await buildTools();
  if (missing !== undefined) throw new Error(missing);
  const sections: Section[] = [];
  for (const place of PLACES) {
    const folder = await mkdtemp(join(place.folder, "cofferdam-bench-"));
    const daemons: ChildProcess[] = [];
    try {
      const native = contender("host-local", join(tool("current"), "host-local"), IN_TURN, {
        type: "host-local",
        dataDir: join(folder, "native"),
      });
      const all = [native];
      for (const runtime of await findRuntimes()) {
        const name = `shim and daemon, ${runtime.name}`;
        const served = await install(runtime, join(folder, `served-${all.length}`));
        daemons.push(await serve(runtime.cofferdam, served));
        all.push(contender(name, join(served, "wasm-ipam"), IN_TURN));
        all.push(onlyLooks(`the same, a plugin without state, ${runtime.name}`, served));
        const alone = await install(runtime, join(folder, `alone-${all.length}`));
        const path = join(alone, "wasm-ipam");
        all.push(contender(`shim alone, ${runtime.name}`, path, IN_TURN_ALONE));
        all.push(delegating(`policy-network over host-local, ${runtime.name}`, served));
      }
      for (const one of all) await measure(one, "w", () => {});
      for (let round = 0; round < ROUNDS; round++) {
        for (const one of all) {
          await measure(one, `r${round}`, (name, times) => one.rounds[name].push(times));
        }
      }
      sections.push(...MEASURES.map((name) => section(place, name, all)));
    } finally {
      for (const daemon of daemons) {
        daemon.kill("SIGTERM");
        if (daemon.exitCode === null) await once(daemon, "exit");
      }
      await rm(folder, { recursive: true });
    }
  }
  return sections;
}

function contender(name: string, path: string, calls: number, ipam: object = {}): Contender {
  const config = JSON.stringify({ ...CONFIG, ipam: { type: "wasm-ipam", ...ipam, ...RANGES } });
  const rounds = { ADD: [], DEL: [], "ADD at once": [], "DEL at once": [] };
  return { name, path, config, calls, rounds };
}

/** What a policy costs that has the same native plugin do it, and remembers it. */
function delegating(name: string, bin: string): Contender {
  const made = contender(name, join(bin, "policy-network"), IN_TURN);
  return { ...made, config: JSON.stringify({ ...CONFIG, capabilities: { portMappings: true } }) };
}

/** What a call costs beside the state: `audit-network`, which hands on what it is told. */
function onlyLooks(name: string, bin: string): Contender {
  const prevResult = { cniVersion: "1.0.0", ips: [{ address: "10.0.0.2/16" }] };
  const made = contender(name, join(bin, "audit-network"), IN_TURN);
  return { ...made, config: JSON.stringify({ ...CONFIG, prevResult }) };
}

async function measure(
  { path, config, calls }: Contender,
  prefix: string,
  take: (name: Measure, times: number[]) => void,
): Promise<void> {
  const names = (count: number) => Array.from({ length: count }, (_, n) => `${prefix}-${n}`);
  const common = { path, config, cniPath: "/nowhere" };
  for (const command of ["ADD", "DEL"] as const) {
    take(command, await time({ ...common, command, containers: names(calls), atOnce: false }));
  }
  // Each loads the whole plugin: 50 of them say how many cores there are.
  if (calls === IN_TURN_ALONE) return;
  for (const command of ["ADD", "DEL"] as const) {
    const times = await time({ ...common, command, containers: names(AT_ONCE), atOnce: true });
    take(`${command} at once`, times);
  }
}

/** @returns Milliseconds, of each call. */
function time(question: object): Promise<number[]> {
  return new Promise((resolve, reject) => {
    const child = spawn(tool("timer"), { stdio: ["pipe", "pipe", "pipe"] });
    let [output, errors] = ["", ""];
    child.stdout.on("data", (chunk) => output += chunk);
    child.stderr.on("data", (chunk) => errors += chunk);
    child.on("error", reject);
    child.on("close", (code) => {
      if (code !== 0) return reject(new Error(errors));
      resolve((JSON.parse(output) as number[]).map((micros) => micros / 1_000));
    });
    child.stdin.end(JSON.stringify(question));
  });
}

/** @returns The folder of executables. */
async function install({ cofferdam }: Runtime, folder: string): Promise<string> {
  const bin = join(folder, "bin");
  await mkdir(bin, { recursive: true });
  const [program, ...before] = cofferdam;
  const state = (instance: string) => [
    ...["--instance", instance, `--allow-state=${join(folder, "state")}`],
  ];
  const settings = join(folder, "policy.json");
  await writeFile(settings, JSON.stringify({ networks: { bench: policyOf(folder) } }));
  const delegate = ["--allow-delegate=host-local", `--delegate-path=${tool("current")}`];
  for (
    const [type, ...more] of [
      ["wasm-ipam", ...state("bench")],
      ["audit-network"],
      ["policy-network", ...state("policy"), ...delegate, "--settings", settings],
    ] as const
  ) {
    const what = ["--plugin", builtPlugin(type), "--type", type, "--bin-dir", bin, ...more];
    const { code, output } = await runCommand(
      program,
      [...before, "install", "cni", ...what, "--shim", "c", "--timeout", "60s"],
    );
    if (code !== 0) throw new Error(output);
  }
  return bin;
}

/** host-local in the place of a plugin that attaches, as it stands beside it: it reads the same. */
function policyOf(folder: string): object {
  return {
    ...{ containers: ["*"], subnets: ["10.0.0.0/16"], delegate: { type: "host-local" } },
    ipam: { type: "host-local", dataDir: join(folder, "delegated") },
  };
}

async function serve([program, ...before]: Command, bin: string): Promise<ChildProcess> {
  const child = spawn(program, [...before, "cni", "serve", "--bin-dir", bin], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  await new Promise<void>((resolve, reject) => {
    let said = "";
    child.stderr.on("data", (chunk) => {
      said += chunk;
      if (said.includes("listens in")) resolve();
    });
    child.on("close", () => reject(new Error(said)));
  });
  return child;
}

const TITLES: Readonly<Record<Measure, string>> = {
  ADD: "ADD of one container after another",
  DEL: "DEL of one container after another",
  "ADD at once": `ADD of ${AT_ONCE} containers at once, from the start of all to the end of each`,
  "DEL at once": `DEL of ${AT_ONCE} containers at once, from the start of all to the end of each`,
};

function section(
  { name: place, note }: (typeof PLACES)[number],
  measured: Measure,
  all: readonly Contender[],
): Section {
  const times = all.filter(({ rounds }) => rounds[measured].length > 0)
    .map(({ name, rounds }): Times => ({
      name,
      samples: rounds[measured].flat(),
      rounds: rounds[measured].map(median),
    }));
  const [peer, ...own] = times as [Times, ...Times[]];
  const isAim = measured === "ADD" && place === "in memory";
  const aim = (ratio: number) => aimAtMost(1, ratio, "faster than executing the native plugin");
  return {
    part: "cni",
    title: `${TITLES[measured]}, addresses ${place}`,
    runtime: "executed by a Go program",
    // A ratio stands beside the peer; with several of ours, each has a row of the peer of its own.
    rows: own.flatMap((one) => {
      const hasAim = isAim && one.name.startsWith("shim and daemon");
      return [rowOf(one), rowOf(peer, one, hasAim ? aim : undefined)];
    }),
    notes: [note],
  };
}

import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { GO_PEER } from "../../test/real/docker/go-peer.ts";
import { builtPlugin } from "../build-plugins.ts";
import { runCommand } from "../run-command.ts";
import { type Command, findRuntimes } from "./command.ts";
import { median, quantile, rowOf, type Times } from "./measure.ts";
import { type Aim, aimAtMost, type Row, type Section } from "./report.ts";

const ROUNDS = 7;

/** Volumes that are made, mounted, unmounted and removed in a round, and how often each is got. */
const VOLUMES = 100;
const GETS = 5;

const METHODS = ["Get", "Create", "Create with a size", "Mount", "Unmount", "Remove"] as const;

/** How many calls are made at a time. */
const CONNECTIONS = [1, 16] as const;

/** What the load says of one method in one round. */
interface Load {
  /** One of {@link METHODS}, or another, which is not shown. */
  readonly method: string;
  /** Of each call, in nanoseconds. */
  readonly nanos: readonly number[];
  /** Of all calls together, in nanoseconds. */
  readonly total: number;
}

/** A plugin that runs, and what it was measured at, by round. */
interface Measured {
  readonly name: string;
  readonly process: ChildProcess;
  readonly socket: string;
  readonly loads: Record<(typeof CONNECTIONS)[number], Load[]>;
}

/**
 * `local-volume` under `cofferdam docker serve`, beside a Go plugin that does the same work, called
 * through their sockets by one client, as Docker calls them.
 */
export async function measureDocker(): Promise<Section[]> {
  const missing = await GO_PEER.build();
  if (missing !== undefined) throw new Error(missing);
  // On a disk: nothing has to be waited for where /tmp is memory.
  const folder = await mkdtemp("/var/tmp/cofferdam-bench-");
  const plugins: Measured[] = [];
  try {
    plugins.push(await start(folder, "Go plugin", peer));
    for (const { name, cofferdam } of await findRuntimes()) {
      plugins.push(await start(folder, name, (at) => bridge(cofferdam, at)));
    }
    for (const { socket } of plugins) await load(socket, 16);
    for (let round = 0; round < ROUNDS; round++) {
      for (const connections of CONNECTIONS) {
        for (const { socket, loads } of plugins) {
          loads[connections].push(...await load(socket, connections));
        }
      }
    }
    return [
      ...CONNECTIONS.flatMap((connections) => sectionsOf(plugins, connections)),
      await memoryOf(plugins),
    ];
  } finally {
    for (const { process } of plugins) {
      process.kill("SIGTERM");
      if (process.exitCode === null) await once(process, "exit");
    }
    await rm(folder, { recursive: true });
  }
}

/** Where a plugin keeps what it has. */
interface Place {
  readonly folder: string;
  readonly volumes: string;
  readonly state: string;
  readonly socket: string;
}

function peer({ volumes, state, socket }: Place): Promise<Command> {
  const command = [GO_PEER.path("peer"), "-socket", socket, "-root", volumes, "-state", state];
  return Promise.resolve(command as unknown as Command);
}

async function bridge(cofferdam: Command, { folder, volumes, state }: Place): Promise<Command> {
  const plugin = builtPlugin("local-volume");
  const digest = createHash("sha256").update(await readFile(plugin)).digest("hex");
  const config = join(folder, "config.json");
  // As many writes as it takes: the peer has no such bound.
  const grants = { directory: { root: volumes }, state: { folder: state, writesPerSecond: 1e6 } };
  const plugins = { "local-volume": { digest: `sha256:${digest}`, instance: "bench", grants } };
  await writeFile(config, JSON.stringify({ plugins }));
  const flags = ["--plugin", plugin, "--config", config, "--name", "plugin"];
  return [...cofferdam, "docker", "serve", ...flags, "--socket-dir", folder];
}

async function start(
  folder: string,
  name: string,
  command: (place: Place) => Promise<Command>,
): Promise<Measured> {
  const own = join(folder, name.replace(/\W+/g, "-"));
  const place = {
    folder: own,
    volumes: join(own, "volumes"),
    state: join(own, "state"),
    socket: join(own, "plugin.sock"),
  };
  for (const one of [place.volumes, place.state]) await mkdir(one, { recursive: true });
  const [program, ...args] = await command(place);
  const process = spawn(program, args, { stdio: ["ignore", "inherit", "inherit"] });
  while (!existsSync(place.socket)) {
    if (process.exitCode !== null) throw new Error(`${name} ended with ${process.exitCode}`);
    await sleep(20);
  }
  return { name, process, socket: place.socket, loads: { 1: [], 16: [] } };
}

/** One round: every method by itself. */
async function load(socket: string, connections: number): Promise<Load[]> {
  const { code, output } = await runCommand(GO_PEER.path("load"), [
    ...["-socket", socket, "-connections", `${connections}`],
    ...["-volumes", `${VOLUMES}`, "-repeat", `${GETS}`],
  ]);
  if (code !== 0) throw new Error(output);
  return output.split("\n").filter(Boolean).map((line) => JSON.parse(line));
}

function sectionsOf(plugins: readonly Measured[], connections: 1 | 16): Section[] {
  const calls = connections === 1 ? "one call at a time" : `${connections} calls at a time`;
  const section = (
    title: string,
    valuesOf: (load: Load) => { readonly samples: readonly number[]; readonly round: number },
    aim: (ratio: number) => Aim,
    change: Partial<Row> = {},
  ): Section => ({
    part: "docker",
    title: `${calls}: ${title}`,
    runtime: "one client in Go, by a socket",
    rows: METHODS.flatMap((method) => {
      const [go, ...own] = plugins.map(({ name, loads }): Times => {
        const values = loads[connections].filter((one) => one.method === method).map(valuesOf);
        return {
          name: `${method}, ${name}`,
          samples: values.flatMap(({ samples }) => samples),
          rounds: values.map(({ round }) => round),
        };
      }) as [Times, ...Times[]];
      return own.flatMap((one) => [rowOf(one), rowOf(go, one, aim)]);
    }).map((row) => ({ ...row, ...change })),
    notes: [],
  });
  const millis = (nanos: number) => nanos / 1e6;
  return [
    section("a call", ({ nanos }) => {
      const samples = nanos.map(millis);
      return { samples, round: median(samples) };
    }, (ratio) => aimAtMost(1, ratio, "no slower than the Go plugin")),
    section("p99 of each round", ({ nanos }) => {
      const value = millis(quantile(nanos, 0.99));
      return { samples: [value], round: value };
    }, (ratio) => aimAtMost(1, ratio, "no worse than the Go plugin")),
    // The ratio is that of the times, as everywhere: below 1x there are more calls than the peer's.
    section(
      "calls a second, in each round",
      ({ nanos, total }) => ({
        samples: [nanos.length / (total / 1e9)],
        round: total / nanos.length,
      }),
      (ratio) => aimAtMost(1, ratio, "as many as the Go plugin"),
      {
        unit: "calls/s",
        p99: null,
      },
    ),
  ];
}

async function memoryOf(plugins: readonly Measured[]): Promise<Section> {
  const [go, ...own] = await Promise.all(plugins.map(async ({ name, process }): Promise<Times> => {
    const status = await readFile(`/proc/${process.pid}/status`, "utf8");
    const mebibytes = Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)![1]) / 1_024;
    return { name, samples: [mebibytes], rounds: [mebibytes] };
  })) as [Times, ...Times[]];
  return {
    part: "docker",
    title: "resident memory behind all of that",
    runtime: "one client in Go, by a socket",
    rows: own.flatMap((one) => [rowOf(one), rowOf(go, one)]).map((row) => ({
      ...row,
      unit: "MiB" as const,
    })),
    notes: [],
  };
}

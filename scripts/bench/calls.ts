import { assemble, GUEST } from "./guest.ts";
import { type Contender, type Effort, interleave, rowOf } from "./measure.ts";
import { type Aim, aimAtMost, type Section } from "./report.ts";
import {
  cofferdam,
  extismFresh,
  extismFreshWorker,
  extismReused,
  extismWorker,
  raw,
  type System,
} from "./system.ts";

const SIZES: readonly (readonly [string, number])[] = [
  ["16 B", 16],
  ["1 KB", 1024],
  ["64 KB", 64 * 1024],
  ["1 MB", 1024 * 1024],
];

const EFFORT: Effort = { rounds: 60, sliceMs: 20, warmUpMs: 400 };

const WORKER_AIM = "at least as fast as the SDK's worker";

/** Calls that echo their input, one section for each size. */
export async function measureCalls(runtime: string): Promise<Section[]> {
  const bytes = assemble(GUEST);
  const module = new WebAssembly.Module(bytes);
  const systems = [
    await cofferdam(bytes),
    await extismWorker(module, true),
    await extismWorker(module, false),
    await extismReused(module),
    extismFresh(module),
    raw(),
  ];
  const sections: Section[] = [];
  for (const [label, size] of SIZES) {
    const input = Uint8Array.from({ length: size }, (_, i) => (i * 31) % 251);
    await Promise.all(systems.map((system) => checkEcho(system, input)));
    const times = await interleave(systems.map((s) => contenderOf(s, "echo", input)), EFFORT);
    const [own] = times;
    const aimOf = (name: string) =>
      label === "1 KB" && name.startsWith("extism worker") ? workerAim : undefined;
    sections.push({
      part: "calls",
      title: `one call: echo of ${label} in 8-byte loads and stores`,
      runtime,
      rows: times.map((t) => rowOf(t, own, aimOf(t.name))),
      notes: [],
    });
  }
  await Promise.all(systems.map((system) => system.close()));
  return sections;
}

/** What a fresh instance costs: calls of a guest that does nothing. */
export async function measureFresh(runtime: string): Promise<Section[]> {
  const bytes = assemble(GUEST);
  const module = new WebAssembly.Module(bytes);
  const own = await cofferdam(bytes);
  const systems = [own, extismFresh(module), extismFreshWorker(module)];
  const input = new Uint8Array(0);
  const times = await interleave(systems.map((s) => contenderOf(s, "noop", input)), EFFORT);
  await own.close();
  return [{
    part: "fresh",
    title: "one call of a small guest that does nothing, on a fresh instance",
    runtime,
    rows: times.map((t) => rowOf(t, times[0])),
    notes: [],
  }];
}

function workerAim(ratio: number): Aim {
  return aimAtMost(1, ratio, WORKER_AIM);
}

function contenderOf(system: System, entry: string, input: Uint8Array): Contender {
  return {
    name: system.name,
    run: () => system.call(entry, input),
    ...(system.endRound === undefined ? {} : { endRound: system.endRound }),
  };
}

/** A system that answers quickly but wrongly has no time worth showing. */
async function checkEcho(system: System, input: Uint8Array): Promise<void> {
  const output = await system.call("echo", input);
  if (output.length === input.length && output.every((byte, i) => byte === input[i])) return;
  throw new Error(`Cannot measure ${system.name}: its echo of ${input.length} bytes differs`);
}

import { assemble, bulkGuest, GROWING_GUEST, GUEST } from "./guest.ts";
import { type Contender, type Effort, interleave, median, rowOf } from "./measure.ts";
import { type Aim, aimAtMost, type Section } from "./report.ts";
import {
  cofferdam,
  extismFresh,
  extismFreshWorker,
  extismReused,
  extismWorker,
  raw,
  type System,
  unmetered,
} from "./system.ts";

const SIZES: readonly (readonly [string, number])[] = [
  ["16 B", 16],
  ["1 KB", 1024],
  ["64 KB", 64 * 1024],
  ["1 MB", 1024 * 1024],
];

const EFFORT: Effort = { rounds: 60, sliceMs: 20, warmUpMs: 400 };

/** What the design wants of calls, by the peer's name and the size of the call. */
const AIMS: readonly { peer: RegExp; own?: RegExp; size: string; limit: number; text: string }[] = [
  {
    peer: /^extism foreground, reused/,
    size: "1 KB",
    limit: 1 / 5,
    text: "5x as fast as Extism alone",
  },
  {
    peer: /^extism foreground, reused/,
    size: "64 KB",
    limit: 1 / 10,
    text: "10x as fast as Extism alone",
  },
  {
    peer: /^raw/,
    own: /bulk/,
    size: "64 KB",
    limit: 2,
    text: "within 2x of a raw export",
  },
  {
    peer: /^extism worker/,
    size: "1 KB",
    limit: 1,
    text: "at least as fast as the SDK's worker",
  },
];

/** Calls that echo their input: for each size one section in the caller's thread, one in another. */
export async function measureCalls(runtime: string): Promise<Section[]> {
  const bytes = assemble(GUEST);
  const module = new WebAssembly.Module(bytes);
  const groups: [string, System[]][] = [
    ["in the caller's thread", [
      await cofferdam(bytes, "inline"),
      await cofferdam(assemble(GROWING_GUEST), "inline", "a new instance each"),
      unmetered(bytes),
      await extismReused(module),
      extismFresh(module),
      raw(),
    ]],
    ["in another thread", [
      await cofferdam(bytes, "worker"),
      await extismWorker(module, true),
      await extismWorker(module, false),
    ]],
  ];
  const sections: Section[] = [];
  for (const [size, bytes] of SIZES) {
    const bulk = assemble(bulkGuest(bytes));
    const copies: [string, System[]] = ["in the caller's thread, one copy each way", [
      await cofferdam(bulk, "inline", `a guest that offers bulk copies of ${size}`),
      raw(),
    ]];
    for (const [where, systems] of [...groups, copies]) {
      const input = Uint8Array.from({ length: bytes }, (_, i) => (i * 31) % 251);
      await Promise.all(systems.map((system) => checkEcho(system, input)));
      const times = await interleave(systems.map((s) => contenderOf(s, "echo", input)), EFFORT);
      sections.push({
        part: "calls",
        title: `echo of ${size} in 8-byte loads and stores, ${where}`,
        runtime,
        rows: times.map((t) => rowOf(t, times[0], aimOf(times[0]!.name, t.name, size))),
        notes: [],
      });
    }
  }
  await Promise.all(groups.flatMap(([, systems]) => systems.map((system) => system.close())));
  return sections;
}

function aimOf(own: string, peer: string, size: string): ((ratio: number) => Aim) | undefined {
  const aim = AIMS.find((a) =>
    a.size === size && a.peer.test(peer) && (a.own === undefined || a.own.test(own))
  );
  return aim && ((ratio) => aimAtMost(aim.limit, ratio, aim.text));
}

/** What a fresh instance costs: calls of a guest that does nothing. */
export async function measureFresh(runtime: string): Promise<Section[]> {
  const bytes = assemble(GUEST);
  const module = new WebAssembly.Module(bytes);
  const systems = [
    await cofferdam(bytes, "inline"),
    await cofferdam(assemble(GROWING_GUEST), "inline", "a new instance each"),
    await cofferdam(bytes, "worker"),
    await extismReused(module),
    extismFresh(module),
    extismFreshWorker(module),
  ];
  const input = new Uint8Array(0);
  const times = await interleave(systems.map((s) => contenderOf(s, "noop", input)), EFFORT);
  await Promise.all(systems.map((system) => system.close()));
  const [reset, fresh] = times.map((t) => median(t.samples) * 1000);
  return [{
    part: "fresh",
    title: "one call of a small guest that does nothing",
    runtime,
    rows: times.map((t) => rowOf(t, times[0])),
    notes: [
      `a new instance adds ${(fresh! - reset!).toFixed(0)} us to a reset one (aim: at most 60)`,
    ],
  }];
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

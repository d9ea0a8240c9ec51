import { packBundle } from "../../src/bundle/pack.ts";
import type { Document } from "../../src/document/document.ts";
import type { Host } from "../../src/host/host.ts";
import type { LoadOptions, Plugin } from "../../src/host/plugin.ts";
import { ALLOW, assemble } from "../bench/guest.ts";

/** One way to call a plugin, again and again. */
export interface Kind {
  readonly name: string;
  /** How often, among 10,000 calls. */
  readonly weight: number;
  /** `allowed`, or the one code that it must get. */
  readonly wanted: string;
  call(): Promise<unknown>;
}

const check = (body: string, more = "") =>
  `(module ${more} (func (export "admission_check") (result i32) ${body} (i32.const 0)))`;

/** Does more before it allows. */
const allowAfter = (body: string, more = "") =>
  ALLOW.replace("(memory 1)", `${more} (memory 1 16)`).replace(
    "(local.set $to (call $alloc",
    `${body} (local.set $to (call $alloc`,
  );

const LOOP = check("(loop $l (br $l))");

/** Asks `$ask` with the 32 bytes at 64 and traps unless the answer begins with `{"ok"`. */
const STATE = (name: string, request: string) =>
  allowAfter(
    `(local.set $to (call $alloc (i64.const 32)))
     (loop $copy
       (call $store8 (i64.add (local.get $to) (i64.extend_i32_u (local.get $at)))
         (i64.load offset=64 (local.get $at)))
       (local.set $at (i32.add (local.get $at) (i32.const 8)))
       (br_if $copy (i32.lt_u (local.get $at) (i32.const 32))))
     (local.set $at (i32.const 0))
     (if (i32.ne (call $load1 (i64.add (call $ask (local.get $to)) (i64.const 2))) (i32.const 111))
       (then unreachable))`,
    `(import "extism:host/user" "${name}" (func $ask (param i64) (result i64)))
     (import "extism:host/env" "load_u8" (func $load1 (param i64) (result i32)))`,
  ).replace(
    '(data (i32.const 0) "',
    `(data (i32.const 64) "${request.padEnd(32).replaceAll('"', '\\"')}") (data (i32.const 0) "`,
  );

/**
 * Loads every plugin of the mix.
 *
 * @param folder Where state is kept.
 */
export async function loadMix(host: Host, folder: string): Promise<readonly Kind[]> {
  const small = documentOf("x");
  const large = documentOf("x".repeat(64 * 1024));
  const load = (text: string, options: LoadOptions = {}, capabilities: string[] = []) =>
    host.load(packBundle(assemble(text), { ...MANIFEST, capabilities }), options);
  const asks = (text: string) =>
    load(text, { instance: "soak", grants: { state: { folder, writesPerSecond: 100_000 } } }, [
      "state",
    ]);
  const gone = AbortSignal.abort();
  const [inline, worker, loop] = [
    await load(ALLOW),
    await load(ALLOW, { mode: "worker" }),
    await load(LOOP, { mode: "worker", timeoutMs: 500, fuel: Number.MAX_SAFE_INTEGER }),
  ];
  const kind = (
    name: string,
    weight: number,
    wanted: string,
    plugin: Plugin,
    document = small,
  ): Kind => ({ name, weight, wanted, call: () => plugin.admission.check(document) });
  const trap = check("unreachable");
  const grow = "(loop $g (br_if $g (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))";
  const deep = check("(call $r)", "(func $r (call $r) (call $r))");
  return [
    kind("good, small", 5_945, "allowed", inline),
    kind("good, 64 KB", 400, "allowed", inline, large),
    kind("traps", 800, "sandbox.trap", await load(trap)),
    kind("out of fuel", 700, "sandbox.fuel", await load(LOOP, { fuel: 10_000 })),
    kind("too deep", 400, "sandbox.depth", await load(deep)),
    kind(
      "memory bomb",
      200,
      "sandbox.memory",
      await load(check(`${grow} unreachable`, "(memory 1)"), { memoryPages: 32 }),
    ),
    kind(
      "grows its memory",
      400,
      "allowed",
      await load(allowAfter("(drop (memory.grow (i32.const 4)))")),
    ),
    kind("good, in a worker", 800, "allowed", worker),
    kind("64 KB, in a worker", 50, "allowed", worker, large),
    kind("traps, in a worker", 150, "sandbox.trap", await load(trap, { mode: "worker" })),
    kind("state_put", 60, "allowed", await asks(STATE("state_put", '{"key":"k","value":"v"}'))),
    kind("state_get", 90, "allowed", await asks(STATE("state_get", '{"key":"k"}'))),
    {
      name: "given up before",
      weight: 200,
      wanted: "call.aborted",
      call: () => inline.admission.check(small, { signal: gone }),
    },
    // Few: each ends a thread, and the next one takes longer to start than a hundred calls.
    {
      name: "given up, in a worker",
      weight: 3,
      wanted: "call.aborted",
      call: () => giveUp((signal) => loop.admission.check(small, { signal }), 0),
    },
    {
      name: "given up while it runs",
      weight: 2,
      wanted: "call.aborted",
      call: () => giveUp((signal) => loop.admission.check(small, { signal }), 20),
    },
  ];
}

/** After so many milliseconds; at once for 0, which most calls meet while they wait for a thread. */
async function giveUp(
  run: (signal: AbortSignal) => Promise<unknown>,
  ms: number,
): Promise<unknown> {
  const controller = new AbortController();
  const running = run(controller.signal);
  const timer = ms > 0 ? setTimeout(() => controller.abort(), ms) : undefined;
  if (ms === 0) controller.abort();
  try {
    return await running;
  } finally {
    clearTimeout(timer);
  }
}

const MANIFEST = {
  manifestVersion: 1,
  name: "soak",
  version: "1.0.0",
  implements: [{ contract: "admission", version: 1, kinds: ["json"] }],
} as const;

function documentOf(text: string): Document {
  return {
    kind: "json",
    object: { text },
    subject: { name: "soak" },
    evidence: [],
    input: "soak.json",
    index: 0,
    mediaType: "application/json",
    inputDigest: `sha256:${"0".repeat(64)}`,
    locate: () => undefined,
  };
}

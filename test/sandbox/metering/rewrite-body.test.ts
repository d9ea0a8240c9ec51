import { LIMITS } from "../../../src/limits.ts";
import * as assert from "uvu/assert";
import { meterGuest } from "../../support/metered.ts";
import { suite } from "../../support/suite.ts";

const test = suite("rewrite-body");

/** A statement of a random program; labels are numbers. */
type Node =
  | { op: "work"; count: number }
  | { op: "block" | "loop"; label: number; body: Node[] }
  | { op: "if"; label: number; then: Node[]; else: Node[] | undefined }
  | { op: "br" | "br_if"; to: number }
  | { op: "br_table"; to: number[] }
  | { op: "call"; callee: number }
  | { op: "return" | "unreachable" };

type Program = Node[][];

/** Numbers in [0, limit), the same for each seed. */
function numbers(seed: number): (limit: number) => number {
  let state = seed * 2_654_435_761 >>> 0;
  return (limit) => {
    state = (Math.imul(state ^ state >>> 15, 0x2c1b_3c6d) + 0x9e37_79b9) >>> 0;
    return (state >>> 4) % limit;
  };
}

const FUNCTION = 0;

/** A program whose loops go on only as long as the coin says so. */
function randomProgram(seed: number): Program {
  const random = numbers(seed);
  let next = 1;
  interface Label {
    readonly label: number;
    readonly loop: boolean;
    /** True where a coin was tossed since. */
    readonly guarded: boolean;
  }
  const nodes = (labels: Label[], depth: number, own: number): Node[] =>
    Array.from({ length: random(5) }, () => node(labels, depth, own));
  const pick = (labels: Label[], guarded: boolean) => {
    const able = labels.filter((l) => !l.loop || guarded || l.guarded);
    return able[random(able.length)]!.label;
  };
  const node = (labels: Label[], depth: number, own: number): Node => {
    const kind = random(depth > 4 ? 7 : 14);
    if (kind < 3) return { op: "work", count: 1 + random(5) };
    if (kind === 3) return { op: "br_if", to: pick(labels, true) };
    if (kind === 4) {
      return own < 2 && random(2) === 0
        ? { op: "call", callee: own + 1 + random(2 - own) }
        : { op: "br", to: pick(labels, false) };
    }
    if (kind === 5) {
      // The first is where a coin that is used up leads.
      const more = Array.from({ length: random(4) }, () => pick(labels, true));
      return { op: "br_table", to: [pick(labels, false), ...more, pick(labels, false)] };
    }
    if (kind === 6) {
      const end = random(6);
      return end === 0
        ? { op: "unreachable" }
        : end < 3
        ? { op: "return" }
        : { op: "work", count: 1 };
    }
    const label = next++;
    if (kind < 9) {
      const inner = [...labels, { label, loop: false, guarded: false }];
      return { op: "block", label, body: nodes(inner, depth + 1, own) };
    }
    if (kind < 12) {
      const inner = [...labels, { label, loop: true, guarded: false }];
      return { op: "loop", label, body: nodes(inner, depth + 1, own) };
    }
    const then = [...labels.map((l) => ({ ...l, guarded: true })), {
      label,
      loop: false,
      guarded: true,
    }];
    const other = [...labels, { label, loop: false, guarded: false }];
    return {
      op: "if",
      label,
      then: nodes(then, depth + 1, own),
      else: random(2) === 0 ? undefined : nodes(other, depth + 1, own),
    };
  };
  const start: Label[] = [{ label: FUNCTION, loop: false, guarded: false }];
  return [0, 1, 2].map((
    own,
  ) => [...nodes(start, 0, own), ...nodes(start, 0, own), ...nodes(start, 0, own)]);
}

function toText(program: Program): string {
  const text = (node: Node, labels: readonly number[]): string => {
    const to = (label: number) => labels.length - 1 - labels.indexOf(label);
    const all = (list: readonly Node[], label: number) =>
      list.map((inner) => text(inner, [...labels, label])).join("\n");
    switch (node.op) {
      case "work":
        return "nop i32.const 1 drop ".repeat(node.count);
      case "block":
      case "loop":
        return `${node.op}\n${all(node.body, node.label)}\nend`;
      case "if": {
        const other = node.else === undefined ? "" : `else\n${all(node.else, node.label)}\n`;
        return `call $coin if\n${all(node.then, node.label)}\n${other}end`;
      }
      case "br":
        return `br ${to(node.to)}`;
      case "br_if":
        return `call $coin br_if ${to(node.to)}`;
      case "br_table":
        return `call $coin br_table ${node.to.map(to).join(" ")}`;
      case "call":
        return `call $f${node.callee}`;
      default:
        return node.op;
    }
  };
  const functions = program.map((body, index) =>
    `(func $f${index} (export "f${index}") ${
      body.map((node) => text(node, [FUNCTION])).join("\n")
    })`
  );
  return `(module (import "host" "coin" (func $coin (result i32))) ${functions.join("\n")})`;
}

/** What tossing a coin costs: a call of the host. */
const TOSS = 9;

/** How a path ends, and the most it costs. "on" goes on behind the statement, "end" is over. */
type Paths = Map<number | "on" | "end", number>;

/** Every way through statements that belong to one owner; of several that end alike, the dearest. */
function pathsOf(list: readonly Node[]): Paths {
  const paths: Paths = new Map();
  const note = (exit: number | "on" | "end", cost: number) =>
    paths.set(exit, Math.max(paths.get(exit) ?? 0, cost));
  let here = 0;
  for (const node of list) {
    const step = stepOf(node);
    const on = step.get("on");
    for (const [exit, cost] of step) if (exit !== "on") note(exit, here + cost);
    if (on === undefined) return paths;
    here += on;
  }
  note("on", here);
  return paths;
}

function stepOf(node: Node): Paths {
  switch (node.op) {
    case "work":
      return new Map([["on", 2 * node.count]]);
    case "call":
      return new Map([["on", 1]]);
    case "return":
    case "unreachable":
      return new Map([["end", 1]]);
    case "br":
      return new Map([[node.to, 1]]);
    case "br_if":
      return new Map<number | "on", number>([["on", TOSS + 1], [node.to, TOSS + 1]]);
    case "br_table":
      return new Map(node.to.map((to) => [to, TOSS + 1] as const));
    case "block":
      return landing(pathsOf(node.body), node.label);
    case "loop": {
      // Another owner: for this one it is free, and a path may end within it.
      const free: Paths = new Map([["end", 0]]);
      for (const exit of pathsOf(node.body).keys()) if (exit !== node.label) free.set(exit, 0);
      return free;
    }
    case "if": {
      const both: Paths = new Map();
      for (const arm of [node.then, node.else ?? []]) {
        for (const [exit, cost] of landing(pathsOf(arm), node.label)) {
          both.set(exit, Math.max(both.get(exit) ?? 0, TOSS + 1 + cost));
        }
      }
      return both;
    }
  }
}

/** A branch to a block's label goes on behind the block. */
function landing(paths: Paths, label: number): Paths {
  const cost = paths.get(label);
  if (cost === undefined) return paths;
  const landed: Paths = new Map([...paths, ["on", Math.max(paths.get("on") ?? 0, cost)]]);
  landed.delete(label);
  return landed;
}

const chargeOf = (body: readonly Node[]) => Math.max(1, ...pathsOf(body).values());

class Trap extends Error {}

/** Runs a program: what it executes, and what the charges on its way come to. */
function interpret(program: Program, coin: () => number): { executed: number; charged: number } {
  let executed = 0;
  let charged = 0;
  const call = (index: number) => {
    charged += chargeOf(program[index]!);
    run(program[index]!);
  };
  /** The label that it branches to, if any; a return is a branch to the function. */
  const run = (list: readonly Node[]): number | undefined => {
    for (const node of list) {
      const to = step(node);
      if (to !== undefined) return to;
    }
    return undefined;
  };
  const toss = () => {
    executed += TOSS;
    return coin();
  };
  const step = (node: Node): number | undefined => {
    switch (node.op) {
      case "work":
        executed += 2 * node.count;
        return undefined;
      case "call":
        executed++;
        call(node.callee);
        return undefined;
      case "return":
        executed++;
        return FUNCTION;
      case "unreachable":
        executed++;
        throw new Trap();
      case "br":
        executed++;
        return node.to;
      case "br_if": {
        const value = toss();
        executed++;
        return value !== 0 ? node.to : undefined;
      }
      case "br_table": {
        const value = toss();
        executed++;
        return node.to[Math.min(value, node.to.length - 1)];
      }
      case "block": {
        const to = run(node.body);
        return to === node.label ? undefined : to;
      }
      case "if": {
        const value = toss();
        executed++;
        const to = run(value !== 0 ? node.then : node.else ?? []);
        return to === node.label ? undefined : to;
      }
      case "loop":
        for (;;) {
          charged += chargeOf(node.body);
          const to = run(node.body);
          if (to !== node.label) return to;
        }
    }
  };
  try {
    call(0);
  } catch (error) {
    if (!(error instanceof Trap)) throw error;
  }
  return { executed, charged };
}

/** A coin of many sides, which shows 0 once it was tossed often enough. */
function coinOf(seed: number): () => number {
  const random = numbers(seed);
  let left = 40;
  return () => left-- > 0 ? random(4) : 0;
}

test("fuel is the longest path of each owner, and no less than what runs", () => {
  let dearer = 0;
  for (let seed = 1; seed <= 400; seed++) {
    const program = randomProgram(seed);
    let coin = coinOf(0);
    const guest = meterGuest(toText(program), { imports: { host: { coin: () => coin() } } });
    for (let toss = 1; toss <= 8; toss++) {
      coin = coinOf(toss);
      const { executed, charged } = interpret(program, coinOf(toss));
      const { fuel, stack, trap } = guest.spend("f0");
      assert.is(Number(fuel), charged, `program ${seed}, coin ${toss}`);
      assert.ok(charged >= executed, `program ${seed}, coin ${toss}`);
      if (trap === undefined) assert.is(stack, LIMITS.stackBytes);
      if (charged > executed) dearer++;
    }
  }
  assert.ok(dearer > 100, "paths differ");
});

test("a function that loops and one that does not may keep the stack in the same local", () => {
  const guest = meterGuest(`(module (func $o)
    (func (export "plain") (param i32) (call $o))
    (func (export "loops") (loop (call $o)))
    (func (export "two") (param i32 i32) (call $o))
    (func (export "later") (param i32) (call $o) (loop (call $o))))`);
  assert.is(guest.spend("plain", [0]).fuel, 2n);
  assert.is(guest.spend("loops").fuel, 3n);
  assert.is(guest.spend("two", [0, 0]).fuel, 2n);
  assert.is(guest.spend("later", [0]).fuel, 4n);
});

test.run();

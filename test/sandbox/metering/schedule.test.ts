import * as assert from "uvu/assert";
import { FAULT } from "../../../src/sandbox/metering/fault.ts";
import { FUEL_SCHEDULE } from "../../../src/sandbox/metering/meter.ts";
import { meterGuest } from "../../support/metered.ts";
import { suite } from "../../support/suite.ts";

const test = suite("schedule");

/** A function `f` with parameter `$n`, local `$i`, and what it may call and touch. */
const AROUND = (body: string) =>
  `(module (import "host" "h" (func $host)) (memory 1 4) (table $t 4 8 funcref) (elem declare func $one)
    (data $d "0123456789abcdef") (elem $e func $one $one $one) (global $g (mut i32) (i32.const 0))
    (func $one) (func $two (call $one))
    (func (export "f") (param $n i32) (local $i i32) ${body}))`;

const HOST = { host: { h: () => {} } };

/**
 * A loop with a switch of `$n` that goes to the arm of that number, else to the last one, and out. All
 * arms but the first, `short`, and the second, `long`, are empty.
 */
const SWITCH = (targets: number, short: string, long: string) => {
  const arms = [short, long, ...Array(targets - 2).fill("")];
  const labels = arms.map((_, index) => index).join(" ");
  return `(loop $l (block $out ${"(block ".repeat(targets)}
    (br_table ${labels} (local.get $n))
    ${arms.map((arm) => `) ${arm} (br $out)`).join(" ")}))`;
};

/** Two instructions each. */
const SET = "(global.set $g (local.get $n))";

/**
 * What calls cost by schedule 1: a body, the argument `$n`, and the fuel. A change of any number is a
 * new schedule.
 */
const VECTORS: readonly (readonly [what: string, body: string, n: number, fuel: bigint])[] = [
  ["an empty function", "", 0, 1n],
  ["nop and blocks", "nop (block nop (block nop))", 0, 1n],
  ["one instruction each", "(drop (i32.add (local.get $n) (i32.const 1)))", 0, 4n],
  ["a call", "(call $one)", 0, 1n + 1n],
  ["calls in calls", "(call $two)", 0, 1n + 1n + 1n],
  ["a call of the host", "(call $host)", 0, 9n],
  ["call_indirect", "(call_indirect (i32.const 9))", 0, 2n],
  ["the longer arm, then taken", "(if (local.get $n) (then) (else (call $one)))", 0, 3n + 1n],
  ["the longer arm, not taken", "(if (local.get $n) (then) (else (call $one)))", 1, 3n],
  ["if without else, taken", "(if (local.get $n) (then (global.set $g (local.get $n))))", 1, 4n],
  ["if without else, not taken", "(if (local.get $n) (then (call $one)))", 0, 3n],
  [
    "arms of one length, and what follows",
    "(if (local.get $n) (then (call $one)) (else (call $one))) (call $one)",
    0,
    4n + 2n,
  ],
  ["code behind return", "return (call $one) (call $one)", 0, 1n],
  ["code behind br", "(block (br 0) (call $one)) (call $one)", 0, 2n + 1n],
  ["a branch over code", "(block (br_if 0 (local.get $n)) (call $one))", 1, 3n],
  [
    "the longer of two ways to one end",
    "(block (block (br_if 1 (local.get $n)) (br 0)) (call $one))",
    1,
    4n,
  ],
  ["return in one arm", "(if (local.get $n) (then return)) (call $one) (call $one)", 1, 4n],
  ["br_table", "(block (block (br_table 0 1 (local.get $n))) (call $one) return)", 1, 4n],
  [
    "a small switch in a loop, for its longest arm",
    SWITCH(15, SET, SET.repeat(40)),
    0,
    1n + 2n + 80n + 1n,
  ],
  ["a large switch in a loop, a short arm", SWITCH(17, SET, SET.repeat(40)), 0, 1n + 2n + 3n + 1n],
  ["a large switch in a loop, a long arm", SWITCH(17, SET, SET.repeat(40)), 1, 1n + 2n + 81n + 1n],
  ["a large switch in a loop, no arm", SWITCH(17, SET, SET.repeat(40)), 99, 1n + 2n + 1n + 1n],
  [
    "a large switch without a loop, for its longest arm",
    SWITCH(17, SET, SET.repeat(40)).replace("(loop $l", "(block"),
    0,
    2n + 81n,
  ],
  [
    "what follows a large switch has its own charge, also behind an if around it",
    `(loop (if (local.get $n) (then ${SWITCH(17, "", "").replace("(loop $l", "(block")}) (else ${
      SET.repeat(30)
    })) ${SET})`,
    1,
    1n + 4n + 1n + 1n + 1n + 2n,
  ],
  [
    "a large switch in dead code, behind the longer of two ways",
    `(loop (if (local.get $n) (then ${SET} return ${
      SWITCH(17, "", "").replace("(loop $l", "(block")
    }) (else ${SET.repeat(30)})) ${SET})`,
    0,
    1n + 5n + 60n + 2n,
  ],
  [
    "a large switch in dead code, where the way to it ended before",
    `(loop (if (local.get $n) (then br 0 ${
      SWITCH(17, "", "").replace("(loop $l", "(block")
    })) ${SET})`,
    0,
    1n + 2n + 1n + 2n,
  ],
  ["an empty loop, once", "(loop)", 0, 1n + 1n],
  [
    "a loop, each time round",
    "(loop $l (local.set $i (i32.add (local.get $i) (i32.const 1))) (br_if $l (i32.lt_u (local.get $i) (local.get $n))))",
    5,
    1n + 5n * 8n,
  ],
  [
    "what follows a loop is the function's",
    "(loop $l (br_if $l (i32.const 0))) (call $one)",
    0,
    1n + 2n + 1n,
  ],
  ["a loop that is left from within", "(block $b (loop (br $b))) (call $one)", 0, 1n + 1n + 1n],
  [
    "a loop left over another loop",
    "(block $b (i32.const 1) drop (loop (loop (br $b)) (call $one)))",
    0,
    2n + 1n + 1n,
  ],
  [
    "a loop in a loop",
    "(loop $o (loop $i (br_if $i (i32.const 0))) (br_if $o (i32.const 0)))",
    0,
    1n + 2n + 2n,
  ],
  [
    "an outer loop continued from an inner",
    "(loop $o (local.set $i (i32.add (local.get $i) (i32.const 1))) (loop (br_if $o (i32.lt_u (local.get $i) (i32.const 3)))))",
    0,
    1n + 3n * 4n + 3n * 4n,
  ],
  ["a loop behind return", "return (loop (call $one))", 0, 1n],
  ["memory.fill of 0", "(memory.fill (i32.const 0) (i32.const 0) (local.get $n))", 0, 4n],
  ["memory.fill of 1", "(memory.fill (i32.const 0) (i32.const 0) (local.get $n))", 1, 4n + 1n],
  ["memory.fill of 9", "(memory.fill (i32.const 0) (i32.const 0) (local.get $n))", 9, 4n + 2n],
  ["memory.copy of 64", "(memory.copy (i32.const 0) (i32.const 8) (local.get $n))", 64, 4n + 8n],
  ["memory.init of 16", "(memory.init $d (i32.const 0) (i32.const 0) (local.get $n))", 16, 4n + 2n],
  [
    "memory.fill that traps",
    "(memory.fill (i32.const 0) (i32.const 0) (local.get $n))",
    -1,
    4n + 536870912n,
  ],
  ["memory.grow by 0", "(drop (memory.grow (local.get $n)))", 0, 3n + 256n],
  ["memory.grow by 3", "(drop (memory.grow (local.get $n)))", 3, 3n + 256n + 3n * 1024n],
  ["memory.grow above the cap", "(drop (memory.grow (local.get $n)))", 4, 3n],
  ["memory.grow by 2^32-1", "(drop (memory.grow (local.get $n)))", -1, 3n],
  ["table.grow by 0", "(drop (table.grow $t (ref.null func) (local.get $n)))", 0, 4n],
  ["table.grow by 4", "(drop (table.grow $t (ref.null func) (local.get $n)))", 4, 4n + 4n * 8n],
  ["table.grow above the cap", "(drop (table.grow $t (ref.null func) (local.get $n)))", 5, 4n],
  ["table.grow by 2^32-1", "(drop (table.grow $t (ref.null func) (local.get $n)))", -1, 4n],
  ["table.fill", "(table.fill $t (i32.const 0) (ref.func $one) (local.get $n))", 4, 4n + 4n * 8n],
  ["table.copy", "(table.copy $t $t (i32.const 0) (i32.const 1) (local.get $n))", 3, 4n + 3n * 8n],
  ["table.init", "(table.init $t $e (i32.const 0) (i32.const 0) (local.get $n))", 3, 4n + 3n * 8n],
  [
    "table.fill that traps",
    "(table.fill $t (i32.const 0) (ref.func $one) (local.get $n))",
    -1,
    4n + 8n * 4294967295n,
  ],
  [
    "segments and sizes",
    "(data.drop $d) (elem.drop $e) (drop (table.size $t)) (drop (memory.size))",
    0,
    6n,
  ],
  ["SIMD", "(drop (f32x4.add (v128.const i32x4 0 0 0 0) (v128.const i32x4 0 0 0 0)))", 0, 4n],
  ["sat-float and constants", "(drop (i32.trunc_sat_f64_s (f64.const 1e9)))", 0, 3n],
];

for (const [what, body, n, fuel] of VECTORS) {
  test(`schedule 1: ${what} costs ${fuel}`, () => {
    assert.is(FUEL_SCHEDULE, 1);
    const guest = meterGuest(AROUND(body), { imports: HOST });
    assert.is(guest.spend("f", [n], { fuel: 100_000_000_000n }).fuel, fuel);
  });
}

test("fuel ends a call exactly where it is spent", () => {
  const guest = meterGuest(AROUND("(call $two)"), { imports: HOST });
  assert.is(guest.spend("f", [0], { fuel: 3n }).trap, undefined);
  const ended = guest.spend("f", [0], { fuel: 2n });
  assert.ok(ended.trap instanceof WebAssembly.RuntimeError);
  assert.is(ended.fuel, 3n, "one below zero");
  assert.ok(guest.spend("f", [0], { fuel: 0n }).trap);
});

for (
  const [what, body] of [
    ["an endless loop", "(loop (br 0))"],
    ["endless recursion", "(call $f)"],
    ["an endless loop of growth by nothing", "(loop (drop (memory.grow (i32.const 0))) (br 0))"],
  ] as const
) {
  test(`fuel ends ${what}`, () => {
    const guest = meterGuest(`(module (memory 1) (func $f (export "f") ${body}))`);
    const { trap, fuel } = guest.spend("f", [], { fuel: 10_000n, stack: 2 ** 30 });
    assert.ok(trap instanceof WebAssembly.RuntimeError);
    assert.ok(fuel > 10_000n && fuel < 10_300n);
  });
}

test("what a loop spent is seen by the host, and what the host takes there is gone", () => {
  const seen: bigint[] = [];
  const take = () => {
    const fuel = guest.exports["cofferdam:fuel"] as WebAssembly.Global;
    const left = fuel.value as bigint;
    seen.push(left);
    fuel.value = left - 100n;
  };
  const guest = meterGuest(
    `(module (import "host" "take" (func $take)) (func (export "f") (param $n i32)
      (loop (call $take) (call $take)
        (br_if 0 (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))))`,
    { imports: { host: { take } } },
  );
  // Entering costs 1, each time round two calls of 9 and five more.
  assert.is(guest.spend("f", [3], { fuel: 10_000n }).fuel, 1n + 3n * 23n + 600n);
  assert.equal(seen, [9_976n, 9_876n, 9_753n, 9_653n, 9_530n, 9_430n]);
  const short = guest.spend("f", [3], { fuel: 250n });
  assert.ok(short.trap instanceof WebAssembly.RuntimeError);
  assert.is(short.fuel, 1n + 3n * 23n + 400n);
});

test("each arm of an if spends what its loop charged, whether or not the other calls", () => {
  const guest = meterGuest(`(module (func $o) (func (export "f") (param $n i32)
    (loop
      (if (i32.and (local.get $n) (i32.const 1)) (then (call $o)) (else (call $o)))
      (br_if 0 (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))))`);
  // Entering costs 1, each time round ten; and the callee its own 1.
  assert.is(guest.spend("f", [8]).fuel, 1n + 8n * 11n);
  const ended = guest.spend("f", [8], { fuel: 50n });
  assert.ok(ended.trap instanceof WebAssembly.RuntimeError);
  assert.is(ended.fuel, 1n + 4n * 11n + 10n);
});

/** A third round, each of 10 units, that ends by a trap. */
const TRAPS: readonly (readonly [what: string, trap: string, fuel: bigint])[] = [
  ["unreachable: all of it", "nop nop (i32.const 0) drop unreachable", 1n + 3n * 10n],
  [
    "a division: nothing, where nothing was called",
    "(i32.const 1) (i32.const 0) i32.div_u drop",
    0n,
  ],
  [
    "a division behind a call: what there was before it",
    "(call $o) (i32.const 1) (i32.const 0) i32.div_u drop",
    1n + 3n * 13n + 1n,
  ],
];
for (const [what, trap, fuel] of TRAPS) {
  test(`fuel of a call that ends by ${what}`, () => {
    const guest = meterGuest(`(module (func $o) (func (export "f") (local $i i32)
      (loop
        (if (i32.eq (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 3))
          (then ${trap}))
        (br 0))))`);
    for (let round = 0; round < 3; round++) assert.is(guest.spend("f").fuel, fuel);
    assert.ok(guest.spend("f", [], { fuel: 25n }).trap);
  });
}

test("fuel for a growth is taken before the growth", () => {
  const guest = meterGuest(AROUND("(drop (memory.grow (local.get $n)))"), { imports: HOST });
  assert.ok(guest.spend("f", [3], { fuel: 3_000n }).trap);
  assert.is((guest.exports["cofferdam:memory"] as WebAssembly.Memory).buffer.byteLength, 65_536);
});

test("memory.grow and table.grow answer as without metering", () => {
  const guest = meterGuest(`(module (memory 1 4) (table $t 2 8 externref)
    (func (export "m") (param i32) (result i32) (memory.grow (local.get 0)))
    (func (export "t") (param externref i32) (result i32) (table.grow $t (local.get 0) (local.get 1)))
    (func (export "get") (param i32) (result externref) (table.get $t (local.get 0))))`);
  const grow = (n: number) => guest.spend("m", [n]).value;
  assert.equal([grow(0), grow(2), grow(2), grow(-1), grow(1), grow(1), grow(0)], [
    1,
    1,
    -1,
    -1,
    3,
    -1,
    4,
  ]);
  const extend = (n: number) => guest.spend("t", ["x", n]).value;
  assert.equal([extend(0), extend(5), extend(2), extend(-1), extend(1)], [2, 2, -1, -1, 7]);
  assert.is(guest.spend("get", [7]).value, "x");
  assert.is(guest.spend("m", [0]).fault, FAULT.atCap);
});

test("memory.grow stops the guest where the host has less than the caps allow", () => {
  // No host can be made to lack memory, so the guest's cap is put above what the module declares.
  const guest = meterGuest(`(module (memory 1 4)
    (func (export "m") (param i32) (result i32) (memory.grow (local.get 0))))`);
  const bytes = guest.module.bytes;
  const at = bytes.findIndex((_, i) => bytes[i] === 5 && bytes[i + 2] === 1 && bytes[i + 5] === 4);
  bytes[at + 5] = 2;
  const module = new WebAssembly.Module(bytes as Uint8Array<ArrayBuffer>);
  const { exports } = new WebAssembly.Instance(module);
  (exports["cofferdam:fuel"] as WebAssembly.Global).value = 100_000n;
  (exports["cofferdam:stack"] as WebAssembly.Global).value = 1_000;
  assert.throws(() => (exports.m as (n: number) => number)(2), WebAssembly.RuntimeError);
  assert.is((exports["cofferdam:fault"] as WebAssembly.Global).value, 1);
});

test.run();

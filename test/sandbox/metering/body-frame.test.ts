import * as assert from "uvu/assert";
import { LIMITS } from "../../../src/limits.ts";
import { meterGuest } from "../../support/metered.ts";
import { suite } from "../../support/suite.ts";

const test = suite("body-frame");

const list = (count: number, item: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => item(index)).join(" ");

/** A function that calls itself `$n` times. */
const RECURSION = `(module (func $f (export "f") (param $n i32) (result i32)
  (if (result i32) (local.get $n)
    (then (i32.add (i32.const 1) (call $f (i32.sub (local.get $n) (i32.const 1)))))
    (else (i32.const 0)))))`;

/**
 * 64 for the frame; 8 for each of: the parameter twice, the counter's own local, the three operands at
 * most (1, n, 1), and parameter and result of the call.
 */
const WEIGHT = 64 + 8 * (2 + 1 + 3 + 2);

for (const depth of [0, 1, 7, 1_000]) {
  test(`the depth of ${depth} nested calls is counted exactly, and given back`, () => {
    const guest = meterGuest(RECURSION);
    const stack = (depth + 1) * WEIGHT;
    const fits = guest.spend("f", [depth], { stack });
    assert.is(fits.value, depth);
    assert.is(fits.stack, stack, "given back");
    const short = guest.spend("f", [depth], { stack: stack - 1 });
    assert.ok(short.trap instanceof WebAssembly.RuntimeError);
    assert.is(short.stack, -1);
  });
}

/** Ways out of a function that calls; each gives its weight back. */
const LEAVES: readonly (readonly [what: string, text: string, value: unknown])[] = [
  ["return", "(result i32) (call $o) (return (i32.const 1))", 1],
  [
    "return from blocks",
    "(result i32) (call $o) (block (loop (return (i32.const 2)))) (i32.const 3)",
    2,
  ],
  ["br to the function", "(result i32) (call $o) (block (br 1 (i32.const 4))) (i32.const 5)", 4],
  ["br_if to the function", "(result i32) (call $o) (br_if 0 (i32.const 6) (i32.const 1))", 6],
  [
    "br_table",
    "(result i32) (call $o) (block (result i32) (br_table 1 1 (i32.const 7) (i32.const 0)))",
    7,
  ],
  [
    "several results",
    "(result i32 i64) (call $o) (if (i32.const 1) (then (return (i32.const 8) (i64.const 9)))) (i32.const 0) (i64.const 0)",
    [8, 9n],
  ],
  ["several results at the end", "(result f64 i32) (call $o) (f64.const 0.5) (i32.const 3)", [
    0.5,
    3,
  ]],
  ["the end", "(call $o)", undefined],
];
for (const [what, text, value] of LEAVES) {
  test(`the weight is given back by ${what}`, () => {
    const guest = meterGuest(`(module (func $o) (func (export "f") ${text}))`);
    const left = guest.spend("f");
    assert.equal(left.value, value);
    assert.is(left.stack, LIMITS.stackBytes);
  });
}

/** Recursions of all shapes; each takes the parameter 0. */
const SHAPES: readonly (readonly [what: string, text: string])[] = [
  ["no locals", '(func $g (call $g)) (func (export "f") (param i32) (call $g))'],
  [
    "a sum",
    '(func $f (export "f") (param i32) (result i32) (i32.add (i32.const 1) (call $f (local.get 0))))',
  ],
  [
    "two functions",
    '(func $f (export "f") (param i32) (call $g)) (func $g (local i64 i64) (call $f (i32.const 0)))',
  ],
  [
    "a table",
    '(type $t (func (param i32))) (table 1 funcref) (elem (i32.const 0) $f) (func $f (export "f") (type $t) (call_indirect (type $t) (local.get 0) (i32.const 0)))',
  ],
  [
    "1000 locals",
    `(func $f (export "f") (param i32) (result i64) (local ${list(1000, () => "i64")})
      ${
      list(1000, (i) =>
        `(local.set ${i + 1} (i64.extend_i32_u (i32.add (local.get 0) (i32.const ${i}))))`)
    }
      (drop (call $f (local.get 0))) local.get 1 ${
      list(999, (i) => `local.get ${i + 2} i64.add`)
    })`,
  ],
  [
    "500 floats",
    `(func $f (export "f") (param i32) (result f64) (local ${list(500, () => "f64")})
      ${
      list(500, (i) =>
        `(local.set ${i + 1} (f64.add (f64.convert_i32_u (local.get 0)) (f64.const ${i})))`)
    }
      (drop (call $f (local.get 0))) local.get 1 ${
      list(499, (i) => `local.get ${i + 2} f64.add`)
    })`,
  ],
  [
    "300 v128",
    `(func $f (export "f") (param i32) (result i32) (local ${list(300, () => "v128")})
      ${
      list(
        300,
        (i) => `(local.set ${i + 1} (i32x4.splat (i32.add (local.get 0) (i32.const ${i}))))`,
      )
    }
      (drop (call $f (local.get 0))) local.get 1 ${
      list(299, (i) => `local.get ${i + 2} i32x4.add`)
    } i32x4.extract_lane 0)`,
  ],
  [
    "1000 operands",
    `(func $f (export "f") (param i32) (result i32) ${
      list(1000, (i) => `(i32.mul (local.get 0) (i32.const ${i}))`)
    }
      (call $f (local.get 0)) ${list(1000, () => "i32.xor")})`,
  ],
  [
    "900 parameters",
    `(func $g (param ${list(900, () => "i64")}) ${
      list(900, (i) => `(i64.add (local.get ${i}) (i64.const 1))`)
    } call $g)
      (func (export "f") (param i32) ${list(900, (i) => `(i64.const ${i})`)} call $g)`,
  ],
  [
    "500 v128 parameters",
    `(func $g (param ${list(500, () => "v128")}) ${
      list(500, (i) => `(i32x4.add (local.get ${i}) (local.get 0))`)
    } call $g (drop (local.get 3)))
      (func (export "f") (param i32) ${list(500, (i) => `(v128.const i32x4 ${i} 0 0 0)`)} call $g)`,
  ],
  [
    "900 results",
    `(func $g (param i32) (result ${list(900, () => "i64")}) (call $g (local.get 0)))
      (func (export "f") (param i32) (call $g (local.get 0)) ${list(900, () => "drop")})`,
  ],
];
for (const [what, text] of SHAPES) {
  test(`endless recursion with ${what} ends by the counter, each time alike`, () => {
    const guest = meterGuest(`(module ${text})`);
    const first = guest.spend("f", [0]);
    for (let round = 0; round < 20; round++) {
      const { trap, stack, fuel } = guest.spend("f", [0]);
      assert.instance(trap, WebAssembly.RuntimeError);
      assert.ok(stack < 0);
      assert.is(stack, first.stack);
      assert.is(fuel, first.fuel);
    }
  });
}

/** Behind the host's entry, so that nothing gives back what the inner calls took. */
const INNER = `(module
  (import "host" "look" (func $look))
  (func $inner (param $n i32) (result i32)
    (call $look)
    (if (result i32) (local.get $n)
      (then
        (drop (call $inner (i32.sub (local.get $n) (i32.const 1))))
        (drop (call $inner (i32.sub (local.get $n) (i32.const 1))))
        (call $inner (i32.sub (local.get $n) (i32.const 1))))
      (else (i32.const 0))))
  (func (export "f") (param $n i32) (result i32)
    (local $i i32)
    (loop
      (drop (call $inner (local.get $n)))
      (br_if 0 (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 9))))
    (call $inner (local.get $n))))`;

test("calls that ended leave no weight behind, whatever follows them", () => {
  const seen: number[] = [];
  const look = () => {
    seen.push((guest.exports["cofferdam:stack"] as WebAssembly.Global).value);
  };
  const guest = meterGuest(INNER, { imports: { host: { look } } });
  assert.is(guest.spend("f", [3], { stack: 10_000 }).stack, 10_000);
  // Four depths, and nothing else: the 30th call finds what the first of its depth found.
  const depths = [...new Set(seen)];
  assert.is(depths.length, 4);
  assert.is(seen.length, 10 * 40);
  const deepest = Math.min(...depths);
  assert.is(guest.spend("f", [3], { stack: 10_000 - deepest }).stack, 10_000 - deepest);
  assert.is(guest.spend("f", [3], { stack: 9_999 - deepest }).stack, -1);
});

test("what the host calls gives its weight back, the start function too", () => {
  const guest = meterGuest(`(module (global $n (mut i32) (i32.const 0))
    (start $s) (func $o) (func $s (call $t)) (func $t (call $o) (call $o))
    (func (export "f") (call $t)))`);
  for (const name of [...guest.module.startCalls, "f"]) {
    assert.is(guest.spend(name).stack, LIMITS.stackBytes);
  }
  assert.is(guest.module.startCalls.length, 1);
});

test("a function heavier than the whole stack ends as it is entered", () => {
  const heavy = meterGuest(
    `(module (func $o) (func (export "f") (local ${list(600, () => "i64")}) (call $o)))`,
  );
  assert.ok(heavy.spend("f", [], { stack: 4_800 }).trap);
  assert.not(heavy.spend("f", [], { stack: 5_000 }).trap);
});

test("a small function that calls nothing is not counted, a large one is", () => {
  const leaf = (locals: number) =>
    meterGuest(`(module (func (export "f") (local ${list(locals, () => "i64")})))`);
  assert.not(leaf(100).spend("f", [], { stack: 0 }).trap);
  assert.ok(leaf(130).spend("f", [], { stack: 1_000 }).trap);
  assert.is(leaf(130).spend("f", [], { stack: 2_000 }).stack, 2_000);
});

test.run();

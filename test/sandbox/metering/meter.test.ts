import * as assert from "uvu/assert";
import { meterGuest } from "../../support/metered.ts";
import { suite } from "../../support/suite.ts";

const test = suite("meter");

test("meter() resets every mutable global, whatever its type", () => {
  const guest = meterGuest(`(module
    (global $a (mut i32) (i32.const -7)) (global $b (mut i64) (i64.const 0x123456789abcdef0))
    (global $c (mut f32) (f32.const nan:0x200001)) (global $d (mut f64) (f64.const -0))
    (global $e (mut v128) (v128.const i32x4 1 2 3 4)) (global $f (mut funcref) (ref.func $one))
    (global $g (mut externref) (ref.null extern)) (global $h i32 (i32.const 5)) (global $i (mut funcref) (ref.null func))
    (table 1 funcref) (elem declare func $two)
    (func $one (export "one")) (func $two (export "two"))
    (func (export "dirty") (param externref)
      (global.set $a (i32.const 1)) (global.set $b (i64.const 1)) (global.set $c (f32.const 1))
      (global.set $d (f64.const 1)) (global.set $e (v128.const i64x2 0 0)) (global.set $f (ref.null func))
      (global.set $g (local.get 0)) (global.set $i (ref.func $two)))
    (func (export "a") (result i32) (global.get $a)) (func (export "b") (result i64) (global.get $b))
    (func (export "c") (result i32) (i32.reinterpret_f32 (global.get $c)))
    (func (export "d") (result i64) (i64.reinterpret_f64 (global.get $d)))
    (func (export "e") (result i64) (i64x2.extract_lane 1 (global.get $e)))
    (func (export "f") (result funcref) (global.get $f)) (func (export "g") (result externref) (global.get $g))
    (func (export "i") (result funcref) (global.get $i)))`);
  assert.ok(guest.module.resets);
  const state = () => [..."abcdefgi"].map((name) => guest.spend(name).value);
  const fresh = state();
  assert.is(fresh[5], guest.exports.one);
  guest.spend("dirty", [{}]);
  assert.equal(state().map((value, at) => value === fresh[at]), new Array(8).fill(false));
  (guest.exports["cofferdam:reset"] as () => void)();
  assert.equal(state().map((value, at) => Object.is(value, fresh[at])), new Array(8).fill(true));
});

const RESETS: readonly (readonly [what: string, resets: boolean, text: string])[] = [
  ["nothing", true, ""],
  [
    "memory alone",
    true,
    '(memory 1 2) (data $d "x") (func (drop (memory.grow (i32.const 1))) (memory.init $d (i32.const 0) (i32.const 0) (i32.const 1)))',
  ],
  [
    "a table that is only read",
    true,
    "(table 1 funcref) (func (drop (table.get 0 (i32.const 0))) (drop (table.size 0)))",
  ],
  ["data.drop", false, '(data $d "x") (func (data.drop $d))'],
  ["elem.drop", false, "(elem $e func) (func (elem.drop $e))"],
  ["table.set", false, "(table 1 funcref) (func (table.set 0 (i32.const 0) (ref.null func)))"],
  [
    "table.grow",
    false,
    "(table 1 funcref) (func (drop (table.grow 0 (ref.null func) (i32.const 1))))",
  ],
  [
    "table.fill",
    false,
    "(table 1 funcref) (func (table.fill 0 (i32.const 0) (ref.null func) (i32.const 1)))",
  ],
  [
    "table.copy",
    false,
    "(table 1 funcref) (func (table.copy (i32.const 0) (i32.const 0) (i32.const 1)))",
  ],
  [
    "table.init",
    false,
    "(table 1 funcref) (elem $e func) (func (table.init $e (i32.const 0) (i32.const 0) (i32.const 0)))",
  ],
  ["an exported table", false, '(table (export "t") 1 funcref)'],
];
for (const [what, resets, text] of RESETS) {
  test(`meter() says that a module with ${what} ${resets ? "resets" : "does not reset"}`, () => {
    const guest = meterGuest(`(module ${text})`);
    assert.is(guest.module.resets, resets);
    assert.is("cofferdam:reset" in guest.exports, resets);
  });
}

const STARTS:
  readonly (readonly [what: string, text: string, calls: readonly string[], ran: number])[] = [
    ["a start function", "(start $one)", ["cofferdam:start"], 1],
    ["_initialize", '(export "_initialize" (func $two))', ["cofferdam:_initialize"], 2],
    ["both", '(export "_initialize" (func $two)) (start $one)', [
      "cofferdam:start",
      "cofferdam:_initialize",
    ], 12],
    ["neither", "", [], 0],
  ];
for (const [what, text, calls, ran] of STARTS) {
  test(`meter() defers and meters ${what}`, () => {
    const guest = meterGuest(`(module (global $r (mut i32) (i32.const 0))
      (func $add (param i32) (global.set $r (i32.add (i32.mul (global.get $r) (i32.const 10)) (local.get 0))))
      (func $one (call $add (i32.const 1))) (func $two (call $add (i32.const 2)))
      (func (export "ran") (result i32) (global.get $r)) ${text})`);
    assert.equal(guest.module.startCalls, calls);
    assert.is(guest.spend("ran").value, 0);
    for (const name of calls) {
      assert.ok(guest.spend(name, [], { fuel: 5n }).trap, "nothing of it is free");
      assert.not(guest.spend(name).trap);
    }
    assert.is(guest.spend("ran").value, ran);
  });
}

test("meter() gives a module that has nothing its counters, at zero", () => {
  const { exports, module } = meterGuest("(module)");
  const names = ["cofferdam:fault", "cofferdam:fuel", "cofferdam:reset", "cofferdam:stack"];
  assert.equal(Object.keys(exports).sort(), names);
  assert.is((exports["cofferdam:fuel"] as WebAssembly.Global).value, 0n);
  assert.is((exports["cofferdam:stack"] as WebAssembly.Global).value, 0);
  assert.is((exports["cofferdam:fault"] as WebAssembly.Global).value, 0);
  assert.equal(module.startCalls, []);
});

test("meter() lets nothing run before the host has set the counters", () => {
  const guest = meterGuest('(module (func (export "f")))');
  assert.throws(() => (guest.exports.f as () => void)(), WebAssembly.RuntimeError);
});

test("meter() leaves custom sections out", () => {
  const custom = [0x00, 0x05, 0x04, 0x6e, 0x61, 0x6d, 0x65];
  const bytes = Uint8Array.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, ...custom]);
  const { module } = meterGuest(bytes);
  const compiled = new WebAssembly.Module(module.bytes as Uint8Array<ArrayBuffer>);
  assert.equal(WebAssembly.Module.customSections(compiled, "name"), []);
});

test("meter() rewrites the same module to the same bytes", () => {
  const text =
    "(module (memory 1) (func (drop (memory.grow (i32.const 1))) (call 0) (drop (f64.sqrt (f64.const 1)))))";
  assert.equal(meterGuest(text).module.bytes, meterGuest(text).module.bytes);
});

test.run();

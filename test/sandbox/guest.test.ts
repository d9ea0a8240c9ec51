/** Every call finds the state of a new instance, in both modes. */
import * as assert from "uvu/assert";
import { type Mode, Sandbox } from "../../src/sandbox/sandbox.ts";
import { codeOf, loadGuest } from "../support/sandbox.ts";
import { suite } from "../support/suite.ts";

interface Context {
  sandbox: Sandbox;
}

const test = suite<Context>("guest");

const INPUT = new TextEncoder().encode("0123456789abcdef, and three more");

test.before((context) => {
  context.sandbox = new Sandbox(1);
});
test.after(async ({ sandbox }) => {
  await sandbox.close();
});

const EXTISM = `
  (import "extism:host/env" "alloc" (func $alloc (param i64) (result i64)))
  (import "extism:host/env" "load_u8" (func $load (param i64) (result i32)))
  (import "extism:host/env" "store_u8" (func $store (param i64 i32)))
  (import "extism:host/env" "output_set" (func $output (param i64 i64)))
  (import "extism:host/env" "error_get" (func $error_get (result i64)))
  (import "extism:host/env" "error_set" (func $error_set (param i64)))
  (import "extism:host/env" "input_offset" (func $input (result i64)))
  (import "extism:host/env" "input_length" (func $input_length (result i64)))
  (import "extism:host/env" "var_get" (func $var_get (param i64) (result i64)))
  (import "extism:host/env" "var_set" (func $var_set (param i64 i64)))`;

/**
 * Looks for traces of an earlier call wherever one could be left, then leaves some. The answer is the
 * address of a new block, which would tell how many there were before.
 */
const PROBE = `(module ${EXTISM}
  (memory 2)
  (data (i32.const 100) "initial")
  (global $i (mut i32) (i32.const 7)) (global $l (mut i64) (i64.const -7))
  (global $f (mut f32) (f32.const nan:0x200001)) (global $d (mut f64) (f64.const 7.5))
  (global $v (mut v128) (v128.const i64x2 7 8))
  (global $r (mut funcref) (ref.null func)) (global $started (mut i32) (i32.const 0))
  (func $start (global.set $started (i32.add (global.get $started) (i32.const 1))))
  (start $start)
  (elem declare func $start)
  (func $must (param i32) (if (i32.eqz (local.get 0)) (then unreachable)))
  (func (export "f") (result i32)
    (local $block i64) (local $key i64)
    (call $must (i32.eq (global.get $i) (i32.const 7)))
    (call $must (i64.eq (global.get $l) (i64.const -7)))
    (call $must (i32.eq (i32.reinterpret_f32 (global.get $f)) (i32.const 0x7fa00001)))
    (call $must (f64.eq (global.get $d) (f64.const 7.5)))
    (call $must (i64.eq (i64x2.extract_lane 0 (global.get $v)) (i64.const 7)))
    (call $must (i64.eq (i64x2.extract_lane 1 (global.get $v)) (i64.const 8)))
    (call $must (ref.is_null (global.get $r)))
    (call $must (i32.eq (global.get $started) (i32.const 1)))
    (call $must (i32.eq (i32.load8_u (i32.const 100)) (i32.const 105)))
    (call $must (i32.eqz (i32.load8_u (i32.const 131071))))
    (call $must (i64.eqz (call $error_get)))
    (call $must (i64.eq (call $input_length) (i64.const 32)))
    (call $must (i32.eq (call $load (call $input)) (i32.const 48)))
    (local.set $key (call $alloc (i64.const 8)))
    (call $must (i64.eqz (call $var_get (local.get $key))))
    (local.set $block (call $alloc (i64.const 64)))
    (call $must (i32.eqz (call $load (local.get $block))))
    (global.set $i (i32.const 1)) (global.set $l (i64.const 1)) (global.set $f (f32.const 1))
    (global.set $d (f64.const 1)) (global.set $v (v128.const i64x2 1 1))
    (global.set $r (ref.func $start))
    (i32.store8 (i32.const 100) (i32.const 1)) (i32.store8 (i32.const 131071) (i32.const 1))
    (call $store (call $input) (i32.const 1))
    (call $var_set (local.get $key) (local.get $key))
    (call $store (local.get $block) (i32.wrap_i64 (i64.shr_u (local.get $block) (i64.const 0))))
    (call $store (i64.add (local.get $block) (i64.const 1))
      (i32.wrap_i64 (i64.shr_u (local.get $block) (i64.const 8))))
    (call $output (local.get $block) (i64.const 2))
    (i32.const 0)))`;

/** What the probe cannot reset: each makes the next call's instance a new one. */
const DIRTY = {
  "a table that is set": [
    "(table 4 funcref) (func $x)",
    `(call $must (ref.is_null (table.get 0 (i32.const 1))))
     (table.set 0 (i32.const 1) (ref.func $start))`,
  ],
  "a table that grows": [
    "(table 4 funcref)",
    `(call $must (i32.eq (table.size 0) (i32.const 4)))
     (drop (table.grow 0 (ref.null func) (i32.const 3)))`,
  ],
  "a memory that grows": [
    "",
    `(call $must (i32.eq (memory.size) (i32.const 2))) (drop (memory.grow (i32.const 1)))`,
  ],
  "a data segment that is dropped": [
    '(data $gone "gone")',
    `(memory.init $gone (i32.const 0) (i32.const 0) (i32.const 4)) (data.drop $gone)
     (memory.fill (i32.const 0) (i32.const 0) (i32.const 4))`,
  ],
  "an element segment that is dropped": [
    "(table 4 funcref) (elem $gone func $start)",
    `(table.init 0 $gone (i32.const 0) (i32.const 0) (i32.const 1)) (elem.drop $gone)
     (table.fill 0 (i32.const 0) (ref.null func) (i32.const 1))`,
  ],
} as const;

const probes: [string, string][] = [
  ["globals, memory, tables, variables and blocks", PROBE],
  ...Object.entries(DIRTY).map(([what, [fields, body]]): [string, string] => [
    what,
    PROBE.replace("(memory 2)", `(memory 2) ${fields}`).replace(
      "(global.set $i (i32.const 1))",
      `${body} (global.set $i (i32.const 1))`,
    ),
  ]),
];

for (const mode of ["inline", "worker"] as const satisfies Mode[]) {
  for (const [what, text] of probes) {
    test(`${mode}: a call finds no trace of the one before: ${what}`, async ({ sandbox }) => {
      const guest = await loadGuest(sandbox, text, { mode });
      const first = await guest.call("f", INPUT);
      for (let call = 0; call < 5; call++) assert.equal(await guest.call("f", INPUT), first);
    });
  }

  test(`${mode}: a call finds no trace of one that failed`, async ({ sandbox }) => {
    const failing = PROBE.replace(
      "(i32.const 0)))",
      `(if (i32.eq (call $load (i64.add (call $input) (i64.const 1))) (i32.const 120))
        (then (call $error_set (local.get $block)) (unreachable)))
      (i32.const 0)))`,
    );
    const guest = await loadGuest(sandbox, failing, { mode });
    const first = await guest.call("f", INPUT);
    const bad = INPUT.slice();
    bad[1] = 120;
    for (let call = 0; call < 3; call++) {
      assert.is(await codeOf(guest.call("f", bad)), "sandbox.trap");
      assert.equal(await guest.call("f", INPUT), first);
    }
  });

  test(`${mode}: the caller's input is not changed by the guest`, async ({ sandbox }) => {
    const guest = await loadGuest(sandbox, PROBE, { mode });
    const input = INPUT.slice();
    await guest.call("f", input);
    assert.equal(input, INPUT);
  });
}

test("the same call uses the same fuel and gives the same bytes in both modes", async ({ sandbox }) => {
  const inline = await loadGuest(sandbox, PROBE, { mode: "inline" });
  const worker = await loadGuest(sandbox, PROBE, { mode: "worker" });
  const result = await inline.call("f", INPUT);
  assert.ok(result.fuel > 0);
  assert.equal(await worker.call("f", INPUT), result);
});

test("a call that runs out of fuel says how much it used, the same in both modes", async ({ sandbox }) => {
  const loop = '(module (func (export "f") (result i32) (loop $l (br $l)) (i32.const 0)))';
  const used: unknown[] = [];
  for (const mode of ["inline", "worker"] as const) {
    const guest = await loadGuest(sandbox, loop, { mode, limits: { fuel: 100_000 } });
    for (let call = 0; call < 2; call++) {
      const error = await guest.call("f", INPUT).catch((thrown) => thrown);
      assert.is(error.code, "sandbox.fuel");
      used.push(error.details.fuel);
    }
  }
  assert.is(new Set(used).size, 1, String(used));
  assert.ok(Number(used[0]) > 100_000);
});

test("calls made at once on one guest each get their own answer", async ({ sandbox }) => {
  const echo = `(module ${EXTISM} (func (export "f") (result i32)
    (call $output (call $input) (call $input_length)) (i32.const 0)))`;
  for (const mode of ["inline", "worker"] as const) {
    const guest = await loadGuest(sandbox, echo, { mode });
    const inputs = Array.from({ length: 500 }, (_, i) => new TextEncoder().encode(`input ${i}`));
    const results = await Promise.all(inputs.map((input) => guest.call("f", input)));
    results.forEach(({ output }, index) => assert.equal(output, inputs[index]));
  }
});

test.run();

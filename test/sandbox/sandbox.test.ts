/** Guests beside each other: what they log, how they wait, what ends them. */
import * as assert from "uvu/assert";
import type { LogLine } from "../../src/capability/log.ts";
import { Sandbox } from "../../src/sandbox/sandbox.ts";
import { codeOf, loadGuest } from "../support/sandbox.ts";
import { suite } from "../support/suite.ts";

interface Context {
  sandbox: Sandbox;
}

const test = suite<Context>("sandbox");

test.before((context) => {
  context.sandbox = new Sandbox(2);
});
test.after(async ({ sandbox }) => {
  await sandbox.close();
});

const bytes = (text: string) => new TextEncoder().encode(text);

const LOGGING = `(module
  (import "extism:host/env" "input_offset" (func $input (result i64)))
  (import "extism:host/env" "log_warn" (func $warn (param i64)))
  (import "extism:host/user" "log" (func $log (param i64) (result i64)))
  (func (export "extism") (result i32) (call $warn (call $input)) (i32.const 0))
  (func (export "json") (result i32) (drop (call $log (call $input))) (i32.const 0))
  (func (export "flood") (result i32) (local $n i32)
    (loop $l (call $warn (call $input)) (local.set $n (i32.add (local.get $n) (i32.const 1)))
      (br_if $l (i32.lt_u (local.get $n) (i32.const 5000))))
    (i32.const 0)))`;

for (const mode of ["inline", "worker"] as const) {
  test(`${mode}: a guest's log is heard, bounded and fit to be shown`, async ({ sandbox }) => {
    const guest = await loadGuest(sandbox, LOGGING, { mode });
    const heard = async (entry: string, input: string) => {
      const lines: LogLine[] = [];
      await guest.call(entry, bytes(input), { onLog: (line) => lines.push(line) });
      return lines;
    };
    assert.equal(await heard("extism", "a\n\x1b[2Jb"), [
      { level: "warn", message: String.raw`a\n\u{1b}[2Jb` },
    ]);
    assert.equal(await heard("json", '{"level":"info","message":"m","fields":{"a":1}}'), [
      { level: "info", message: "m", fields: { a: 1 } },
    ]);
    assert.equal(await heard("json", "no JSON"), []);
    const flood = await heard("flood", "x".repeat(100));
    assert.is(flood.length, 1_001);
    assert.match(flood.at(-1)!.message, /4000 lines were dropped/);
  });

  test(`${mode}: who listens to the log and throws disturbs nobody`, async ({ sandbox }) => {
    const guest = await loadGuest(sandbox, LOGGING, { mode });
    const onLog = () => {
      throw new Error("no");
    };
    assert.is(await codeOf(guest.call("extism", bytes("a"), { onLog })), "none");
  });
}

const CALLS_FOR_A_UNIT: [string, string][] = [
  [
    "a refusal of WASI",
    `(import "wasi_snapshot_preview1" "fd_tell" (func $tell (param i32 i32) (result i32)))
    (table 1 funcref) (elem (i32.const 0) $tell) (type $t (func (param i32 i32) (result i32)))|
    (drop (call_indirect (type $t) (i32.const 9) (i32.const 0) (i32.const 0)))`,
  ],
  [
    "a line of log that is none",
    `(import "extism:host/user" "log" (func $log (param i64) (result i64)))
    (import "extism:host/env" "input_offset" (func $input (result i64)))|
    (drop (call $log (call $input)))`,
  ],
];

for (const [what, guest] of CALLS_FOR_A_UNIT) {
  test(`a guest that asks for ${what} again and again is stopped after few`, async ({ sandbox }) => {
    const [fields, body] = guest.split("|");
    const module = await loadGuest(
      sandbox,
      `(module ${fields} (global $n (export "n") (mut i32) (i32.const 0))
        (func (export "f") (result i32)
          (loop $l (global.set $n (i32.add (global.get $n) (i32.const 1)))
            ${body}
            (br_if $l (i32.lt_u (global.get $n) (i32.const 20000))))
          (i32.const 0)))`,
      { limits: { fuel: 1_000_000 } },
    );
    const code = await codeOf(module.call("f", new TextEncoder().encode("[{},{},{}]")));
    assert.ok(["sandbox.fuel", "sandbox.memory"].includes(code), code);
  });
}

test("thousands of inline calls of a guest that cannot be reset do not wake each other", async ({ sandbox }) => {
  const guest = await loadGuest(
    sandbox,
    `(module (table 1 funcref) (func (export "f") (result i32)
      (table.set 0 (i32.const 0) (ref.null func)) (i32.const 0)))`,
  );
  const calls = Array.from({ length: 10_000 }, () => codeOf(guest.call("f", new Uint8Array(0))));
  assert.equal(new Set(await Promise.all(calls)), new Set(["none"]));
});

test("an inline call that waits behind others can be given up", async ({ sandbox }) => {
  const work = `(module (func (export "f") (result i32) (local $n i32)
    (loop $l (local.set $n (i32.add (local.get $n) (i32.const 1)))
      (br_if $l (i32.lt_u (local.get $n) (i32.const 10000000)))) (i32.const 0)))`;
  const guest = await loadGuest(sandbox, work);
  const controller = new AbortController();
  setTimeout(() => controller.abort(), 1);
  const { signal } = controller;
  const calls = Array.from(
    { length: 100 },
    () => codeOf(guest.call("f", new Uint8Array(0), { signal })),
  );
  const codes = await Promise.all(calls);
  assert.is(codes.at(-1), "call.aborted");
});

test("a time that is none is refused before the guest runs", async ({ sandbox }) => {
  for (const mode of ["inline", "worker"] as const) {
    const guest = await loadGuest(sandbox, LOGGING, { mode });
    const call = guest.call("extism", bytes("a"), { now: "yesterday" });
    assert.is(await codeOf(call), "usage.invalid");
  }
});

test("a thread forgets guests that were not used for long, and gets them again", async ({ sandbox }) => {
  const one = new Sandbox(1);
  const text = '(module (func (export "f") (result i32) (i32.const 0)))';
  const guests = await Promise.all(
    Array.from({ length: 40 }, () => loadGuest(one, text, { mode: "worker" })),
  );
  for (let round = 0; round < 2; round++) {
    for (const guest of guests) {
      assert.is(await codeOf(guest.call("f", new Uint8Array(0))), "none");
    }
  }
  await one.close();
  assert.ok(sandbox);
});

test("a call that cannot be sent leaves the thread as it was", async () => {
  const one = new Sandbox(1);
  const text = '(module (func (export "f") (result i32) (i32.const 0)))';
  const guest = await loadGuest(one, text, { mode: "worker" });
  const broken = new Uint8Array(1);
  broken.slice = () => {
    throw new RangeError("no memory");
  };
  assert.is(await codeOf(guest.call("f", broken)), "internal.error");
  assert.is(await codeOf(guest.call("f", new Uint8Array(1))), "none");
  await one.close();
});

test("inline calls leave room for timers between them", async ({ sandbox }) => {
  const work = `(module (func (export "f") (result i32) (local $n i32)
    (loop $l (local.set $n (i32.add (local.get $n) (i32.const 1)))
      (br_if $l (i32.lt_u (local.get $n) (i32.const 200000)))) (i32.const 0)))`;
  const guest = await loadGuest(sandbox, work);
  let ticks = 0;
  const timer = setInterval(() => ticks++, 1);
  await Promise.all(Array.from({ length: 1_000 }, () => guest.call("f", new Uint8Array(0))));
  clearInterval(timer);
  assert.ok(ticks > 3, `${ticks} ticks`);
});

test("an inline guest does not start once its caller gave up or the sandbox is closed", async () => {
  const sandbox = new Sandbox(1);
  const guest = await loadGuest(sandbox, '(module (func (export "f") (result i32) (i32.const 0)))');
  const signal = AbortSignal.abort();
  assert.is(await codeOf(guest.call("f", new Uint8Array(0), { signal })), "call.aborted");
  await sandbox.close();
  assert.is(await codeOf(guest.call("f", new Uint8Array(0))), "sandbox.closed");
});

test.run();

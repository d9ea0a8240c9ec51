/** What a guest in its thread asks the main one. */
import * as assert from "uvu/assert";
import type { HostCall, HostFunction } from "../../../src/capability/host-function.ts";
import { LIMITS } from "../../../src/limits.ts";
import { PluginError } from "../../../src/plugin-error.ts";
import { Sandbox, type SandboxModule } from "../../../src/sandbox/sandbox.ts";
import { codeOf, loadGuest } from "../../support/sandbox.ts";
import { suite } from "../../support/suite.ts";

interface Context {
  sandbox: Sandbox;
}

const test = suite<Context>("sandbox/question");

test.before((context) => {
  context.sandbox = new Sandbox(2);
});
test.after(({ sandbox }) => sandbox.close());

const bytes = (text: string) => new TextEncoder().encode(text);

/** Asks `state_get` for its input and gives the answer; `twice` asks with the answer once more. */
const ASKING = `(module
  (import "extism:host/env" "input_offset" (func $input (result i64)))
  (import "extism:host/env" "length" (func $length (param i64) (result i64)))
  (import "extism:host/env" "output_set" (func $output (param i64 i64)))
  (import "extism:host/user" "state_get" (func $ask (param i64) (result i64)))
  (func $give (param i64) (call $output (local.get 0) (call $length (local.get 0))))
  (func (export "once") (result i32) (call $give (call $ask (call $input))) (i32.const 0))
  (func (export "twice") (result i32)
    (call $give (call $ask (call $ask (call $input)))) (i32.const 0)))`;

const text = (content: Uint8Array) => new TextDecoder().decode(content);

function load(
  sandbox: Sandbox,
  answer: (request: string, call: HostCall) => string | Promise<string>,
  options: { timeoutMs?: number; serial?: boolean } = {},
): Promise<SandboxModule> {
  const fn: HostFunction = {
    capability: "state",
    name: "state_get",
    answer: async (request, call) => bytes(await answer(text(request), call)),
  };
  return loadGuest(sandbox, ASKING, {
    mode: "worker",
    serial: options.serial ?? false,
    functions: [fn],
    limits: { timeoutMs: options.timeoutMs ?? 20_000 },
  });
}

const later = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

test("a guest in a thread gets the answers to its own questions", async ({ sandbox }) => {
  const guest = await load(sandbox, (request) => `<${request}>`);
  assert.is(text((await guest.call("twice", bytes("a"))).output), "<<a>>");
  const answers = await Promise.all(
    Array.from({ length: 50 }, (_, n) => guest.call("twice", bytes(`${n}`))),
  );
  answers.forEach(({ output }, n) => assert.is(text(output), `<<${n}>>`));
});

test("a question knows its call, and its signal aborts when the call has ended", async ({ sandbox }) => {
  let seen: HostCall | undefined;
  const guest = await load(sandbox, (_request, call) => {
    seen = call;
    assert.not(call.signal.aborted);
    return "x";
  });
  await guest.call("once", bytes("a"), { now: "2026-01-01T00:00:00Z" });
  assert.equal([seen!.entry, seen!.now, seen!.signal.aborted], [
    "once",
    "2026-01-01T00:00:00Z",
    true,
  ]);
});

test("an answer that throws ends its own call with its code, and no other", async ({ sandbox }) => {
  const guest = await load(sandbox, (request) => {
    if (request === "bad") throw new PluginError("output.unwritable", "no");
    if (request === "worse") throw new Error("secret");
    return request;
  });
  const calls = ["bad", "good", "worse"].map((input) => codeOf(guest.call("once", bytes(input))));
  assert.equal(await Promise.all(calls), ["output.unwritable", "none", "internal.error"]);
});

test("an answer that never comes ends with its call's time; one that comes late reaches nobody", async ({ sandbox }) => {
  const aborted: unknown[] = [];
  const guest = await load(sandbox, async (request, { signal }) => {
    if (request !== "late") return request;
    signal.addEventListener("abort", () => aborted.push(request));
    await later(600);
    return "LATE";
  }, { timeoutMs: 300 });
  assert.is(await codeOf(guest.call("once", bytes("late"))), "sandbox.timeout");
  assert.equal(aborted, ["late"]);
  for (let n = 0; n < 5; n++) {
    assert.is(text((await guest.call("once", bytes(`${n}`))).output), `${n}`);
    await later(100);
  }
});

test("a call that is given up while it asks ends, and its answer is told", async ({ sandbox }) => {
  const controller = new AbortController();
  let told = false;
  const guest = await load(sandbox, async (_request, { signal }) => {
    signal.addEventListener("abort", () => told = true);
    controller.abort();
    await later(50);
    return "x";
  });
  const call = guest.call("once", bytes("a"), { signal: controller.signal });
  assert.is(await codeOf(call), "call.aborted");
  assert.ok(told);
});

test("an answer beyond the call's blocks is sandbox.memory", async ({ sandbox }) => {
  const fn: HostFunction = {
    capability: "state",
    name: "state_get",
    answer: () => Promise.resolve(new Uint8Array(2 << 20)),
  };
  const guest = await loadGuest(sandbox, ASKING, {
    mode: "worker",
    functions: [fn],
    limits: { blockBytes: 1 << 20 },
  });
  assert.is(await codeOf(guest.call("once", bytes("a"))), "sandbox.memory");
});

test("a serial guest's calls run one after the other", async ({ sandbox }) => {
  let running = 0;
  const guest = await load(sandbox, async (request) => {
    assert.is(++running, 1);
    await later(50);
    running--;
    return request;
  }, { serial: true });
  const calls = [1, 2, 3].map((n) => codeOf(guest.call("once", bytes(`${n}`))));
  assert.equal(await Promise.all(calls), ["none", "none", "none"]);
});

test("a parallel guest's calls run at once", async ({ sandbox }) => {
  let release = () => {};
  const both = new Promise<void>((resolve) => release = resolve);
  let running = 0;
  const guest = await load(sandbox, async (request) => {
    if (++running === 2) release();
    // Neither is answered before the other has asked.
    await both;
    return request;
  });
  const calls = [1, 2].map((n) => codeOf(guest.call("once", bytes(`${n}`))));
  assert.equal(await Promise.all(calls), ["none", "none"]);
});

test("functions of one call take the place of those that were loaded", async ({ sandbox }) => {
  const guest = await load(sandbox, () => "loaded");
  const own: HostFunction = {
    capability: "state",
    name: "state_get",
    answer: () => Promise.resolve(bytes("own")),
  };
  const { output } = await guest.call("once", bytes("a"), { functions: [own] });
  assert.is(text(output), "own");
  assert.is(text((await guest.call("once", bytes("a"))).output), "loaded");
});

const INSISTENT = `(module
  (import "extism:host/env" "input_offset" (func $input (result i64)))
  (import "extism:host/user" "state_get" (func $get (param i64) (result i64)))
  (import "extism:host/user" "log" (func $log (param i64) (result i64)))
  (func $times (param $left i32) (param $logs i32)
    (loop $next
      (if (local.get $logs)
        (then (drop (call $log (call $input))))
        (else (drop (call $get (call $input)))))
      (br_if $next (local.tee $left (i32.sub (local.get $left) (i32.const 1))))))
  (func (export "most") (result i32)
    (call $times (i32.const 10001) (i32.const 1))
    (call $times (i32.const ${LIMITS.capabilityCalls}) (i32.const 0))
    (i32.const 0))
  (func (export "more") (result i32)
    (call $times (i32.const ${LIMITS.capabilityCalls + 1}) (i32.const 0))
    (i32.const 0)))`;

test("a call asks the host so many times and no more, whatever it logs", async ({ sandbox }) => {
  let asked = 0;
  const fn: HostFunction = {
    capability: "state",
    name: "state_get",
    answer: () => {
      asked++;
      return Promise.resolve(bytes("{}"));
    },
  };
  const guest = await loadGuest(sandbox, INSISTENT, {
    mode: "worker",
    functions: [fn],
    limits: { timeoutMs: 60_000 },
  });
  assert.is(await codeOf(guest.call("most", bytes("{}"))), "none");
  assert.is(asked, LIMITS.capabilityCalls);
  assert.is(await codeOf(guest.call("more", bytes("{}"))), "capability.limit");
  assert.is(asked, 2 * LIMITS.capabilityCalls);
});

test.run();

import * as assert from "uvu/assert";
import { Sandbox } from "../../src/sandbox/sandbox.ts";
import { answering } from "../support/guest.ts";
import { codeOf, loadGuest } from "../support/sandbox.ts";
import { suite } from "../support/suite.ts";
import { until } from "../support/until.ts";

const test = suite("places");

const INPUT = new Uint8Array(0);
const GOOD = answering("done").replace("admission_check", "f");

/** A guest whose entry `f` asks one function, and what was asked so far; nobody answers before `go`. */
async function loadAsking(sandbox: Sandbox, capability: "delegate" | "state", name: string) {
  const asked: (() => void)[] = [];
  const text = `(module
    (import "extism:host/user" "${name}" (func $ask (param i64) (result i64)))
    (func (export "f") (result i32) (drop (call $ask (i64.const 0))) (i32.const 0)))`;
  const answer = () =>
    new Promise<Uint8Array>((resolve) => asked.push(() => resolve(new Uint8Array(2))));
  const functions = [{ capability, name, answer }] as const;
  const guest = await loadGuest(sandbox, text, { mode: "worker", functions });
  const go = () => asked.splice(0).forEach((one) => one());
  return { guest, asked, go };
}

test("guests that wait for programs leave their place to others, and what is left runs by turns", async () => {
  const sandbox = new Sandbox(1);
  const good = await loadGuest(sandbox, GOOD, { mode: "worker" });
  const delegating = await loadAsking(sandbox, "delegate", "delegate_add");
  const calls = Array.from({ length: 5 }, () => codeOf(delegating.guest.call("f", INPUT)));
  await until(() => delegating.asked.length === calls.length);
  assert.is(await codeOf(good.call("f", INPUT)), "none");
  delegating.go();
  assert.equal(new Set(await Promise.all(calls)), new Set(["none"]));
  // Their threads are idle now, and yet no second one of a plugin runs.
  const state = await loadAsking(sandbox, "state", "state_get");
  const others = [codeOf(state.guest.call("f", INPUT)), codeOf(state.guest.call("f", INPUT))];
  await until(() => state.asked.length > 0);
  assert.is(await codeOf(good.call("f", INPUT)), "none");
  assert.is(state.asked.length, 1);
  state.go();
  await until(() => state.asked.length > 0);
  state.go();
  assert.equal(await Promise.all(others), ["none", "none"]);
  await sandbox.close();
});

/** A guest that asks for a program to run, and then works; nobody answers either before it is told to. */
async function loadWorking(sandbox: Sandbox) {
  const latches = { delegate: [] as (() => void)[], state: [] as (() => void)[] };
  const text = `(module
    (import "extism:host/user" "delegate_add" (func $wait (param i64) (result i64)))
    (import "extism:host/user" "state_get" (func $work (param i64) (result i64)))
    (func (export "f") (result i32)
      (drop (call $wait (i64.const 0))) (drop (call $work (i64.const 0))) (i32.const 0)))`;
  const answer = (latch: (() => void)[]) => () =>
    new Promise<Uint8Array>((resolve) => latch.push(() => resolve(new Uint8Array(2))));
  const guest = await loadGuest(sandbox, text, {
    mode: "worker",
    limits: { timeoutMs: 60_000 },
    functions: [
      { capability: "delegate", name: "delegate_add", answer: answer(latches.delegate) },
      { capability: "state", name: "state_get", answer: answer(latches.state) },
    ],
  });
  return {
    call: () => codeOf(guest.call("f", INPUT)),
    waiting: () => latches.delegate.length,
    working: () => latches.state.length,
    /** Has the program of the first one end. */
    end: () => latches.delegate.shift()!(),
    /** Has the first one finish its work. */
    finish: () => latches.state.shift()!(),
  };
}

test("guests that waited for programs go on when they have a place again, one after the other", async () => {
  const sandbox = new Sandbox(1);
  const good = await loadGuest(sandbox, GOOD, { mode: "worker" });
  const one = await loadWorking(sandbox);
  const calls = Array.from({ length: 6 }, one.call);
  await until(() => one.waiting() === calls.length);
  for (const _ of calls) one.end();
  for (const _ of calls) {
    await until(() => one.working() > 0);
    // Another thread has come and gone; so had they, if they were let.
    for (let n = 0; n < 3; n++) assert.is(await codeOf(good.call("f", INPUT)), "none");
    assert.is(one.working(), 1);
    one.finish();
  }
  assert.equal(new Set(await Promise.all(calls)), new Set(["none"]));
  await sandbox.close();
});

test("a plugin at work holds up neither the others that return, nor those that call beside a wait", async () => {
  const sandbox = new Sandbox(1);
  const [one, other] = [await loadWorking(sandbox), await loadWorking(sandbox)];
  const calls = [one.call(), other.call()];
  await until(() => one.waiting() === 1 && other.waiting() === 1);
  one.end();
  await until(() => one.working() === 1);
  // It has a place of those that all share, though its plugin waits for a program already.
  calls.push(other.call());
  await until(() => other.waiting() === 2);
  other.end();
  await until(() => other.working() === 1);
  other.finish();
  other.end();
  await until(() => other.working() === 1);
  other.finish();
  one.finish();
  assert.equal(await Promise.all(calls), ["none", "none", "none"]);
  await sandbox.close();
});

test("what one plugin runs takes no place of those for plugins of which nothing runs", async () => {
  const sandbox = new Sandbox(2);
  const plugins = await Promise.all(
    Array.from({ length: 10 }, () => loadAsking(sandbox, "state", "state_get")),
  );
  // Two of the first, and one of each other: ten plugins are at work.
  const calls = [plugins[0]!, ...plugins].map(({ guest }) => codeOf(guest.call("f", INPUT)));
  const asked = () => plugins.reduce((all, one) => all + one.asked.length, 0);
  await until(() => asked() === calls.length);
  for (const { go } of plugins) go();
  assert.equal(new Set(await Promise.all(calls)), new Set(["none"]));
  await sandbox.close();
});

test("more guests than may wait keep their places, and all of them come to an end", async () => {
  const sandbox = new Sandbox(1);
  const good = await loadGuest(sandbox, GOOD, { mode: "worker" });
  const one = await loadWorking(sandbox);
  const calls = Array.from({ length: 20 }, one.call);
  await until(() => one.waiting() === 17);
  assert.is(await codeOf(good.call("f", INPUT)), "none");
  assert.is(one.waiting(), 17);
  let done = 0;
  for (const call of calls) void call.then(() => done++);
  // What ends first need not be what began first.
  await until(() => {
    while (one.waiting() > 0) one.end();
    assert.ok(one.working() <= 1);
    if (one.working() > 0) one.finish();
    return done === calls.length;
  });
  assert.equal(new Set(await Promise.all(calls)), new Set(["none"]));
  await sandbox.close();
});

test.run();

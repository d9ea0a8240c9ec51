import { spawnSync } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import * as assert from "uvu/assert";
import { Sandbox, type SandboxLimits } from "../../src/sandbox/sandbox.ts";
import { answering } from "../support/guest.ts";
import { codeOf, loadGuest } from "../support/sandbox.ts";
import { suite } from "../support/suite.ts";
import { until } from "../support/until.ts";

const test = suite("worker-pool");

const LIMITS: Partial<SandboxLimits> = {
  timeoutMs: 2_000,
  // More than anybody uses within the deadline.
  fuel: Number.MAX_SAFE_INTEGER,
  inputBytes: 1_000,
};
const LOOP = '(module (func (export "f") (result i32) (loop $l (br $l)) (i32.const 0)))';
const GOOD = answering("done").replace("admission_check", "f");

function load(sandbox: Sandbox, text: string, limits = LIMITS, serial = false) {
  return loadGuest(sandbox, text, { limits, mode: "worker", serial });
}

const INPUT = new Uint8Array(0);

test("a thread that was ended for its loop uses no more of the processor", () => {
  // In a process of its own, where no other test's threads are counted.
  const ending = import.meta.url.endsWith(".ts") ? ".ts" : ".js";
  const script = fileURLToPath(new URL(`../support/loop-and-idle${ending}`, import.meta.url));
  const args = "Deno" in globalThis ? ["run", "-A", "--quiet", script] : [script];
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
  // One loop alone would take most of the second; a busy machine only gives it less.
  assert.ok(Number(stdout) < 300_000, `${stdout} microseconds of processor time; ${stderr}`);
  assert.match(stdout, /^\d+\n$/);
});

test("a call's output arrives as it was set", async () => {
  const sandbox = new Sandbox(1);
  const module = await load(sandbox, GOOD);
  assert.is(new TextDecoder().decode((await module.call("f", INPUT)).output), "done");
  await sandbox.close();
});

test("a call beyond its deadline ends, and the next one gets a new thread", async () => {
  const sandbox = new Sandbox(1);
  const loop = await load(sandbox, LOOP, { ...LIMITS, timeoutMs: 100 });
  const good = await load(sandbox, GOOD);
  const calls = [codeOf(loop.call("f", INPUT)), codeOf(good.call("f", INPUT))];
  assert.equal(await Promise.all(calls), ["sandbox.timeout", "none"]);
  await sandbox.close();
});

test("waiting for a free thread does not count against a call's deadline", async () => {
  const sandbox = new Sandbox(1);
  const loop = await load(sandbox, LOOP, { ...LIMITS, timeoutMs: 600 });
  const good = await load(sandbox, GOOD, { ...LIMITS, timeoutMs: 300 });
  const calls = [codeOf(loop.call("f", INPUT)), codeOf(good.call("f", INPUT))];
  assert.equal(await Promise.all(calls), ["sandbox.timeout", "none"]);
  await sandbox.close();
});

test("an aborted call ends, whether it runs or waits, and others are not disturbed", async () => {
  const sandbox = new Sandbox(1);
  const loop = await load(sandbox, LOOP);
  const good = await load(sandbox, GOOD);
  const [running, waiting] = [new AbortController(), new AbortController()];
  const calls = [
    codeOf(loop.call("f", INPUT, { signal: running.signal })),
    codeOf(loop.call("f", INPUT, { signal: waiting.signal })),
    codeOf(good.call("f", INPUT)),
    codeOf(good.call("f", INPUT, { signal: AbortSignal.abort() })),
  ];
  waiting.abort();
  running.abort();
  assert.equal(await Promise.all(calls), ["call.aborted", "call.aborted", "none", "call.aborted"]);
  await sandbox.close();
});

test("close() rejects what runs, what waits and what comes later", async () => {
  const sandbox = new Sandbox(1);
  const loop = await load(sandbox, LOOP);
  const calls = [codeOf(loop.call("f", INPUT)), codeOf(loop.call("f", INPUT))];
  await sandbox.close();
  calls.push(codeOf(loop.call("f", INPUT)));
  assert.equal(await Promise.all(calls), ["sandbox.closed", "sandbox.closed", "sandbox.closed"]);
  await sandbox.close();
});

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
  const good = await load(sandbox, GOOD);
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

test("an input beyond its bound is refused before it is sent", async () => {
  const sandbox = new Sandbox(1);
  const module = await load(sandbox, GOOD);
  assert.is(await codeOf(module.call("f", new Uint8Array(1_001))), "contract.input-too-large");
  await sandbox.close();
});

test.run();

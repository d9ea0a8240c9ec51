import { spawnSync } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import * as assert from "uvu/assert";
import { Sandbox, type SandboxLimits } from "../../src/sandbox/sandbox.ts";
import { WorkerPool } from "../../src/sandbox/worker-pool.ts";
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

test("threads beyond the size end when they have had no work for some time", async () => {
  const pool = new WorkerPool(2, { idleMs: 1 });
  const check = (lane: number) =>
    pool.run(() => ({
      task: { task: "schema", schema: {}, value: 1, timeoutMs: 60_000 },
      transfer: [],
    }), { label: "a check", lane, timeoutMs: 60_000 });
  const checks = [1, 2, 3, 4, 5].map(check);
  assert.is(pool.threads, 5);
  assert.is((await Promise.all(checks)).length, 5);
  await until(() => pool.threads === 2);
  await Promise.all([6, 7].map(check));
  assert.is(pool.threads, 2);
  await pool.close();
  assert.is(pool.threads, 0);
});

test("an input beyond its bound is refused before it is sent", async () => {
  const sandbox = new Sandbox(1);
  const module = await load(sandbox, GOOD);
  assert.is(await codeOf(module.call("f", new Uint8Array(1_001))), "contract.input-too-large");
  await sandbox.close();
});

test.run();

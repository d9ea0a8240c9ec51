import * as assert from "uvu/assert";
import type { HostCall, HostFunction } from "../../src/capability/host-function.ts";
import { createReentryGuard, type ReentryGuard } from "../../src/host/reentry.ts";
import { PluginError } from "../../src/plugin-error.ts";
import { suite } from "../support/suite.ts";

const test = suite("host/reentry");

const NONE = new Uint8Array();
const CALL = {} as HostCall;
const tick = () => new Promise((resolve) => setTimeout(resolve, 1));

/** A provider that does `work`, behind `guard`. */
function answering(guard: ReentryGuard, work: () => unknown): HostFunction {
  return guard.protect({
    capability: "metadata",
    name: "metadata_list",
    answer: async () => {
      await work();
      return NONE;
    },
  });
}

/** A call of the guarded host, as a provider would make it. */
async function codeOf(guard: ReentryGuard): Promise<string> {
  await tick();
  try {
    guard.check('"f" of p');
    return "passed";
  } catch (error) {
    return PluginError.from(error).code;
  }
}

test("check() refuses what is called while an answer is made, also behind timers and awaits", async () => {
  const guard = createReentryGuard();
  const seen: string[] = [];
  const fn = answering(guard, async () => {
    seen.push(await codeOf(guard));
    await Promise.all([1, 2].map(async () => seen.push(await codeOf(guard))));
    await new Promise<void>((resolve) =>
      setTimeout(() => void codeOf(guard).then((code) => (seen.push(code), resolve())), 1)
    );
  });
  await fn.answer(NONE, CALL);
  assert.equal(seen, new Array(4).fill("capability.reentrant"));
});

test("check() passes calls beside an answer that is being made, and after it", async () => {
  const guard = createReentryGuard();
  let end = () => {};
  const fn = answering(guard, () => new Promise<void>((resolve) => end = resolve));
  const answer = fn.answer(NONE, CALL);
  assert.is(await codeOf(guard), "passed");
  end();
  await answer;
  assert.is(await codeOf(guard), "passed");
});

test("check() passes what an answer left running, once the guest has its answer", async () => {
  const guard = createReentryGuard();
  let release = () => {};
  let late: Promise<string> | undefined;
  const fn = answering(guard, () => {
    late = new Promise<void>((resolve) => release = resolve).then(() => codeOf(guard));
  });
  await fn.answer(NONE, CALL);
  release();
  assert.is(await late, "passed");
});

test("check() passes calls of another host", async () => {
  const guard = createReentryGuard();
  const other = createReentryGuard();
  let seen = "";
  await answering(guard, async () => seen = await codeOf(other)).answer(NONE, CALL);
  assert.is(seen, "passed");
});

test("check() refuses the way back by another host", async () => {
  const guard = createReentryGuard();
  const other = createReentryGuard();
  let seen = "";
  const inner = answering(other, async () => seen = await codeOf(guard));
  await answering(guard, () => inner.answer(NONE, CALL)).answer(NONE, CALL);
  assert.is(seen, "capability.reentrant");
});

test("a provider that throws leaves the guard open", async () => {
  const guard = createReentryGuard();
  const fn = answering(guard, () => {
    throw new Error("no");
  });
  const thrown = await fn.answer(NONE, CALL).catch((error) => error.message);
  assert.is(thrown, "no");
  assert.is(await codeOf(guard), "passed");
});

test.run();

import * as assert from "uvu/assert";
import { backoffMs, givesUp, REAL_CLOCK, retrying } from "../../src/docker/backoff.ts";
import { errorOf, testClock } from "../support/docker-plugin.ts";
import { suite } from "../support/suite.ts";

const test = suite("backoff");

const NEVER = new AbortController().signal;

test("backoffMs() doubles up to 30 s (moby 4)", () => {
  const waits = [[0, 1], [1, 2], [2, 4], [3, 8], [4, 16], [5, 30], [6, 30], [10, 30], [5_000, 30]];
  for (const [retries, seconds] of waits) {
    assert.is(backoffMs(retries!), seconds! * 1_000, `${retries} retries`);
  }
});

test("givesUp() where a wait ends at 30 s or behind that (moby 5)", () => {
  const cases: [elapsedMs: number, waitMs: number, does: boolean][] = [
    [0, 1_000, false],
    [0, 2_000, false],
    [0, 10_000, false],
    [0, 30_000, true],
    [0, 40_000, true],
    [13_999, 16_000, false],
    [14_000, 16_000, true],
  ];
  for (const [elapsedMs, waitMs, does] of cases) assert.is(givesUp(elapsedMs, waitMs), does);
});

test("retrying() tries what may pass until it works, and throws the last error", async () => {
  const clock = testClock();
  let tries = 0;
  const work = () =>
    ++tries < 4 ? Promise.reject(new Error(`no ${tries}`)) : Promise.resolve(tries);
  assert.is(await retrying(clock, NEVER, work, () => true), 4);
  assert.equal(clock.slept, [1_000, 2_000, 4_000]);
  let count = 0;
  const never = () => Promise.reject(new Error(`no ${++count}`));
  assert.is((await errorOf(retrying(testClock(), NEVER, never, () => true))).message, "no 5");
  count = 0;
  assert.is((await errorOf(retrying(testClock(), NEVER, never, () => false))).message, "no 1");
});

test("retrying() counts what the tries themselves take", async () => {
  let time = 0;
  const clock = { ...testClock(), now: () => time };
  let tries = 0;
  const slow = () => {
    time += 29_500;
    return Promise.reject(new Error(`no ${++tries}`));
  };
  await errorOf(retrying(clock, NEVER, slow, () => true));
  assert.is(tries, 1);
});

test("retrying() and the real clock's sleep() end with their signal", async () => {
  const controller = new AbortController();
  const clock = testClock(() => controller.abort(new Error("over")));
  const fails = () => Promise.reject(new Error("no"));
  const error = await errorOf(retrying(clock, controller.signal, fails, () => true));
  assert.is(error.message, "over");
  const again = retrying(clock, controller.signal, fails, () => true);
  assert.is((await errorOf(again)).message, "over");
  const other = new AbortController();
  const sleeping = errorOf(REAL_CLOCK.sleep(1_000_000, other.signal));
  other.abort(new Error("awake"));
  assert.is((await sleeping).message, "awake");
  assert.is((await errorOf(REAL_CLOCK.sleep(1_000_000, other.signal))).message, "awake");
  await REAL_CLOCK.sleep(1, NEVER);
});

test.run();

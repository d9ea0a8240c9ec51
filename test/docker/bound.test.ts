import * as assert from "uvu/assert";
import { Bound } from "../../src/docker/bound.ts";
import { suite } from "../support/suite.ts";

const test = suite("Bound");

test("aborts with the first that does, for its reason, also one that has done so before", () => {
  const [one, other] = [new AbortController(), new AbortController()];
  const bound = new Bound().by(one.signal).by(undefined).by(other.signal, (why) => `other: ${why}`);
  assert.is(bound.signal.aborted, false);
  other.abort("late");
  one.abort("too late");
  assert.is(bound.signal.reason, "other: late");
  assert.is(new Bound().by(one.signal).signal.reason, "too late");
});

test("aborts when its time is up, unless the timer was stopped or there is no end", async () => {
  const bound = new Bound().after(1, () => "slow");
  await new Promise((resolve) => bound.signal.addEventListener("abort", resolve));
  assert.is(bound.signal.reason, "slow");
  const others = [
    new Bound().after(Infinity, () => "slow"),
    new Bound().after(2 ** 31, () => "slow"),
    new Bound().after(1, () => "slow"),
    new Bound().after(1, () => "slow"),
  ];
  others[2]!.stopTimer();
  others[3]!.end();
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal(others.map(({ signal }) => signal.aborted), [false, false, false, false]);
});

test("end() lets go of what it listened to", () => {
  const controller = new AbortController();
  const bound = new Bound().by(controller.signal);
  bound.end();
  controller.abort();
  assert.is(bound.signal.aborted, false);
});

test.run();

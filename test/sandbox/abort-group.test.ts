import * as assert from "uvu/assert";
import { AbortGroup } from "../../src/sandbox/abort-group.ts";
import { suite } from "../support/suite.ts";

const test = suite("abort-group");

/** A signal that counts its listeners. */
function countingSignal() {
  const controller = new AbortController();
  const { signal } = controller;
  let listeners = 0;
  const [add, remove] = [signal.addEventListener, signal.removeEventListener];
  signal.addEventListener = (...args: Parameters<typeof add>) => {
    listeners++;
    add.apply(signal, args);
  };
  signal.removeEventListener = (...args: Parameters<typeof remove>) => {
    listeners--;
    remove.apply(signal, args);
  };
  return { controller, signal, count: () => listeners };
}

test("add() runs every action once, with one listener on the signal", () => {
  const { controller, signal, count } = countingSignal();
  const group = new AbortGroup();
  const ran: number[] = [];
  for (let index = 0; index < 100; index++) group.add(signal, () => ran.push(index));
  assert.is(count(), 1);
  controller.abort();
  assert.equal(ran, Array.from({ length: 100 }, (_, index) => index));
});

test("an action that was taken back does not run, and the last one takes the listener away", () => {
  const { controller, signal, count } = countingSignal();
  const group = new AbortGroup();
  const remove = [1, 2].map(() => group.add(signal, () => assert.unreachable()));
  remove.forEach((take) => take());
  assert.is(count(), 0);
  remove[0]!();
  let ran = false;
  group.add(signal, () => ran = true);
  controller.abort();
  assert.ok(ran);
});

test("signals do not disturb each other", () => {
  const [a, b] = [new AbortController(), new AbortController()];
  const group = new AbortGroup();
  const ran: string[] = [];
  group.add(a.signal, () => ran.push("a"));
  group.add(b.signal, () => ran.push("b"));
  b.abort();
  assert.equal(ran, ["b"]);
});

test.run();

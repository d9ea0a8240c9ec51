import * as assert from "uvu/assert";
import { inTurn } from "../../src/platform/turn.ts";
import { suite } from "../support/suite.ts";

const test = suite("turn");

function work(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

test("inTurn() lets timers run between pieces of work that were all begun at once", async () => {
  let ticks = 0;
  const timer = setInterval(() => ticks++, 1);
  await Promise.all(Array.from({ length: 40 }, () => inTurn(() => work(5))));
  clearInterval(timer);
  assert.ok(ticks > 3, `${ticks} ticks`);
});

test("inTurn() does not hold up the first piece", async () => {
  let immediate = false;
  await new Promise((resolve) => setTimeout(resolve, 20));
  setImmediate(() => immediate = true);
  await inTurn(() => {});
  assert.not(immediate);
});

test("inTurn() gives what the work gives, and never works within its caller's statement", async () => {
  let worked = false;
  const promise = inTurn(() => worked = true);
  assert.not(worked);
  assert.ok(await promise);
  const error = new Error("no");
  const thrown = await inTurn(() => {
    throw error;
  }).catch((caught) => caught);
  assert.is(thrown, error);
});

test.run();

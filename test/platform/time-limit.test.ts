import * as assert from "uvu/assert";
import { runWithin, TimeLimitError } from "../../src/platform/time-limit.ts";
import { suite } from "../support/suite.ts";

const test = suite("time-limit");

test("runWithin() gives what the action gives and throws what it throws", () => {
  assert.is(runWithin(1_000, () => 42), 42);
  const error = new Error("own");
  try {
    runWithin(1_000, () => {
      throw error;
    });
    assert.unreachable();
  } catch (thrown) {
    assert.is(thrown, error);
  }
});

test("runWithin() leaves nothing behind for the next action", () => {
  runWithin(1_000, () => 1);
  assert.not("cofferdamAction" in globalThis);
});

// On Node the thread's owner ends it: test/sandbox/worker-pool.test.ts.
if ("Deno" in globalThis) {
  const LOOPS: [string, () => unknown][] = [
    ["a loop", () => {
      for (let n = 0;; n++) if (n < 0) return n;
    }],
    ["a regular expression", () => /^(a+)+$/.test(`${"a".repeat(60)}b`)],
  ];
  for (const [what, loop] of LOOPS) {
    test(`runWithin() stops ${what}`, () => {
      assert.throws(() => runWithin(50, loop), (error: Error) => error instanceof TimeLimitError);
    });
  }
}

test.run();

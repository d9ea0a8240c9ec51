import * as assert from "uvu/assert";
import { takeToken, type TokenBucket } from "../../src/capability/token-bucket.ts";
import { suite } from "../support/suite.ts";

const test = suite("takeToken()");

/** How many tokens are given at these times. */
function taken(times: readonly number[], perSecond: number): boolean[] {
  let bucket: TokenBucket | undefined;
  return times.map((now) => {
    const next = takeToken(bucket, now, perSecond);
    bucket = next.bucket;
    return next.ok;
  });
}

test("a full bucket holds what comes in in a second", () => {
  assert.equal(taken([0, 0, 0], 2), [true, true, false]);
});

test("it fills evenly, and no further than full", () => {
  assert.equal(taken([0, 0, 499, 500, 500, 1_000], 2), [true, true, false, true, false, true]);
  assert.equal(taken([0, 60_000, 60_000, 60_000], 2), [true, true, true, false]);
});

test("a clock that was set back adds nothing, and goes on from there", () => {
  assert.equal(taken([10_000, 10_000, 0, 400, 500], 2), [true, true, false, false, true]);
  const { bucket } = takeToken({ tokens: 1, at: 10_000 }, 0, 1);
  assert.equal(bucket, { tokens: 0, at: 0 });
  assert.not(takeToken(bucket, 999, 1).ok);
  assert.equal(takeToken(bucket, 1_000, 1), { ok: true, bucket: { tokens: 0, at: 1_000 } });
});

test.run();

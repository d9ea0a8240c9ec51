import * as assert from "uvu/assert";
import { hasMoreValues } from "../../src/host/json-size.ts";
import { suite } from "../support/suite.ts";

const test = suite("hasMoreValues()");

const CASES: [string, string, number][] = [
  ["objects and what parts them", "[{},{},{}]", 6],
  ["lists within each other", "[[[[]]]]", 4],
  ["nothing within strings", '["{[,,,,","\\",[[{","\\\\"]', 3],
  ["names as little as texts", '{"[,":"{,"}', 1],
];
for (const [what, text, values] of CASES) {
  test(`it counts ${what}`, () => {
    assert.not(hasMoreValues(text, values));
    assert.ok(hasMoreValues(text, values - 1));
  });
}

test.run();

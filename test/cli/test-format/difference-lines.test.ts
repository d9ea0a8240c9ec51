import * as assert from "uvu/assert";
import { compareLines, differenceLines } from "../../../src/cli/test-format/difference-lines.ts";
import type { JsonValue } from "../../../src/json.ts";
import { suite } from "../../support/suite.ts";

const test = suite("cli/test-format/difference-lines");

const TABLE: readonly (readonly [string, JsonValue, JsonValue, string])[] = [
  ["allowed", true, false, "allowed: expected true, got false"],
  ["error", "a", null, 'error: expected "a", got null'],
  ["rules", [], ["a"], "rules: (- expected, + got)|  + a"],
  ["rules", ["a", "b", "c"], ["b", "c", "d"], "rules: (- expected, + got)|  - a|    b|    c|  + d"],
  ["paths", [null, "/a"], ["/a"], "paths: (- expected, + got)|  - null|    /a"],
  [
    "messages",
    ["part", "other"],
    ["a part of it", "something"],
    "messages: (- expected, + got)|    a part of it|  - other|  + something",
  ],
  ["state", {}, { a: "b" }, 'state: (- expected, + got)|  - {}|  + {|  +   "a": "b"|  + }'],
];

for (const [what, expected, actual, wanted] of TABLE) {
  test(`differenceLines() shows ${what} ${JSON.stringify(expected)}`, () => {
    assert.is(differenceLines({ what, expected, actual }).join("|"), wanted);
  });
}

test("differenceLines() is never longer than anybody reads", () => {
  const many = (word: string) => Array.from({ length: 3_000 }, (_, i) => `${word}${i}`);
  const lines = differenceLines({ what: "rules", expected: many("a"), actual: many("b") });
  assert.is(lines.length, 62);
  assert.is(lines.at(-1), "  … and 5940 lines more");
});

test("compareLines() gives both lists back, whatever they hold", () => {
  const letters = "aabbbcd".split("");
  for (let seed = 0; seed < 200; seed++) {
    const pick = (factor: number) => letters.filter((_, i) => ((seed * factor) >> i) & 1);
    const [a, b] = [pick(1), pick(7)];
    const lines = compareLines(a, b, (x, y) => x === y);
    const without = (sign: string) => lines.filter((l) => l.sign !== sign).map((l) => l.text);
    assert.equal(without("+"), a);
    assert.equal(without("-"), b);
  }
});

test.run();

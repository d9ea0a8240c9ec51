import * as assert from "uvu/assert";
import { matchesGlob } from "../../../wasm-plugins/shared/glob.ts";
import { suite } from "../../support/suite.ts";

const test = suite("wasm-plugins/shared/glob");

const GLOBS: readonly (readonly [string, string, boolean])[] = [
  ["", "", true],
  ["", "a", false],
  ["a", "a", true],
  ["a", "ab", false],
  ["*", "", true],
  ["*", "a/b\nc", true],
  ["a*", "a", true],
  ["a*", "ba", false],
  ["*a", "ba", true],
  ["a*a", "a", false],
  ["a*a", "aa", true],
  ["ab*ba", "aba", false],
  ["a*b*c", "a--b--c", true],
  ["a*b*c", "a--c--b", false],
  ["a*bc*c", "abc", false],
  ["a*bc*c", "abcc", true],
  ["**", "x", true],
  ["a.c", "abc", false],
  ["[a]", "a", false],
];

for (const [pattern, text, expected] of GLOBS) {
  test(`matchesGlob() of "${pattern}" and ${JSON.stringify(text)} is ${expected}`, () => {
    assert.is(matchesGlob(pattern, text), expected);
  });
}

test.run();

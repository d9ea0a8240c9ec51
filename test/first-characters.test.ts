import * as assert from "uvu/assert";
import { firstCharacters } from "../src/first-characters.ts";
import { suite } from "./support/suite.ts";

const test = suite("first-characters");

test("a text is cut at its length, and before a pair that does not fit in", () => {
  for (
    const [text, length, first] of [
      ["", 0, ""],
      ["abc", 3, "abc"],
      ["abc", 2, "ab"],
      ["a🎉", 3, "a🎉"],
      ["a🎉", 2, "a"],
      ["🎉🎉", 3, "🎉"],
      ["\ud800", 1, "\ud800"],
    ] as const
  ) {
    assert.is(firstCharacters(text, length), first);
  }
});

test.run();

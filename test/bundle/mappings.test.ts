import * as assert from "uvu/assert";
import { findOrigins } from "../../src/bundle/mappings.ts";
import { suite } from "../support/suite.ts";

const test = suite("findOrigins");

/** `0:12` is line 0, column 12 of the program; the answer names source, line and column. */
function found(mappings: string, places: string): string {
  const asked = places.split(" ").map((place) => {
    const [line, column] = place.split(":").map(Number);
    return { line: line!, column: column! };
  });
  const origins = findOrigins(mappings, asked);
  return asked.map((_, index) => {
    const origin = origins[index];
    return origin === undefined ? "-" : `${origin.source}:${origin.line}:${origin.column}`;
  }).join(" ");
}

const FOUND: readonly (readonly [what: string, mappings: string, places: string, found: string])[] =
  [
    ["the segment that begins there", "AAAA,UACA,UCAE", "0:0 0:10 0:20", "0:0:0 0:1:0 1:1:2"],
    ["the last one before", "AAAA,UACA,UCAE", "0:9 0:19 0:999999998", "0:0:0 0:1:0 1:1:2"],
    ["each answer as often as asked", "AAAA,UACA", "0:3 0:3 0:10 0:10", "0:0:0 0:0:0 0:1:0 0:1:0"],
    ["nothing before a line's first segment", "EAAA;EACA", "0:1 0:2 1:1 1:2", "- 0:0:0 - 0:1:0"],
    ["columns anew in each line, all else on", "UAAU;AACA;;UCAV", "1:0 2:5 3:10", "0:1:10 - 1:1:0"],
    [
      "names, and segments without a source",
      "AAAAA,UAACC,U,UAAC",
      "0:5 0:11 0:20 0:30",
      "0:0:0 0:0:1 - 0:0:2",
    ],
    ["empty segments as none", ",,AAAA,,UACA,", "0:0 0:10", "0:0:0 0:1:0"],
    ["nothing behind the end", "AAAA", "0:5 1:0 9:9", "0:0:0 - -"],
    ["nothing in no mappings", "", "0:0", "-"],
    [
      "numbers of several letters, of both signs",
      "AAggBggB,UA/fhgB",
      "0:0 0:10",
      "0:512:512 0:1:0",
    ],
    ["sums below zero as they are", "AADD", "0:0", "0:-1:-1"],
    ["no source below zero", "ADAA", "0:0", "-"],
    ["what comes before a segment of two numbers", "AAAA,UA,UAAA", "0:9 0:10", "- -"],
    ["what comes before a segment of six", "AAAA;AAAAAA", "0:9 1:0", "0:0:0 -"],
    ["what comes before half a number", "AAAA;g", "0:0 1:0", "0:0:0 -"],
    ["what comes before a number without end", `AAAA;${"g".repeat(99)}A`, "0:0 1:0", "0:0:0 -"],
    ["what comes before another letter", "AAAA;AA-A", "0:0 1:0", "0:0:0 -"],
    ["what comes before a letter beyond ASCII", "AAAA;AA\u{e9}A", "0:0 1:0", "0:0:0 -"],
  ];

for (const [what, mappings, places, wanted] of FOUND) {
  test(`findOrigins() finds ${what}`, () => {
    assert.is(found(mappings, places), wanted);
  });
}

test("findOrigins() does not look behind the last place", () => {
  assert.is(found("AAAA,UACA,!", "0:9"), "0:0:0");
});

test.run();

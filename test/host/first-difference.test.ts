import * as assert from "uvu/assert";
import { firstDifference } from "../../src/host/first-difference.ts";
import { suite } from "../support/suite.ts";
import { bytes } from "./fake-guest.ts";

const test = suite("host/first-difference");

const CASES: [string, string, string, unknown][] = [
  ["nothing between equal bytes", "abc", "abc", undefined],
  ["a member", '{"a":{"b":1}}', '{"a":{"b":2}}', {
    offset: 10,
    path: "/a/b",
    recorded: "1",
    replayed: "2",
  }],
  ["a member that is gone", '{"a":1,"b":2}', '{"a":1}', {
    offset: 6,
    path: "/b",
    recorded: "2",
    replayed: "nothing",
  }],
  ["an element more", "[1]", "[1,2]", {
    offset: 2,
    path: "/1",
    recorded: "nothing",
    replayed: "2",
  }],
  ["another type", '{"a/b":[]}', '{"a/b":{}}', {
    offset: 7,
    path: "/a~1b",
    recorded: "[]",
    replayed: "{}",
  }],
  ["an inherited name", '{"toString":1}', '{"a":1}', {
    offset: 2,
    path: "/toString",
    recorded: "1",
    replayed: "nothing",
  }],
  ["spelling alone, by its byte", '{"a":1}', '{ "a":1}', {
    offset: 1,
    recorded: '"\\"a\\":1}"',
    replayed: '" \\"a\\":1}"',
  }],
  ["what is no JSON, by its byte", "abc", "abd", { offset: 2, recorded: '"c"', replayed: '"d"' }],
  ["an end", "abc", "ab", { offset: 2, recorded: '"c"', replayed: "nothing" }],
];
for (const [what, recorded, replayed, expected] of CASES) {
  test(`firstDifference() finds ${what}`, () => {
    assert.equal(firstDifference(bytes(recorded), bytes(replayed)), expected);
  });
}

test("firstDifference() shows little of what is long", () => {
  const [a, b] = ["a", "b"].map((x) => bytes(JSON.stringify({ v: x.repeat(100_000) })));
  assert.ok(JSON.stringify(firstDifference(a!, b!)).length < 500);
});

test.run();

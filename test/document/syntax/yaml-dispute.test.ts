import * as assert from "uvu/assert";
import { findDispute } from "../../../src/document/syntax/yaml-dispute.ts";
import { suite } from "../../support/suite.ts";

const test = suite("document/syntax/yaml-dispute");

for (
  const text of [
    "y",
    "Yes",
    "ON",
    "n",
    "No",
    "off",
    "0644",
    "-010",
    "0b1",
    "0B_1",
    "1_0",
    "1_0.5",
    "0x_f",
    "-_1",
    "-0x1",
    "0b-1",
    ".5_0",
    "0xfffffffffffffffff",
  ]
) {
  test(`findDispute() finds one about ${text}`, () => {
    assert.match(String(findDispute(text, false)?.message), new RegExp(`"${text}"`));
  });
}

for (
  const text of [
    "true",
    "yEs",
    "yesterday",
    "0",
    "7",
    "007",
    "08",
    "0o17",
    "0x1F",
    "1.5",
    "a_b",
    "_1",
    "1:30",
    "0b_",
    "0b2",
  ]
) {
  test(`findDispute() finds none about ${text}`, () => {
    assert.is(findDispute(text, false), undefined);
  });
}

test("findDispute() says what a word is to YAML 1.1", () => {
  assert.match(String(findDispute("on", false)?.message), /is true to YAML 1\.1/);
  assert.match(String(findDispute("No", false)?.message), /is false to YAML 1\.1/);
  assert.match(String(findDispute("off", false)?.message), /is false to YAML 1\.1/);
});

for (
  const [text, type] of [["yes", "word"], ["0644", "number"], [
    "077777777777777777777777",
    "wide-number",
  ], [
    ".5_0",
    "wide-number",
  ]] as const
) {
  test(`findDispute() takes ${text} for a ${type}`, () => {
    assert.is(findDispute(text, false)?.type, type);
  });
}

test("findDispute() finds base 60 where YAML 1.1 is claimed", () => {
  assert.is(findDispute("1:30", true)?.type, "number");
  assert.is(findDispute("1:75", true), undefined);
});

test.run();

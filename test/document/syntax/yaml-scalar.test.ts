import * as assert from "uvu/assert";
import { findDispute, fitsTag, readPlainScalar } from "../../../src/document/syntax/yaml-scalar.ts";
import { suite } from "../../support/suite.ts";

const test = suite("document/syntax/yaml-scalar");

for (
  const [text, value] of [
    ["", null],
    ["~", null],
    ["NULL", null],
    ["nULL", "nULL"],
    ["TRUE", true],
    ["tRUE", "tRUE"],
    ["-0", 0],
    ["007", 7],
    ["+12", 12],
    [".5", .5],
    ["1.", 1],
    ["1e3", 1000],
    ["1e", "1e"],
    [".", "."],
    ["-", "-"],
    ["1.2.3", "1.2.3"],
    ["0x", "0x"],
    ["0xfg", "0xfg"],
    ["0o8", "0o8"],
    ["-0x1", "-0x1"],
    ["v1", "v1"],
    ["9007199254740993", "9007199254740993"],
  ] as const
) {
  test(`readPlainScalar() reads ${JSON.stringify(text)}`, () => {
    assert.equal(readPlainScalar(text), { value });
  });
}

for (const text of [".inf", "-.Inf", "+.INF", ".NaN", "1e999", `0x${"f".repeat(300)}`]) {
  test(`readPlainScalar() finds no number of JSON in ${text.slice(0, 20)}`, () => {
    assert.equal(readPlainScalar(text), { overflow: true });
  });
}

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

test("fitsTag() knows the types of JSON", () => {
  const fits = [["null", "~"], ["bool", "true"], ["int", "-7"], ["int", "0x1"], ["float", "1e5"]];
  for (const [tag, text] of fits) assert.is(fitsTag(tag!, text!), true, `${tag} ${text}`);
  const odd = [["null", "x"], ["bool", "yes"], ["int", "1.5"], ["float", ".inf"], ["int", ""]];
  for (const [tag, text] of odd) assert.is(fitsTag(tag!, text!), false, `${tag} ${text}`);
  for (const tag of ["binary", "timestamp", "toString"]) {
    assert.is(fitsTag(tag, "x"), undefined, tag);
  }
});

test.run();

import * as assert from "uvu/assert";
import { fitsTag, readPlainScalar, readScalar } from "../../../src/document/syntax/yaml-scalar.ts";
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
  const [text, core, go] of [["yes", "yes", true], ["0644", 644, 420], ["1.5", 1.5, 1.5]] as const
) {
  test(`readScalar() reads ${text} as either reader does`, () => {
    assert.equal(readScalar(text, "core"), { value: core });
    assert.equal(readScalar(text, "go"), { value: go });
  });
}

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

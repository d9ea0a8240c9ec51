import * as assert from "uvu/assert";
import { asCniFault, type CniError } from "../../src/capability/cni-outcome.ts";
import type { CniFault } from "../../src/contract/cni-fault.ts";
import { suite } from "../support/suite.ts";

const test = suite("cni-outcome");

for (
  const [said, fault] of [
    [{ code: 11, msg: "later", details: "busy" }, { code: 11, msg: "later", details: "busy" }],
    [{ code: 11, msg: "later", details: "" }, { code: 11, msg: "later" }],
    [{ code: 11, msg: "later", details: null }, { code: 11, msg: "later" }],
    [{ code: 11, msg: "a\nb" }, { code: 11, msg: "a\nb" }],
    [{ code: 4294967295, msg: "" }, { code: 4294967295, msg: "error 4294967295" }],
    [{ code: 7, msg: "no", details: { at: 1 } }, { code: 7, msg: "no", details: '{"at":1}' }],
    [{ code: 4294967296, msg: "no" }, undefined],
    [{ code: 1.5, msg: "no" }, undefined],
    [{ code: -1, msg: "no" }, undefined],
  ] as readonly [CniError, CniFault | undefined][]
) {
  test(`asCniFault() makes ${JSON.stringify(fault)} of ${JSON.stringify(said)}`, () => {
    assert.equal(asCniFault(said), fault);
  });
}

test("asCniFault() cuts what is longer than an answer may be, not through a pair", () => {
  const long = `${"x".repeat(9_999)}\u{1f600}`;
  const fault = asCniFault({ code: 5, msg: long, details: long });
  assert.equal(fault, { code: 5, msg: "x".repeat(9_999), details: "x".repeat(9_999) });
});

test.run();

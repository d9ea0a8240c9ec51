import * as assert from "uvu/assert";
import { RuleTable } from "../../../src/cli/format/sarif-rule.ts";
import { suite } from "../../support/suite.ts";

const test = suite("cli/format/sarif-rule");

test("RuleTable gives each rule one index, declared rules first", () => {
  const rules = new RuleTable([{ id: "a", title: "A" }, { id: "b", title: "B", help: "h" }]);
  assert.equal(["b", "x", "a", "x", "__proto__"].map((id) => rules.indexOf(id)), [1, 2, 0, 2, 3]);
  assert.equal(rules.descriptors(), [
    { id: "a", shortDescription: { text: "A" } },
    { id: "b", shortDescription: { text: "B" }, help: { text: "h" } },
    { id: "x", shortDescription: { text: "x" } },
    { id: "__proto__", shortDescription: { text: "__proto__" } },
  ]);
});

test("RuleTable takes the first of two declarations of one id", () => {
  const rules = new RuleTable([{ id: "a", title: "first" }, { id: "a", title: "second" }]);
  assert.equal(rules.descriptors(), [{ id: "a", shortDescription: { text: "first" } }]);
});

test("RuleTable keeps the help that a reason brings for a rule nobody declared", () => {
  const rules = new RuleTable([]);
  rules.indexOf("x", "do this");
  assert.equal(rules.descriptors()[0]?.help, { text: "do this" });
});

test.run();

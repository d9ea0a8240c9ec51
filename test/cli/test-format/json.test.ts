import * as assert from "uvu/assert";
import { formatJson } from "../../../src/cli/test-format/json.ts";
import { ACTING, HOSTILE_TEXTS } from "../format/hostile-text.ts";
import { hostileReport, sampleReport } from "./sample-report.ts";
import { suite } from "../../support/suite.ts";

const test = suite("cli/test-format/json");

test("formatJson() has the members that it promises, and no other", () => {
  const report = JSON.parse(formatJson(sampleReport(), { color: false }));
  assert.equal(Object.keys(report), ["plugin", "results", "rules", "filtered", "summary"]);
  for (const result of report.results) {
    assert.equal(Object.keys(result), [
      ..."file line name status differences verdict error".split(" "),
    ]);
  }
  assert.equal(report.results[1].verdict.reasons, [
    { rule: "b", message: "not b", severity: "error", path: "/b" },
  ]);
  assert.equal(report.summary, { passed: 1, failed: 2, unclear: 1 });
  assert.equal(report.rules[1], { id: "never", title: "Never", firedIn: [] });
});

for (const [what, text] of Object.entries(HOSTILE_TEXTS)) {
  test(`formatJson() keeps ${what} inside of a string`, () => {
    const shown = formatJson(hostileReport(text), { color: false });
    for (const line of shown.split("\n")) assert.not.match(line, ACTING);
    assert.is(JSON.parse(shown).results[0].name, text.replace(/\p{Cs}/gu, "\ufffd"));
  });
}

test.run();

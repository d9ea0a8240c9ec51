import * as assert from "uvu/assert";
import { formatJson } from "../../../src/cli/format/json.ts";
import type { Report } from "../../../src/cli/format/report.ts";
import { HOSTILE_TEXTS } from "./hostile-text.ts";
import {
  COLOURED,
  emptyReport,
  hostileReport,
  PLAIN,
  reason,
  reportOf,
  result,
  sampleReport,
} from "./sample-report.ts";
import { suite } from "../../support/suite.ts";

const test = suite("cli/format/json");

test("formatJson() writes results and summary, and nothing of the plugins' rules", () => {
  const { results, summary } = sampleReport();
  assert.equal(JSON.parse(formatJson(sampleReport(), PLAIN)), { results, summary });
});

test("formatJson() keeps the documented order of members", () => {
  const { results } = JSON.parse(formatJson(sampleReport(), PLAIN));
  assert.equal(Object.keys(results[3]), [
    "input",
    "document",
    "kind",
    "subject",
    "plugin",
    "allowed",
    "reasons",
    "error",
  ]);
  assert.equal(Object.keys(results[3].plugin), ["name", "version", "digest"]);
  assert.equal(Object.keys(results[3].reasons[2]), [
    "rule",
    "message",
    "severity",
    "path",
    "line",
    "column",
    "help",
    "waived",
  ]);
  assert.equal(Object.keys(results.at(-1).error), ["code", "message", "line", "column"]);
});

test("formatJson() does not let a caller's own members through", () => {
  const report = sampleReport();
  const results = report.results.map((result) => ({
    ...result,
    secret: 1,
    reasons: result.reasons.map((reason) => ({ ...reason, secret: 1 })),
  }));
  const extended = { ...report, results, summary: { ...report.summary, secret: 1 } } as Report;
  assert.is(formatJson(extended, PLAIN), formatJson(report, PLAIN));
});

test("formatJson() indents by two, uses no colour, and renders a report without results", () => {
  assert.is(
    formatJson(emptyReport(), COLOURED),
    `{
  "results": [],
  "summary": {
    "allowed": 0,
    "denied": 0,
    "errors": 0
  }
}
`,
  );
});

for (const [what, text] of Object.entries(HOSTILE_TEXTS)) {
  test(`formatJson() gives ${what} back as it was`, () => {
    const { results } = JSON.parse(formatJson(hostileReport(text), PLAIN));
    const expected = text.replace(/\p{Cs}/gu, "\ufffd");
    const [denied, waived, , , failed] = results;
    assert.is(denied.input, expected);
    assert.is(denied.subject, expected);
    assert.is(denied.plugin.name, expected);
    assert.is(denied.reasons[0].message, expected);
    assert.is(denied.reasons[0].path, `/${expected}`);
    assert.is(waived.reasons[0].waived.reason, expected);
    assert.is(failed.error.message, expected);
  });
}

test("formatJson() keeps to its documented members", () => {
  const denying = reason("old", "Old.", { severity: "warning", denies: true });
  const report = JSON.parse(
    formatJson(reportOf([result({ input: "a", reasons: [denying] })]), PLAIN),
  );
  assert.equal(Object.keys(report.results[0].reasons[0]), [
    ...["rule", "message", "severity", "path", "line", "column"],
  ]);
});

test.run();

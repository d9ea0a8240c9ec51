import { readFile } from "node:fs/promises";
import { Ajv2020 } from "ajv/dist/2020.js";
import * as assert from "uvu/assert";
import type { Report } from "../../../src/cli/format/report.ts";
import { formatSarif } from "../../../src/cli/format/sarif.ts";
import { visible } from "../../../src/cli/format/visible.ts";
import { HOSTILE_TEXTS } from "./hostile-text.ts";
import {
  emptyReport,
  hostileReport,
  PLAIN,
  reason,
  reportOf,
  result,
  sampleReport,
} from "./sample-report.ts";
import { suite } from "../../support/suite.ts";

const test = suite("cli/format/sarif");

// Its `format` keywords are left aside: they need a package of their own, and `uri-reference` is
// checked by sarif-location.test.ts.
const schema = JSON.parse(await readFile("test/fixture/sarif/sarif-2.1.0.json", "utf8"));
const validate = new Ajv2020({ strict: false, validateFormats: false, allErrors: true })
  .compile(schema);

/** The rendered log, which must have passed the official schema. */
// deno-lint-ignore no-explicit-any
function sarifOf(report: Report): any {
  const log = JSON.parse(formatSarif(report, PLAIN));
  assert.ok(validate(log), JSON.stringify(validate.errors, null, 2));
  return log;
}

test("the schema, by which these tests judge, refuses what is no SARIF", () => {
  assert.not.ok(validate({ version: "2.1.0", runs: [{ results: [] }] }));
  assert.not.ok(validate({ version: "2.1.0", runs: [], extra: 1 }));
});

test("formatSarif() makes one run of each plugin and one of what could not be read", () => {
  const { runs } = sarifOf(sampleReport());
  // deno-lint-ignore no-explicit-any
  const summaries = runs.map((run: any) => [
    run.tool.driver.name,
    run.tool.extensions?.[0].name,
    run.automationDetails.id,
    run.results.length,
    run.invocations[0].executionSuccessful,
  ]);
  assert.equal(summaries, [
    ["cofferdam", "image-policy", "cofferdam/image-policy/", 5, false],
    ["cofferdam", "label-policy", "cofferdam/label-policy/", 1, true],
    ["cofferdam", undefined, "cofferdam/", 0, false],
  ]);
  assert.is(runs[0].columnKind, "utf16CodeUnits");
  assert.is(runs[0].tool.driver.version, PLAIN.version);
});

test("formatSarif() points each result at its rule, declared or not", () => {
  const { runs } = sarifOf(sampleReport());
  for (const run of runs) {
    for (const { ruleId, ruleIndex } of run.results) {
      assert.is(run.tool.driver.rules[ruleIndex].id, ruleId);
    }
  }
  // deno-lint-ignore no-explicit-any
  const ids = (run: any) => run.tool.driver.rules.map((rule: any) => rule.id);
  assert.equal(ids(runs[0]), ["image-tag", "image-digest", "privileged"]);
  assert.equal(ids(runs[1]), ["owner", "cost-centre"]);
  assert.equal(runs[0].tool.driver.rules[0], {
    id: "image-tag",
    shortDescription: { text: "Images carry a version" },
    help: { text: "Name a version; `latest` is another image tomorrow." },
  });
});

test("formatSarif() maps severity, place and waiver", () => {
  const { runs } = sarifOf(sampleReport());
  // deno-lint-ignore no-explicit-any
  assert.equal(runs[0].results.map((r: any) => [r.level, r.suppressions.length]), [
    ["error", 0],
    ["warning", 0],
    ["error", 1],
    ["error", 0],
    ["error", 1],
  ]);
  assert.is(runs[1].results[0].level, "note");
  assert.equal(runs[0].results[0].locations, [{
    physicalLocation: {
      artifactLocation: { uri: "k8s/web.yaml" },
      region: { startLine: 21, startColumn: 18 },
    },
    logicalLocations: [{
      name: "Deployment/shop/web",
      fullyQualifiedName: "/spec/template/spec/containers/0/image",
      kind: "kubernetes",
    }],
  }]);
  assert.equal(runs[0].results[2].suppressions, [{
    kind: "external",
    status: "accepted",
    justification: "The agent reads the node's counters (OPS-12) (until 2027-01-31)",
  }]);
});

test("formatSarif() reports what could not be told as notifications", () => {
  const { runs } = sarifOf(sampleReport());
  assert.equal(runs[2].invocations[0].toolExecutionNotifications, [{
    descriptor: { id: "document.duplicate-key" },
    level: "error",
    message: { text: 'Parse "k8s/broken.yaml": the key "image" stands twice in one mapping' },
    locations: [{
      physicalLocation: {
        artifactLocation: { uri: "k8s/broken.yaml" },
        region: { startLine: 9, startColumn: 5 },
      },
    }],
  }]);
  assert.is(
    runs[0].invocations[0].toolExecutionNotifications[0].descriptor.id,
    "sandbox.timeout",
  );
});

test("formatSarif() fingerprints a reason apart from its line, its wording and its neighbours", () => {
  const fingerprint = (subject: string, rule: string, message: string, line: number) => {
    const own = [reason(rule, message, { line, column: 1, path: "/spec/x" })];
    const { runs } = sarifOf(
      reportOf([result({ input: "a.yaml", subject, allowed: false, reasons: own })]),
    );
    return runs[0].results[0].partialFingerprints["cofferdamReason/v1"];
  };
  const first = fingerprint("Pod/a", "image-tag", "m", 3);
  assert.is(fingerprint("Pod/a", "image-tag", "other", 30), first);
  assert.is.not(fingerprint("Pod/b", "image-tag", "m", 3), first);
  assert.is.not(fingerprint("Pod/a", "privileged", "m", 3), first);
});

test("formatSarif() shows a plugin that the report does not list", () => {
  const { runs } = sarifOf({ ...sampleReport(), plugins: [] });
  assert.is(runs.length, 3);
  assert.is(runs[0].tool.extensions[0].name, "image-policy");
});

test("formatSarif() renders a run without results, and a report without runs", () => {
  assert.equal(sarifOf(emptyReport()).runs, []);
  const { runs } = sarifOf(reportOf([]));
  // deno-lint-ignore no-explicit-any
  assert.equal(runs.map((run: any) => run.results), [[], []]);
  assert.is(runs[0].invocations[0].executionSuccessful, true);
});

for (const [what, text] of Object.entries(HOSTILE_TEXTS)) {
  test(`formatSarif() passes the schema with ${what}, and keeps it inside its strings`, () => {
    const { runs } = sarifOf(hostileReport(text));
    assert.is(runs.length, 3);
    const [denied, waived] = runs[0].results;
    assert.is(denied.ruleId, visible(text));
    assert.is(denied.ruleIndex, 0);
    assert.not.match(denied.message.text, /\]\(/);
    assert.is(waived.suppressions.length, 1);
    assert.is(runs[2].invocations[0].toolExecutionNotifications.length, 1);
  });
}

test("formatSarif() gives a warning that denies the level of an error", () => {
  const reasons = [
    reason("old", "Old.", { severity: "warning", denies: true }),
    reason("new", "New.", { severity: "warning", denies: false }),
  ];
  const { runs } = sarifOf(reportOf([result({ input: "a", allowed: false, reasons })]));
  // deno-lint-ignore no-explicit-any
  assert.equal(runs[0].results.map((r: any) => r.level), ["error", "warning"]);
});

test.run();

import * as assert from "uvu/assert";
import { formatJunit } from "../../../src/cli/test-format/junit.ts";
import { HOSTILE_TEXTS } from "../format/hostile-text.ts";
import { parseXml } from "../format/parse-xml.ts";
import { hostileReport, sampleReport } from "./sample-report.ts";
import { suite } from "../../support/suite.ts";

const test = suite("cli/test-format/junit");

test("formatJunit() makes a suite of each file and a case of each test", () => {
  const root = parseXml(formatJunit(sampleReport(), { color: false }));
  assert.equal(root.attributes, {
    name: "cofferdam",
    tests: "4",
    failures: "2",
    errors: "1",
    skipped: "0",
  });
  assert.equal(
    root.children.map(({ attributes, children }) => [
      attributes.name,
      children.map((testcase) => testcase.children[0]?.name ?? "passed"),
    ]),
    [
      ["cases/a.yaml", ["passed", "failure"]],
      ["policy.test.ts", ["failure"]],
      ["cases/b.yaml", ["error"]],
    ],
  );
  const [, failed] = root.children[0]!.children;
  assert.equal(failed!.attributes, {
    name: "another",
    classname: "p",
    file: "cases/a.yaml",
    line: "9",
  });
  assert.match(failed!.children[0]!.text, "failed cases/a.yaml:9\n  allowed: expected true, got");
  const [thrown] = root.children[1]!.children;
  assert.equal(thrown!.children[0]!.attributes, { type: "thrown", message: "first line" });
});

for (const [what, text] of Object.entries(HOSTILE_TEXTS)) {
  test(`formatJunit() keeps ${what} inside of its elements`, () => {
    const root = parseXml(formatJunit(hostileReport(text), { color: false }));
    assert.is(root.children.length, 1);
    assert.equal(
      root.children[0]!.children.map((testcase) => testcase.children.map((child) => child.name)),
      [[], ["failure"], ["error"]],
    );
  });
}

test.run();

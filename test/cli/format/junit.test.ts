import * as assert from "uvu/assert";
import { formatJunit } from "../../../src/cli/format/junit.ts";
import { visible, visibleProse } from "../../../src/cli/format/visible.ts";
import { HOSTILE_TEXTS } from "./hostile-text.ts";
import { parseXml, type XmlElement } from "./parse-xml.ts";
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

const test = suite("cli/format/junit");

/** The cases of a suite. */
function casesOf(testsuite: XmlElement | undefined): XmlElement[] {
  return testsuite?.children.filter((child) => child.name === "testcase") ?? [];
}

test("formatJunit() makes a suite of each input and a case of each answer", () => {
  const root = parseXml(formatJunit(sampleReport(), PLAIN));
  assert.equal(root.attributes, {
    name: "cofferdam",
    tests: "10",
    failures: "2",
    errors: "2",
    skipped: "1",
  });
  assert.equal(
    root.children.map((testsuite) => [testsuite.attributes.name, casesOf(testsuite).length]),
    [
      ["k8s/namespace.yaml", 1],
      ["k8s/service.yaml", 2],
      ["k8s/web.yaml", 4],
      ["k8s/agent.yaml", 1],
      ["Dockerfile", 1],
      ["k8s/broken.yaml", 1],
    ],
  );
  assert.equal(casesOf(root.children[2])[0]?.attributes, {
    name: "Deployment/shop/web",
    classname: "image-policy",
    file: "k8s/web.yaml",
  });
  assert.equal(
    root.children[0]?.children[0]?.children.map((property) => property.attributes.value),
    sampleReport().plugins.map(({ name, version, digest }) => `${name} ${version} ${digest}`),
  );
});

test("formatJunit() maps denials, errors, waivers and warnings to JUnit's elements", () => {
  const root = parseXml(formatJunit(sampleReport(), PLAIN));
  const outcomes = root.children.flatMap(casesOf).map((testcase) =>
    testcase.children.map((child) => [child.name, child.attributes.type, child.attributes.message])
  );
  const waived =
    "waived until 2027-01-31: The agent reads the node's counters (OPS-12) (privileged)";
  assert.equal(outcomes, [
    [],
    [],
    [],
    [["failure", "image-tag", 'Image "nginx" has no tag.']],
    [],
    [["failure", "image-tag", 'Image "redis:latest" has the tag "latest".']],
    [["system-out", undefined, undefined]],
    [["skipped", undefined, waived]],
    [["error", "sandbox.timeout", "Call admission_check: no answer in 5000 ms"]],
    [[
      "error",
      "document.duplicate-key",
      'Parse "k8s/broken.yaml": the key "image" stands twice in one mapping',
    ]],
  ]);
  assert.is(
    casesOf(root.children[2])[0]?.children[0]?.text,
    `error image-tag k8s/web.yaml:21:18: Image "nginx" has no tag.
  help: Name a version; \`latest\` is another image tomorrow.
warning image-digest k8s/web.yaml:21:18: Image "nginx" is not pinned by digest.
  help: Pin what was tested: docker buildx imagetools inspect IMAGE prints the digest.
waived privileged k8s/web.yaml:108:27: Container "agent" is privileged.
  ${waived}
  help: Ask for the capabilities the container needs, one by one.`,
  );
});

test("formatJunit() names the reason that denied, not a waived or a lesser one", () => {
  const waiver = { waived: { reason: "x", until: "2027-01-31" } };
  const reasons = [
    reason("excused", "a", waiver),
    reason("lesser", "b", { severity: "warning" }),
    reason("grave", "c"),
  ];
  const typeOf = (own: typeof reasons) => {
    const report = reportOf([result({ input: "a", allowed: false, reasons: own })]);
    return casesOf(parseXml(formatJunit(report, PLAIN)).children[0])[0]?.children[0]?.attributes
      .type;
  };
  assert.is(typeOf(reasons), "grave");
  assert.is(typeOf(reasons.slice(0, 2)), "lesser");
});

test("formatJunit() renders a report without results", () => {
  const root = parseXml(formatJunit(emptyReport(), PLAIN));
  assert.is(root.attributes.tests, "0");
  assert.equal(root.children, []);
});

for (const [what, text] of Object.entries(HOSTILE_TEXTS)) {
  test(`formatJunit() keeps ${what} inside its elements`, () => {
    const root = parseXml(formatJunit(hostileReport(text), PLAIN));
    const [first, quiet, ...more] = root.children;
    assert.is(more.length, 0);
    assert.is(first?.attributes.name, visible(text));
    assert.equal(
      casesOf(first).map((testcase) => testcase.children.map((child) => child.name)),
      [["failure"], ["skipped"], ["error"], ["error"]],
    );
    assert.equal(casesOf(quiet).map((testcase) => testcase.children), [[]]);
    const [failure] = casesOf(first)[0]?.children ?? [];
    assert.equal(failure?.attributes, { type: visible(text), message: visibleProse(text) });
  });
}

for (
  const broken of ["<a>", "<a></b>", "<a/><b/>", '<a b="1" b="2"/>', "<a>&x;</a>", "<a>]]></a>"]
) {
  test(`parseXml(), by which these tests read, refuses ${broken}`, () => {
    assert.throws(() => parseXml(`<?xml version="1.0" encoding="UTF-8"?>\n${broken}`));
  });
}

test("formatJunit() names the warning that denies as the failure", () => {
  const reasons = [
    reason("note", "By the way.", { severity: "info" }),
    reason("old", "Old.", { severity: "warning", denies: true }),
  ];
  const text = formatJunit(reportOf([result({ input: "a", allowed: false, reasons })]), PLAIN);
  const [failure] = casesOf(parseXml(text).children[0])[0]!.children;
  assert.equal([failure?.name, failure?.attributes.type], ["failure", "old"]);
});

test.run();

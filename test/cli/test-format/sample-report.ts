import type { TestReport, TestResult } from "../../../src/testing/report.ts";

/** One result; a passed case where nothing else is said. */
export function result(change: Partial<TestResult> = {}): TestResult {
  return {
    file: "cases/a.yaml",
    line: 3,
    name: "a case",
    status: "passed",
    differences: [],
    verdict: null,
    error: null,
    fired: [],
    ...change,
  };
}

/** A report of these results. */
export function reportOf(...results: TestResult[]): TestReport {
  const count = (status: string) => results.filter((r) => r.status === status).length;
  return {
    plugin: { name: "p", version: "1.0.0", digest: "sha256:0" },
    results,
    rules: [],
    filtered: false,
    summary: { passed: count("passed"), failed: count("failed"), unclear: count("unclear") },
  };
}

/** Each form of a result. */
export function sampleReport(): TestReport {
  return {
    ...reportOf(
      result(),
      result({
        name: "another",
        line: 9,
        status: "failed",
        differences: [
          { what: "allowed", expected: true, actual: false },
          { what: "rules", expected: ["a", "b"], actual: ["b", "c"] },
          { what: "answer", expected: { a: 1, b: [2] }, actual: { a: 1, b: [3] } },
        ],
        verdict: {
          allowed: false,
          reasons: [{ rule: "b", message: "not b", severity: "error", path: "/b" }],
        },
      }),
      result({
        file: "policy.test.ts",
        line: null,
        name: "thrown",
        status: "failed",
        error: { code: null, message: "first line\nsecond line", stack: ["at policy.test.ts:1:2"] },
      }),
      result({
        file: "cases/b.yaml",
        line: 1,
        name: null,
        status: "unclear",
        error: { code: "document.malformed", message: "no YAML", stack: [] },
      }),
    ),
    rules: [
      { id: "b", title: "No b", firedIn: [{ file: "cases/a.yaml", line: 9, name: "another" }] },
      { id: "never", title: "Never", firedIn: [] },
      { id: "stray", title: null, firedIn: [{ file: "p.test.ts", line: null, name: "thrown" }] },
    ],
  };
}

/** A report in which every text is `text`. */
export function hostileReport(text: string): TestReport {
  const reason = { rule: text, message: text, severity: "error", path: text } as const;
  return {
    ...reportOf(
      result({ file: text, name: text }),
      result({
        file: text,
        name: text,
        status: "failed",
        differences: [
          { what: text, expected: text, actual: text + text },
          { what: text, expected: [text], actual: [text, { [text]: text }] },
        ],
        verdict: { allowed: false, reasons: [reason] },
        error: { code: text, message: text, stack: [text] },
        fired: [text],
      }),
      result({
        file: text,
        name: null,
        status: "unclear",
        error: { code: text, message: text, stack: [] },
      }),
    ),
    plugin: { name: text, version: text, digest: text },
    rules: [
      { id: text, title: text, firedIn: [{ file: text, line: null, name: text }] },
      { id: `${text}2`, title: text, firedIn: [] },
    ],
  };
}

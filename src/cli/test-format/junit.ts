import type { TestReport, TestResult } from "../../testing/report.ts";
import { groupBy } from "../format/group-by.ts";
import { placeOf } from "../format/wording.ts";
import { element, textElement } from "../format/xml.ts";
import { differenceLines } from "./difference-lines.ts";
import type { TestFormat } from "./test-format.ts";

/**
 * JUnit XML as CI servers read it: a suite for each file, a case for each test. What did not come out
 * as expected is a `failure`, a file that could not be used an `error`.
 *
 * @see https://github.com/testmoapp/junitxml
 */
export const formatJunit: TestFormat = ({ plugin, results }) => {
  const suites = [...groupBy(results, (result) => result.file)].map(([file, own]) =>
    element("testsuite", { name: file, ...countsOf(own) }, own.map((r) => testcase(plugin, r)))
  );
  const root = element("testsuites", { name: "cofferdam", ...countsOf(results) }, suites);
  return `<?xml version="1.0" encoding="UTF-8"?>\n${root.join("\n")}\n`;
};

function countsOf(results: readonly TestResult[]): Record<string, string> {
  const count = (status: TestResult["status"]) =>
    String(results.filter((result) => result.status === status).length);
  return {
    tests: String(results.length),
    failures: count("failed"),
    errors: count("unclear"),
    skipped: "0",
  };
}

function testcase(plugin: TestReport["plugin"], result: TestResult): string[] {
  const { file, line, name, status } = result;
  return element("testcase", {
    name: name ?? file,
    classname: plugin.name,
    file,
    ...(line === null ? {} : { line: String(line) }),
  }, status === "passed" ? [] : [outcome(result)]);
}

function outcome({ file, line, status, differences, error }: TestResult): string[] {
  const lines = [
    ...(error === null ? [] : [...error.message.split("\n"), ...error.stack]),
    ...differences.flatMap(differenceLines),
  ];
  const message = lines[0] ?? "failed";
  const type = error === null ? "difference" : error.code ?? "thrown";
  const text = [`failed ${placeOf(file, line)}`, ...lines.map((shown) => `  ${shown}`)];
  return textElement(status === "unclear" ? "error" : "failure", { type, message }, text);
}

import type { TestResult } from "../../testing/report.ts";
import { jsonLine } from "../format/json-text.ts";
import { escapeTap, quoteYaml } from "../format/tap.ts";
import { visible } from "../format/visible.ts";
import type { TestFormat } from "./test-format.ts";
import { totalsOf } from "./text.ts";

/**
 * TAP 14: a test point for each test, with a YAML block of what was expected and what came. Rules that
 * never fired are comments.
 *
 * @see https://testanything.org/tap-version-14-specification.html
 */
export const formatTap: TestFormat = ({ results, rules, filtered, summary }) => {
  const never = filtered ? [] : rules.filter(({ firedIn }) => firedIn.length === 0);
  const lines = [
    "TAP version 14",
    `1..${results.length}`,
    ...results.flatMap((result, index) => testPoint(result, index + 1)),
    ...never.map(({ id }) => `# never fired: ${escapeTap(id)}`),
    `# ${totalsOf(summary)}`,
  ];
  return lines.join("\n") + "\n";
};

function testPoint(result: TestResult, id: number): string[] {
  const { file, line, name, status, differences, error } = result;
  const description = name === null ? file : `${file}: ${name}`;
  const point = `${status === "passed" ? "ok" : "not ok"} ${id} - ${escapeTap(description)}`;
  if (status === "passed") return [point];
  return [
    point,
    "  ---",
    `  file: ${quoteYaml(file)}`,
    ...(line === null ? [] : [`  line: ${line}`]),
    ...(error === null ? [] : [
      "  error:",
      ...(error.code === null ? [] : [`    code: ${quoteYaml(error.code)}`]),
      `    message: ${quoteLines(error.message.split("\n"))}`,
      ...(error.stack.length === 0 ? [] : [`    stack: ${quoteLines(error.stack)}`]),
    ]),
    ...(differences.length === 0 ? [] : ["  differences:"]),
    ...differences.flatMap(({ what, expected, actual }) => [
      `    - what: ${quoteYaml(what)}`,
      // JSON in one line, with nothing raw in it, is YAML.
      `      expected: ${jsonLine(expected)}`,
      `      actual: ${jsonLine(actual)}`,
    ]),
    "  ...",
  ];
}

/** Several lines as one double-quoted scalar, in which they stay lines. */
function quoteLines(lines: readonly string[]): string {
  return JSON.stringify(lines.map(visible).join("\n"));
}

import picocolors from "picocolors";
import type { RuleRow, TestReport, TestResult } from "../../testing/report.ts";
import { groupBy } from "../format/group-by.ts";
import { visible, visibleProse } from "../format/visible.ts";
import { placeOf } from "../format/wording.ts";
import { differenceLines } from "./difference-lines.ts";
import type { TestFormat } from "./test-format.ts";

type Paint = ReturnType<typeof picocolors.createColors>;

const MARKS = { passed: "✓", failed: "✗", unclear: "?" } as const;

/** Tests that are named behind a rule. */
const MAX_NAMED = 3;

/** Reasons of a verdict that are shown. */
const MAX_REASONS = 20;

/**
 * The format for people: by file, a line for each test, and below one that failed what was expected and
 * what came. Then the rules, each with the number of tests that it gave a reason in and the first of
 * them; those that never did are named. The last line has the totals.
 */
export const formatText: TestFormat = (report, { color }) => {
  const paint = picocolors.createColors(color);
  const paragraphs = [...groupBy(report.results, (result) => result.file)].map((
    [file, results],
  ) => [paint.bold(visible(file)), ...results.flatMap((result) => resultLines(paint, result))]);
  if (report.rules.length > 0 && report.results.length > 0) {
    paragraphs.push(ruleLines(paint, report));
  }
  paragraphs.push([totalsLine(paint, report.summary)]);
  return paragraphs.map((lines) => lines.join("\n")).join("\n\n") + "\n";
};

/** `3 passed, 1 failed, 0 could not tell` */
export function totalsOf({ passed, failed, unclear }: TestReport["summary"]): string {
  return `${passed} passed, ${failed} failed, ${unclear} could not tell`;
}

function resultLines(paint: Paint, result: TestResult): string[] {
  const { file, line, name, status, differences, error } = result;
  const colour = status === "passed" ? paint.green : status === "failed" ? paint.red : paint.yellow;
  const shown = name === null ? "the file as a whole" : visible(name);
  if (status === "passed") return [`  ${colour(MARKS[status])} ${shown}`];
  const place = line === null ? "" : `  ${paint.cyan(visible(placeOf(file, line)))}`;
  return [
    `  ${colour(MARKS[status])} ${shown}${place}`,
    ...differences.flatMap(differenceLines).map((text) => `      ${coloured(paint, text)}`),
    ...verdictLines(result).map((text) => `      ${text}`),
    ...(error === null ? [] : errorLines(error)).map((text) => `      ${text}`),
  ];
}

function coloured(paint: Paint, line: string): string {
  if (line.startsWith("  - ")) return paint.red(line);
  return line.startsWith("  + ") ? paint.green(line) : line;
}

/** The verdict that a failed case got, since what is expected names parts of it only. */
function verdictLines({ verdict }: TestResult): string[] {
  if (verdict === null) return [];
  const { allowed, reasons } = verdict;
  const more = reasons.length - MAX_REASONS;
  return [
    `it was ${allowed ? "allowed" : "denied"}${reasons.length === 0 ? ", without a reason" : ":"}`,
    ...reasons.slice(0, MAX_REASONS).map(({ rule, severity, path, message }) =>
      `  ${severity} ${visible(rule)}${path === undefined ? "" : ` ${visible(path)}`}: ${
        visibleProse(message)
      }`
    ),
    ...(more > 0 ? [`  … and ${more} reasons more`] : []),
  ];
}

function errorLines({ code, message, stack }: NonNullable<TestResult["error"]>): string[] {
  const [first = "", ...others] = message.split("\n").map(visible);
  return [
    `${first}${code === null ? "" : ` [${visible(code)}]`}`,
    ...others,
    ...stack.map(visible),
  ];
}

function ruleLines(paint: Paint, { rules, filtered }: TestReport): string[] {
  const width = Math.max(...rules.map(({ id }) => visible(id).length), "rule".length);
  const lines = rules.map((rule) => {
    const { id, title, firedIn } = rule;
    const note = title === null ? paint.yellow("  (not in the manifest)") : "";
    const count = String(firedIn.length).padStart(5);
    const fired = firedIn.length === 0 ? paint.yellow(count) : count;
    return `${visible(id).padEnd(width)}  ${fired}  ${namedTests(rule)}${note}`.trimEnd();
  });
  const never = rules.filter(({ firedIn }) => firedIn.length === 0).map(({ id }) => visible(id));
  return [
    paint.dim(`${"rule".padEnd(width)}  fired  in`),
    ...lines,
    // Where only some tests were run, that says nothing.
    ...(never.length === 0 || filtered ? [] : [paint.yellow(`never fired: ${never.join(", ")}`)]),
  ];
}

function namedTests({ firedIn }: RuleRow): string {
  const named = firedIn.slice(0, MAX_NAMED).map(({ file, line, name }) => {
    const short = file.slice(file.lastIndexOf("/") + 1);
    return visible(line === null ? `${short} "${name}"` : placeOf(short, line));
  });
  const more = firedIn.length - named.length;
  return named.join(", ") + (more > 0 ? `, and ${more} more` : "");
}

function totalsLine(paint: Paint, summary: TestReport["summary"]): string {
  const { failed, unclear, passed } = summary;
  const colour = unclear > 0 || passed + failed === 0
    ? paint.yellow
    : failed > 0
    ? paint.red
    : paint.green;
  return paint.bold(colour(totalsOf(summary)));
}

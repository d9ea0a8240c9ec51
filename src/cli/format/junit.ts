import { groupBy } from "./group-by.ts";
import type { Format, Report, ReportReason, ReportResult } from "./report.ts";
import { visibleProse } from "./visible.ts";
import { isOnlyWaived, outcomeOf, placeOf, shownSeverity, subjectOf } from "./wording.ts";
import { element, textElement } from "./xml.ts";

/**
 * JUnit XML as CI servers read it: one suite for each input, one case for each plugin's answer
 * about each document. A denial is a `failure`, what could not be told an `error`, an allow whose
 * every reason is waived `skipped`; warnings that do not deny stand in `system-out`.
 *
 * @see https://github.com/testmoapp/junitxml
 */
export const formatJunit: Format = (report) => {
  const suites = [...groupBy(report.results, (result) => result.input)].map(([input, results]) =>
    element("testsuite", { name: input, ...countsOf(results) }, [
      ...(report.plugins.length === 0 ? [] : [properties(report.plugins)]),
      ...results.map(testcase),
    ])
  );
  const root = element("testsuites", { name: "cofferdam", ...countsOf(report.results) }, suites);
  return `<?xml version="1.0" encoding="UTF-8"?>\n${root.join("\n")}\n`;
};

function countsOf(results: readonly ReportResult[]): Record<string, string> {
  const count = (test: (result: ReportResult) => boolean) => String(results.filter(test).length);
  return {
    tests: String(results.length),
    failures: count((result) => outcomeOf(result) === "denied"),
    errors: count((result) => outcomeOf(result) === "unclear"),
    skipped: count(isOnlyWaived),
  };
}

/** Which plugins were asked; `name` need not be unique among properties. */
function properties(plugins: Report["plugins"]): string[] {
  return element(
    "properties",
    {},
    plugins.map(({ name, version, digest }) =>
      element("property", { name: "plugin", value: `${name} ${version} ${digest}` }, [])
    ),
  );
}

function testcase(result: ReportResult): string[] {
  const attributes = {
    name: subjectOf(result),
    classname: result.plugin?.name ?? "cofferdam",
    file: result.input,
  };
  return element("testcase", attributes, outcomeElements(result));
}

function outcomeElements(result: ReportResult): string[][] {
  const { error, reasons } = result;
  const told = reasons.flatMap((reason) => reasonLines(result, reason));
  if (result.allowed === null) {
    const type = error?.code ?? "internal.error";
    const message = visibleProse(error?.message ?? "No verdict was given");
    const place = placeOf(result.input, error?.line, error?.column);
    return [textElement("error", { type, message }, [`failed ${place}: ${message}`, ...told])];
  }
  if (result.allowed === false) {
    const first = reasons.find((r) => r.waived === undefined && shownSeverity(r) === "error") ??
      reasons.find((r) => r.waived === undefined);
    const message = visibleProse(first?.message ?? "Denied without a reason");
    return [textElement("failure", { type: first?.rule ?? "denied", message }, told)];
  }
  if (isOnlyWaived(result)) {
    return [element("skipped", { message: reasons.map(waivedText).join("; ") }, [])];
  }
  return reasons.length === 0 ? [] : [textElement("system-out", {}, told)];
}

// Each line begins with a word of ours, so that no text from outside can pass for a line of its own.
function reasonLines(result: ReportResult, reason: ReportReason): string[] {
  const { rule, message, severity, line, column, help, waived } = reason;
  const word = waived === undefined ? severity : "waived";
  const lines = [
    `${word} ${rule} ${placeOf(result.input, line, column)}: ${visibleProse(message)}`,
  ];
  if (waived !== undefined) lines.push(`  ${waivedText(reason)}`);
  if (help !== undefined) lines.push(`  help: ${visibleProse(help)}`);
  return lines;
}

function waivedText({ rule, waived }: ReportReason): string {
  return visibleProse(`waived until ${waived?.until}: ${waived?.reason} (${rule})`);
}

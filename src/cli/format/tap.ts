import type { Format, ReportReason, ReportResult } from "./report.ts";
import { visible, visibleProse } from "./visible.ts";
import { isOnlyWaived, subjectOf, summaryOf } from "./wording.ts";

/**
 * TAP 14: one test point for each answer, with a YAML block of what there is to say about it. Only
 * an allow is `ok`; where every reason is waived it is marked `# SKIP`. Nothing is ever `# TODO`,
 * which would turn a denial into a pass.
 *
 * @see https://testanything.org/tap-version-14-specification.html
 */
export const formatTap: Format = (report) => {
  const lines = ["TAP version 14", `1..${report.results.length}`];
  report.results.forEach((result, index) => lines.push(...testPoint(result, index + 1)));
  lines.push(`# ${summaryOf(report.summary)}`);
  return lines.join("\n") + "\n";
};

function testPoint(result: ReportResult, id: number): string[] {
  const status = result.allowed === true ? "ok" : "not ok";
  const subject = result.subject === null || result.subject === result.input
    ? subjectOf(result)
    : `${result.input} ${result.subject}`;
  const description = subject + (result.plugin === null ? "" : ` (${result.plugin.name})`);
  const directive = isOnlyWaived(result)
    ? ` # SKIP ${escapeTap(visibleProse(waivedText(result)))}`
    : "";
  const line = `${status} ${id} - ${escapeTap(description)}${directive}`;
  if (result.reasons.length === 0 && result.error === null) return [line];
  return [line, "  ---", ...diagnostics(result), "  ..."];
}

function waivedText(result: ReportResult): string {
  return result.reasons
    .map(({ rule, waived }) => `${rule} is waived until ${waived?.until}: ${waived?.reason}`)
    .join("; ");
}

/** The lines of a YAML mapping. Every text in it is double-quoted, which is one line in YAML. */
function diagnostics(result: ReportResult): string[] {
  const { plugin, kind, subject, error, reasons } = result;
  const lines: string[] = [];
  if (plugin !== null) {
    lines.push(`  plugin: ${quoteYaml(`${plugin.name} ${plugin.version} ${plugin.digest}`)}`);
  }
  if (kind !== null) lines.push(`  kind: ${quoteYaml(kind)}`);
  if (subject !== null) lines.push(`  subject: ${quoteYaml(subject)}`);
  if (error !== null) {
    lines.push("  error:", `    code: ${quoteYaml(error.code)}`);
    lines.push(`    message: ${quoteYaml(visibleProse(error.message))}`);
    if (error.line !== undefined) lines.push(`    line: ${error.line}`);
    if (error.column !== undefined) lines.push(`    column: ${error.column}`);
  }
  if (reasons.length > 0) lines.push("  reasons:", ...reasons.flatMap(reasonLines));
  return lines;
}

function reasonLines(reason: ReportReason): string[] {
  const { rule, severity, message, path, line, column, help, waived } = reason;
  const lines = [
    `    - rule: ${quoteYaml(rule)}`,
    `      severity: ${quoteYaml(severity)}`,
    `      message: ${quoteYaml(visibleProse(message))}`,
  ];
  if (path !== null) lines.push(`      path: ${quoteYaml(path)}`);
  if (line !== null) lines.push(`      line: ${line}`);
  if (column !== null) lines.push(`      column: ${column}`);
  if (help !== undefined) lines.push(`      help: ${quoteYaml(visibleProse(help))}`);
  if (waived !== undefined) {
    lines.push("      waived:");
    lines.push(`        reason: ${quoteYaml(visibleProse(waived.reason))}`);
    lines.push(`        until: ${quoteYaml(waived.until)}`);
  }
  return lines;
}

/** A description or a directive's reason: one line in which `\` and `#` stand for themselves. */
export function escapeTap(text: string): string {
  return visible(text).replace(/[\\#]/g, "\\$&");
}

/** A YAML double-quoted scalar. After {@link visible} nothing is left that JSON and YAML differ in. */
export function quoteYaml(text: string): string {
  return JSON.stringify(visible(text));
}

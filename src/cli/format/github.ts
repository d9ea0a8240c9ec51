import type { Format, ReportReason, ReportResult, Severity } from "./report.ts";
import { visible, visibleProse } from "./visible.ts";
import { shownSeverity, summaryOf } from "./wording.ts";

/** GitHub's word for each severity. */
const COMMANDS: Readonly<Record<Severity, string>> = {
  error: "error",
  warning: "warning",
  info: "notice",
};

/**
 * Workflow commands, which GitHub Actions shows as annotations on the lines of a change: one for
 * each reason and each error, then a plain line with the totals. A waived reason is a notice, a
 * warning that denies is an error.
 *
 * @see https://docs.github.com/actions/reference/workflow-commands-for-github-actions
 */
export const formatGithub: Format = (report) => {
  const several = report.plugins.length > 1;
  const lines = report.results.flatMap((result) => [
    ...result.reasons.map((reason) => reasonCommand(result, reason, several)),
    ...errorCommand(result, several),
  ]);
  return [...lines, summaryOf(report.summary)].join("\n") + "\n";
};

function reasonCommand(result: ReportResult, reason: ReportReason, several: boolean): string {
  const { waived, help } = reason;
  const message = [reason.message];
  if (waived !== undefined) message.push(`Waived until ${waived.until}: ${waived.reason}`);
  if (help !== undefined) message.push(`Help: ${help}`);
  const name = waived === undefined ? COMMANDS[shownSeverity(reason)] : "notice";
  const title = titled(result, reason.rule, several);
  return command(name, result.input, reason.line, reason.column, title, message);
}

function errorCommand(result: ReportResult, several: boolean): string[] {
  const { error } = result;
  if (error === null) return [];
  const title = titled(result, error.code, several);
  const { line = null, column = null } = error;
  return [command("error", result.input, line, column, title, [error.message])];
}

function titled(result: ReportResult, title: string, several: boolean): string {
  return several && result.plugin !== null ? `${result.plugin.name}: ${title}` : title;
}

function command(
  name: string,
  input: string,
  line: number | null,
  column: number | null,
  title: string,
  message: readonly string[],
): string {
  // GitHub matches `file` against the paths of the change, which carry no leading `./`.
  const properties = [`file=${escapeGithubProperty(input.replace(/^(?:\.\/)+/, ""))}`];
  if (line !== null) properties.push(`line=${line}`);
  if (line !== null && column !== null) properties.push(`col=${column}`);
  properties.push(`title=${escapeGithubProperty(title)}`);
  return `::${name} ${properties.join(",")}::${escapeGithubMessage(message)}`;
}

/** The lines of a command's message: each shown for what it is, joined by the runner's own code. */
export function escapeGithubMessage(lines: readonly string[]): string {
  return lines.map((line) => visibleProse(line).replaceAll("%", "%25")).join("%0A");
}

/** A property's value, which `:` and `,` would end as well. */
export function escapeGithubProperty(text: string): string {
  return visible(text).replaceAll("%", "%25").replaceAll(":", "%3A").replaceAll(",", "%2C");
}

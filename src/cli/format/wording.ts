import type { Report, ReportReason, ReportResult, Severity } from "./report.ts";

/** What a result comes to. `unclear` is never an allow: the exit code for it is 2. */
export type Outcome = "allowed" | "denied" | "unclear";

/** The outcome of one plugin's answer. */
export function outcomeOf(result: ReportResult): Outcome {
  if (result.allowed === null) return "unclear";
  return result.allowed ? "allowed" : "denied";
}

/** The gravest outcome of several: what cannot be told outweighs a denial, as in the exit code. */
export function gravestOf(results: readonly ReportResult[]): Outcome {
  const outcomes = results.map(outcomeOf);
  if (outcomes.includes("unclear")) return "unclear";
  return outcomes.includes("denied") ? "denied" : "allowed";
}

/**
 * How grave a reason is to a reader who knows no other word for a denial than "error": a warning
 * that denies must not look as if the job had failed without a cause.
 */
export function shownSeverity({ severity, denies }: ReportReason): Severity {
  return denies === true ? "error" : severity;
}

/** True where everything there is to say was excused by the operator's configuration. */
export function isOnlyWaived(result: ReportResult): boolean {
  return result.allowed === true && result.reasons.length > 0 &&
    result.reasons.every((reason) => reason.waived !== undefined);
}

/** `file:line:column` as editors and terminals link it, as far as it is known. Not escaped. */
export function placeOf(input: string, line?: number | null, column?: number | null): string {
  if (line === null || line === undefined) return input;
  return column === null || column === undefined
    ? `${input}:${line}`
    : `${input}:${line}:${column}`;
}

/** What a result is about, in one name: its subject, or where it stands in its input. Not escaped. */
export function subjectOf(result: ReportResult): string {
  if (result.subject !== null) return result.subject;
  return result.document === null ? result.input : `${result.input}#${result.document}`;
}

/** The line that ends a report for people. */
export function summaryOf(summary: Report["summary"]): string {
  return `${summary.allowed} allowed, ${summary.denied} denied, ${summary.errors} could not tell`;
}

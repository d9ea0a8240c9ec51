import { jsonText } from "./json-text.ts";
import type { Format, Report, ReportReason, ReportResult, Severity } from "./report.ts";
import { escapeSarif, locationsOf } from "./sarif-location.ts";
import { RuleTable } from "./sarif-rule.ts";
import { visible } from "./visible.ts";
import { shownSeverity } from "./wording.ts";

/** SARIF's word for each severity. */
const LEVELS: Readonly<Record<Severity, string>> = {
  error: "error",
  warning: "warning",
  info: "note",
};

type ReportPlugin = Report["plugins"][number];
type PluginOfResult = NonNullable<ReportResult["plugin"]>;

/**
 * SARIF 2.1.0: one run for each plugin, with its rules and one result for each reason; a waived
 * reason is a result with an accepted suppression, a warning that denies has level "error". What
 * could not be told is a notification, and its run's invocation was not successful. Inputs that could
 * not be read belong to no plugin and make a run of their own.
 *
 * The driver of every run is Cofferdam, so that no plugin can pass for another tool in a viewer; the
 * plugin is the run's extension, and `automationDetails.id` tells the runs apart.
 *
 * @see https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
 */
export const formatSarif: Format = (report, { version }) => {
  const runs = new Map<string, { plugin: ReportPlugin; results: ReportResult[] }>();
  for (const plugin of report.plugins) runs.set(keyOf(plugin), { plugin, results: [] });
  const unread: ReportResult[] = [];
  for (const result of report.results) {
    if (result.plugin === null) {
      unread.push(result);
      continue;
    }
    const key = keyOf(result.plugin);
    const run = runs.get(key);
    if (run === undefined) {
      runs.set(key, { plugin: { ...result.plugin, rules: [] }, results: [result] });
    } else run.results.push(result);
  }
  return jsonText({
    $schema: "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/" +
      "sarif-schema-2.1.0.json",
    version: "2.1.0",
    runs: [
      ...[...runs.values()].map(({ plugin, results }) => runOf(version, plugin, results)),
      ...(unread.length === 0 ? [] : [runOf(version, null, unread)]),
    ],
  });
};

function keyOf({ name, version, digest }: PluginOfResult): string {
  return JSON.stringify([name, version, digest]);
}

function runOf(
  version: string,
  plugin: ReportPlugin | null,
  reported: readonly ReportResult[],
): Record<string, unknown> {
  const rules = new RuleTable(plugin?.rules ?? []);
  const results = reported.flatMap((result) =>
    result.reasons.map((reason) => resultOf(result, reason, rules))
  );
  const notifications = reported.filter((result) => result.allowed === null).map(notificationOf);
  return {
    tool: {
      driver: { name: "cofferdam", version, rules: rules.descriptors() },
      ...(plugin === null ? {} : { extensions: [extensionOf(plugin)] }),
    },
    automationDetails: {
      // The part before the last slash is the category that GitHub keeps apart.
      id: plugin === null ? "cofferdam/" : `cofferdam/${encodeURIComponent(visible(plugin.name))}/`,
    },
    invocations: [{
      executionSuccessful: notifications.length === 0,
      toolExecutionNotifications: notifications,
    }],
    columnKind: "utf16CodeUnits",
    results,
  };
}

function extensionOf({ name, version, digest }: PluginOfResult): Record<string, unknown> {
  return { name: visible(name), version: visible(version), properties: { digest } };
}

function resultOf(
  result: ReportResult,
  reason: ReportReason,
  rules: RuleTable,
): Record<string, unknown> {
  const { rule, message, path, line, column, waived } = reason;
  return {
    ruleId: visible(rule),
    ruleIndex: rules.indexOf(rule, reason.help),
    level: LEVELS[shownSeverity(reason)],
    message: { text: escapeSarif(message) },
    locations: locationsOf(result, { line, column, path }),
    partialFingerprints: { "cofferdamReason/v1": fingerprintOf(result, reason) },
    // An empty list says "not suppressed"; without one, a reader would not know.
    suppressions: waived === undefined ? [] : [{
      kind: "external",
      status: "accepted",
      justification: escapeSarif(`${waived.reason} (until ${waived.until})`),
    }],
    properties: { document: result.document, kind: result.kind, allowed: result.allowed },
  };
}

/**
 * What makes a reason the same one after lines were added above it: not its position and not its
 * wording. The parts are given as they are; a hash would only hide what was compared.
 */
function fingerprintOf({ kind, subject }: ReportResult, { rule, path }: ReportReason): string {
  return visible(JSON.stringify([kind, subject, rule, path]));
}

function notificationOf(result: ReportResult): Record<string, unknown> {
  const { code, message, line = null, column = null } = result.error ??
    { code: "internal.error", message: "No verdict was given" };
  return {
    descriptor: { id: visible(code) },
    level: "error",
    message: { text: escapeSarif(message) },
    locations: locationsOf(result, { line, column, path: null }),
  };
}

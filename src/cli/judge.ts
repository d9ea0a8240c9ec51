import type { Rule } from "../bundle/manifest.ts";
import type { Waiver } from "../config/config.ts";
import { findWaiver } from "../config/waiver.ts";
import type { Reason, Verdict } from "../contract/admission.ts";
import type { Document, Evidence } from "../document/document.ts";
import type { JudgingPlugin } from "../host/plugin.ts";
import { PluginError } from "../plugin-error.ts";
import type { ReportReason, ReportResult } from "./format/report.ts";

/** How documents are judged. */
export interface JudgeOptions {
  readonly plugins: readonly JudgingPlugin[];
  readonly waivers: readonly Waiver[];
  /** RFC 3339; what every plugin sees as the time. */
  readonly now: string;
  /** Whether warnings deny too. */
  readonly failOnWarning: boolean;
  readonly signal: AbortSignal;
}

/** Asks every plugin that judges the document's kind; one result each. */
export function judgeDocument(
  document: Document,
  options: JudgeOptions,
  evidence: readonly Evidence[] = [],
): Promise<ReportResult[]> {
  const asked = options.plugins.filter((plugin) => plugin.admission.judges(document));
  return Promise.all(asked.map((plugin) => askPlugin(plugin, document, options, evidence)));
}

/** The result of an input that holds nothing to ask about, because it could not be read. */
export function unreadableResult(input: string, error: PluginError): ReportResult {
  return {
    input,
    document: null,
    kind: null,
    subject: null,
    plugin: null,
    allowed: null,
    reasons: [],
    error: reportError(error),
  };
}

async function askPlugin(
  plugin: JudgingPlugin,
  document: Document,
  options: JudgeOptions,
  evidence: readonly Evidence[],
): Promise<ReportResult> {
  const { manifest, digest } = plugin;
  const asked = {
    input: document.input,
    document: document.index,
    kind: document.kind,
    subject: document.subject.name,
    plugin: { name: manifest.name, version: manifest.version, digest },
  };
  try {
    const verdict = await plugin.admission.check(document, {
      signal: options.signal,
      now: options.now,
      evidence,
    });
    return { ...asked, ...weigh(verdict, plugin, document, options), error: null };
  } catch (thrown) {
    const error = PluginError.from(thrown);
    if (error.code === "call.aborted") throw error;
    return { ...asked, allowed: null, reasons: [], error: reportError(error) };
  }
}

/** Applies what the operator decided: waivers excuse, and warnings may deny. */
function weigh(
  verdict: Verdict,
  plugin: JudgingPlugin,
  document: Document,
  { waivers, now, failOnWarning }: JudgeOptions,
): { allowed: boolean; reasons: ReportReason[] } {
  const rules = new Map((plugin.manifest.rules ?? []).map((rule) => [rule.id, rule]));
  const reasons = verdict.reasons.map((reason): ReportReason => {
    const waiver = findWaiver(waivers, {
      rule: reason.rule,
      plugin: plugin.manifest.name,
      subject: document.subject.name,
      input: document.input,
    }, now);
    return {
      ...describe(reason, document, rules.get(reason.rule)),
      ...(waiver === undefined ? {} : { waived: { reason: waiver.reason, until: waiver.until } }),
    };
  });
  // A normalised denial always has an error among its reasons, so the reasons alone decide.
  const weighed = reasons.map((reason) => ({ ...reason, denies: denies(reason, failOnWarning) }));
  return { allowed: !weighed.some((reason) => reason.denies), reasons: weighed };
}

function denies({ severity, waived }: ReportReason, failOnWarning: boolean): boolean {
  if (waived !== undefined) return false;
  return severity === "error" || (failOnWarning && severity === "warning");
}

function describe(reason: Reason, document: Document, rule: Rule | undefined): ReportReason {
  const position = document.locate(reason.path);
  return {
    rule: reason.rule,
    message: reason.message,
    severity: reason.severity,
    path: reason.path ?? null,
    line: position?.line ?? null,
    column: position?.column ?? null,
    ...(rule?.help === undefined ? {} : { help: rule.help }),
  };
}

function reportError({ code, message, details }: PluginError): ReportResult["error"] {
  const { line, column } = details;
  return {
    code,
    message,
    ...(line === undefined ? {} : { line }),
    ...(column === undefined ? {} : { column }),
  };
}

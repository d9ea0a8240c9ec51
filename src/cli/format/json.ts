import { jsonText } from "./json-text.ts";
import type { Format, ReportReason, ReportResult } from "./report.ts";

/**
 * The stable format for programs: two-space JSON in UTF-8. Within one major version members may be
 * added, none is renamed or removed, and their order stays.
 *
 * ```
 * { "results": [{
 *     "input": string,                  the file as it was named, or the name given to stdin
 *     "document": number | null,        0-based place in that input; null: it could not be parsed
 *     "kind": string | null,            what the document was taken for
 *     "subject": string | null,         what the question is about, e.g. "Deployment/shop/web"
 *     "plugin": { "name", "version", "digest" } | null,     digest: "sha256:<hex>"
 *     "allowed": true | false | null,   null: could not tell, and `error` says why
 *     "reasons": [{
 *       "rule": string, "message": string,
 *       "severity": "error" | "warning" | "info",
 *       "path": string | null,          JSON Pointer into the judged object
 *       "line": number | null,          1-based
 *       "column": number | null,        1-based, in UTF-16 code units
 *       "help"?: string,                the rule's own, from the plugin's manifest
 *       "waived"?: { "reason": string, "until": string }   excused: this reason does not deny
 *     }],
 *     "error": { "code": string, "message": string, "line"?: number, "column"?: number } | null
 *   }],
 *   "summary": { "allowed": number, "denied": number, "errors": number } }
 * ```
 *
 * Strings hold what the input or the plugin said, unchanged but for lone surrogates: escape them
 * before showing them to people.
 */
export const formatJson: Format = (report) => {
  const { allowed, denied, errors } = report.summary;
  return jsonText({
    results: report.results.map(resultOf),
    summary: { allowed, denied, errors },
  });
};

// Members are written one by one, so that nothing a caller adds to a value leaks into the format.
function resultOf(result: ReportResult): ReportResult {
  const { input, document, kind, subject, plugin, allowed, reasons, error } = result;
  return {
    input,
    document,
    kind,
    subject,
    plugin: plugin && { name: plugin.name, version: plugin.version, digest: plugin.digest },
    allowed,
    reasons: reasons.map(reasonOf),
    error: error && {
      code: error.code,
      message: error.message,
      ...(error.line === undefined ? {} : { line: error.line }),
      ...(error.column === undefined ? {} : { column: error.column }),
    },
  };
}

function reasonOf(reason: ReportReason): ReportReason {
  const { rule, message, severity, path, line, column, help, waived } = reason;
  return {
    rule,
    message,
    severity,
    path,
    line,
    column,
    ...(help === undefined ? {} : { help }),
    ...(waived === undefined ? {} : { waived: { reason: waived.reason, until: waived.until } }),
  };
}

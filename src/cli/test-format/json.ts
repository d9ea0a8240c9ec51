import type { RuleRow, TestReport, TestResult } from "../../testing/report.ts";
import { jsonText } from "../format/json-text.ts";
import type { TestFormat } from "./test-format.ts";

/**
 * The format for programs; members may be added, none is renamed or removed.
 *
 * ```
 * { "plugin": { "name", "version", "digest" },
 *   "results": [{
 *     "file": string, "line": number | null,
 *     "name": string | null,             null: the file as a whole
 *     "status": "passed" | "failed" | "unclear",
 *     "differences": [{ "what": string, "expected": any, "actual": any }],
 *     "verdict": { "allowed": boolean,
 *                  "reasons": [{ "rule", "message", "severity", "path": string | null }] } | null,
 *     "error": { "code": string | null, "message": string, "stack": [string] } | null }],
 *   "rules": [{ "id": string, "title": string | null,   null: not in the manifest
 *               "firedIn": [{ "file", "line", "name" }] }],
 *   "filtered": boolean,
 *   "summary": { "passed": number, "failed": number, "unclear": number } }
 * ```
 */
export const formatJson: TestFormat = ({ plugin, results, rules, filtered, summary }) =>
  jsonText({
    plugin: { name: plugin.name, version: plugin.version, digest: plugin.digest },
    results: results.map(resultOf),
    rules: rules.map(ruleOf),
    filtered,
    summary: summaryOf(summary),
  });

// Members are written one by one, so that nothing a caller adds to a value leaks into the format.
function resultOf({ file, line, name, status, differences, verdict, error }: TestResult) {
  return {
    file,
    line,
    name,
    status,
    differences: differences.map(({ what, expected, actual }) => ({ what, expected, actual })),
    verdict: verdict && {
      allowed: verdict.allowed,
      reasons: verdict.reasons.map(({ rule, message, severity, path }) => ({
        rule,
        message,
        severity,
        path: path ?? null,
      })),
    },
    error: error && { code: error.code, message: error.message, stack: error.stack },
  };
}

function ruleOf({ id, title, firedIn }: RuleRow) {
  return { id, title, firedIn: firedIn.map(({ file, line, name }) => ({ file, line, name })) };
}

function summaryOf({ passed, failed, unclear }: TestReport["summary"]) {
  return { passed, failed, unclear };
}

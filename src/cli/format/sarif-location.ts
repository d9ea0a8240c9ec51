import type { ReportResult } from "./report.ts";
import { visible, visibleProse } from "./visible.ts";

/** Where in an input something stands, as far as it is known. */
interface Place {
  readonly line: number | null;
  readonly column: number | null;
  /** JSON Pointer into the judged object. */
  readonly path: string | null;
}

/** The one `location` of a result or a notification, in its list. */
export function locationsOf(
  { input, subject, kind }: ReportResult,
  { line, column, path }: Place,
): Record<string, unknown>[] {
  const region = line === null ? {} : {
    region: { startLine: line, ...(column === null ? {} : { startColumn: column }) },
  };
  const logical = subject === null ? {} : {
    logicalLocations: [{
      name: visible(subject),
      ...(path === null ? {} : { fullyQualifiedName: visible(path) }),
      ...(kind === null ? {} : { kind }),
    }],
  };
  return [{ physicalLocation: { artifactLocation: { uri: uriOf(input) }, ...region }, ...logical }];
}

/**
 * A file's name as a URI reference: a relative name stays relative, an absolute one becomes a `file:`
 * URI. Everything but unreserved characters is percent-encoded segment by segment, so that a colon
 * in a name is no scheme and two slashes at its head are no host.
 *
 * @see RFC 3986, section 4.2; RFC 8089, appendix E.2 for drive letters
 */
export function uriOf(name: string): string {
  const path = name.replace(/^(?:\.\/+)+/, "").replace(/\p{Cs}/gu, "\ufffd");
  const [, drive, rest] = /^([A-Za-z]:)(\/.*)$/s.exec(path) ?? [];
  if (drive !== undefined && rest !== undefined) return `file:///${drive}${encodeSegments(rest)}`;
  if (path.startsWith("/")) return `file://${encodeSegments(path.replace(/^\/+/, "/"))}`;
  return encodeSegments(path);
}

function encodeSegments(path: string): string {
  return path.split("/").map(encodeURIComponent).join("/");
}

/**
 * Text of a SARIF message. Its line breaks stay; within a line, `[text](target)` would be a link and
 * `{0}` a placeholder.
 *
 * @see SARIF 2.1.0, sections 3.11.5 and 3.11.6
 */
export function escapeSarif(text: string): string {
  return text.split(/\r\n|\r|\n/)
    .map(visibleProse)
    .join("\n")
    .trim()
    .replaceAll("](", "] (")
    .replace(/\{(\d+)\}/g, "{{$1}}");
}

import type { DocumentKind } from "../../document/kind.ts";

/** How grave a reason is; `error` denies. */
export type Severity = "error" | "warning" | "info";

/** A reason of one verdict, mapped back to the text that was judged. */
export interface ReportReason {
  readonly rule: string;
  readonly message: string;
  readonly severity: Severity;
  /** JSON Pointer into the judged object. */
  readonly path: string | null;
  /** 1-based; null where the place is not known. */
  readonly line: number | null;
  readonly column: number | null;
  /** The rule's own help, from the plugin's manifest. */
  readonly help?: string;
  /** Set where the operator's configuration excuses this reason. */
  readonly waived?: { readonly reason: string; readonly until: string };
  /** Whether it denies, as a warning may that the operator made to; not part of the JSON format. */
  readonly denies?: boolean;
}

/** One plugin's answer about one document, or why there is none. */
export interface ReportResult {
  readonly input: string;
  /** 0-based place of the document in its input; null where the input could not be parsed. */
  readonly document: number | null;
  readonly kind: DocumentKind | null;
  readonly subject: string | null;
  readonly plugin:
    | { readonly name: string; readonly version: string; readonly digest: string }
    | null;
  /** null: could not tell. */
  readonly allowed: boolean | null;
  readonly reasons: readonly ReportReason[];
  readonly error: {
    readonly code: string;
    readonly message: string;
    readonly line?: number;
    readonly column?: number;
  } | null;
}

/** A rule as a plugin's manifest declares it. */
export interface ReportRule {
  readonly id: string;
  readonly title: string;
  readonly help?: string;
}

/** A whole run of `cofferdam check`. */
export interface Report {
  readonly results: readonly ReportResult[];
  readonly summary: { readonly allowed: number; readonly denied: number; readonly errors: number };
  /** The plugins that were asked, with the rules they declare; not part of the JSON format. */
  readonly plugins: readonly {
    readonly name: string;
    readonly version: string;
    readonly digest: string;
    readonly rules: readonly ReportRule[];
  }[];
}

/** What a format may know besides the report. */
export interface FormatContext {
  /** Whether the output is a terminal that takes colours. */
  readonly color: boolean;
  /** Cofferdam's own version, for formats that name their tool. */
  readonly version: string;
}

/** Renders a report; the text ends with a line feed. */
export type Format = (report: Report, context: FormatContext) => string;

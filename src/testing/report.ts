import type { Reason } from "../contract/admission.ts";
import type { JsonValue } from "../json.ts";

/** One thing that was not as a case expects it. */
export interface Difference {
  /** The field of the expectation: `rules`. */
  readonly what: string;
  readonly expected: JsonValue;
  readonly actual: JsonValue;
}

/** Why a test failed that did not come to its end, or why a file could not be read. */
export interface TestError {
  /** A code of ours; null for what an author's test threw. */
  readonly code: string | null;
  readonly message: string;
  /** Lines of a stack, where an author's test threw. */
  readonly stack: readonly string[];
}

/** What became of one case, of one test of a `*.test.ts`, or of a file that could not be used. */
export interface TestResult {
  /** The file's path, from the folder that is tested. */
  readonly file: string;
  /** From 1; null where it is not known. */
  readonly line: number | null;
  /** Null for a file as a whole. */
  readonly name: string | null;
  /** `unclear`: the file could not be read or loaded, so that its tests are not known. */
  readonly status: "passed" | "failed" | "unclear";
  readonly differences: readonly Difference[];
  /** The verdict that was given, where a case got one. */
  readonly verdict: { readonly allowed: boolean; readonly reasons: readonly Reason[] } | null;
  readonly error: TestError | null;
  /** Rules that gave a reason, each once. */
  readonly fired: readonly string[];
}

/** A rule, and the tests that it gave a reason in. */
export interface RuleRow {
  readonly id: string;
  /** Null for a rule that the manifest does not declare. */
  readonly title: string | null;
  readonly firedIn: readonly Pick<TestResult, "file" | "line" | "name">[];
}

/** A whole run of `cofferdam test`. */
export interface TestReport {
  readonly plugin: { readonly name: string; readonly version: string; readonly digest: string };
  readonly results: readonly TestResult[];
  /** Those of the manifest in its order, then those that it does not declare. */
  readonly rules: readonly RuleRow[];
  /** Whether only some of the tests were run, so that it says nothing that a rule never fired. */
  readonly filtered: boolean;
  readonly summary: { readonly passed: number; readonly failed: number; readonly unclear: number };
}

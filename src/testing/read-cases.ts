import * as v from "valibot";
import { type LocatedValue, parseLocatedValue } from "../document/parse-value.ts";
import { isJsonObject, type JsonValue } from "../json.ts";
import { PluginError } from "../plugin-error.ts";
import { type Case, type CaseFile, CaseFileSchema, PlainCaseFileSchema } from "./case.ts";

/** A case, with what its file says for all of them, and where it stands. */
export interface LocatedCase extends Case {
  /** The file's name, as it was given. */
  readonly from: string;
  /** From 1. */
  readonly line: number;
}

/**
 * Reads a file of cases.
 *
 * @param bytes YAML or JSON; the caller bounds their number.
 * @param name The file's name, for messages.
 * @returns The cases in the order of the file; none where it holds nothing.
 * @throws {PluginError} `test.case-invalid`, `document.*`; the message names file, line and case
 */
export async function readCases(bytes: Uint8Array, name: string): Promise<LocatedCase[]> {
  let located: LocatedValue | undefined;
  try {
    located = await parseLocatedValue(bytes, name);
  } catch (thrown) {
    const { code, message, details } = PluginError.from(thrown);
    const where = details.line === undefined ? `"${name}"` : `"${name}", line ${details.line}`;
    throw new PluginError(code, `Cannot read the cases of ${where}: ${message}`, {
      details,
      cause: thrown,
    });
  }
  if (located === undefined) return [];
  const { cases, ...defaults } = checkForm(located, name);
  const steps = Array.isArray(located.value) ? [] : ["cases"];
  const lineOf = (index: number) => located.locate([...steps, String(index)]).line;
  const seen = new Map<string, number>();
  return cases.map((item, index) => {
    const line = lineOf(index);
    const before = seen.get(item.name);
    if (before !== undefined) {
      throw invalid(name, line, item.name, `line ${before} has a case of this name`);
    }
    seen.set(item.name, line);
    // What is about documents is no default of a call.
    const { kind, ...others } = defaults;
    const own = item.call === undefined && kind !== undefined && item.kind === undefined;
    return { ...others, ...(own ? { kind } : {}), ...item, from: name, line };
  });
}

function checkForm(located: LocatedValue, name: string): CaseFile {
  const { value } = located;
  const isList = Array.isArray(value);
  // The first fault is the one that is told.
  const config = { abortEarly: true, abortPipeEarly: true };
  const result = isList
    ? v.safeParse(PlainCaseFileSchema, value, config)
    : v.safeParse(CaseFileSchema, value, config);
  if (result.success) {
    return isList ? { cases: result.output as readonly Case[] } : result.output as CaseFile;
  }
  const issue = result.issues[0] as v.BaseIssue<unknown>;
  const tokens = (issue.path ?? []).map((step) => String(step.key));
  const index = isList ? tokens[0] : tokens[0] === "cases" ? tokens[1] : undefined;
  const field = tokens.slice(index === undefined ? 0 : isList ? 1 : 2).join(".");
  const item = index === undefined ? undefined : itemAt(value, Number(index));
  const what = isJsonObject(item) && typeof item.name === "string"
    ? item.name
    : index === undefined
    ? undefined
    : `number ${Number(index) + 1}`;
  throw invalid(
    name,
    located.locate(tokens).line,
    what,
    `${field === "" ? "" : `"${field}": `}${wordsOf(issue)}`,
  );
}

function itemAt(value: JsonValue, index: number): JsonValue | undefined {
  const list = isJsonObject(value) ? value.cases : value;
  return Array.isArray(list) ? list[index] : undefined;
}

/** Valibot's own words for a field that nobody knows would call it a wrong type. */
function wordsOf({ message, expected, received }: v.BaseIssue<unknown>): string {
  if (expected === "never") return "there is no such field";
  if (received === "undefined") return "it is missing";
  return message;
}

function invalid(file: string, line: number, name: string | undefined, why: string): PluginError {
  const what = name === undefined ? "" : `, case ${JSON.stringify(name)}`;
  return new PluginError(
    "test.case-invalid",
    `Cannot read the cases of "${file}", line ${line}${what}: ${why}`,
    { details: { line } },
  );
}

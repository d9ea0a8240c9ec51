import type { JsonValue } from "../../json.ts";
import type { SourceText } from "../source-text.ts";
import type { Tree, TreeLimits } from "../tree.ts";
import { findJsonFault } from "./json-fault.ts";
import { JsonLocator } from "./json-locate.ts";
import { type OddNumber, scanJson } from "./json-scan.ts";

/**
 * Parses one JSON text: what `JSON.parse` accepts, and nothing else. Values come from `JSON.parse`;
 * a scan beside it finds what that loses, and positions are found by walking the text when somebody
 * asks, so a large file costs no syntax tree.
 *
 * @param start offset of the text within `source`
 * @param end offset just behind it
 * @throws {PluginError} `document.malformed`, `.duplicate-key`, `.number-overflow`, `.too-deep`,
 * `.encoding`; `input.too-large` beyond 1,000,000 numbers that a double would change
 * @see RFC 8259
 */
export function parseJson(
  source: SourceText,
  limits: TreeLimits,
  start: number = 0,
  end: number = source.text.length,
): Tree {
  const scan = scanJson(source, start, end, limits.depth);
  let value: JsonValue;
  try {
    value = JSON.parse(replaceNumbers(source.text, start, end, scan.oddNumbers)) as JsonValue;
  } catch (cause) {
    const { offset, problem } = findJsonFault(source.text, start, end);
    throw source.fault("document.malformed", `Parsing JSON failed: ${problem}`, offset, cause);
  }
  if (scan.fault !== undefined) throw scan.fault;
  let locator: JsonLocator | undefined;
  return {
    value,
    locate: (tokens) => (locator ??= new JsonLocator(source.text, start, end)).locate(tokens),
  };
}

/**
 * Parses JSON Lines: one JSON text on each line, blank lines apart.
 *
 * @throws as {@link parseJson}
 */
export function parseJsonLines(source: SourceText, limits: TreeLimits): Tree[] {
  const trees: Tree[] = [];
  for (const line of source.text.matchAll(/[^\r\n]+/g)) {
    if (line[0].trim() === "") continue;
    trees.push(parseJson(source, limits, line.index, line.index + line[0].length));
  }
  return trees;
}

/** The text with each odd literal replaced by what is handed over in its stead. */
function replaceNumbers(
  text: string,
  start: number,
  end: number,
  numbers: readonly OddNumber[],
): string {
  let result = "";
  let at = start;
  for (const number of numbers) {
    result += text.slice(at, number.start) + JSON.stringify(number.replacement);
    at = number.end;
  }
  return result + text.slice(at, end);
}

import type { JsonValue } from "../../json.ts";
import type { Difference } from "../../testing/report.ts";
import { jsonText } from "../format/json-text.ts";
import { visible } from "../format/visible.ts";

/** A line of a comparison: expected and not there, there and not expected, or both. */
export interface ComparedLine {
  readonly sign: "-" | "+" | " ";
  readonly text: string;
}

/** Lines of one difference that anybody reads. */
const MAX_LINES = 60;

/** Above it, two lists are shown one after the other; comparing them would take their product. */
const MAX_CELLS = 1_000_000;

/**
 * A difference as lines that show it: two plain values in one line, lists entry by entry, anything else
 * as JSON by lines. Nothing in them acts on a terminal.
 */
export function differenceLines({ what, expected, actual }: Difference): string[] {
  if (isPlain(expected) && isPlain(actual)) {
    return [`${visible(what)}: expected ${wordOf(expected)}, got ${wordOf(actual)}`];
  }
  // A message is expected by a part of it.
  const same = what === "messages"
    ? (part: string, whole: string) => whole.includes(part)
    : (a: string, b: string) => a === b;
  const lines = compareLines(entriesOf(expected), entriesOf(actual), same)
    .map(({ sign, text }) => `  ${sign} ${visible(text)}`);
  const shown = lines.length <= MAX_LINES
    ? lines
    : [...lines.slice(0, MAX_LINES), `  … and ${lines.length - MAX_LINES} lines more`];
  return [`${visible(what)}: (- expected, + got)`, ...shown];
}

function isPlain(value: JsonValue): boolean {
  return typeof value !== "object" || value === null;
}

function wordOf(value: JsonValue): string {
  return visible(typeof value === "string" ? JSON.stringify(value) : String(value));
}

/** A list's entries; the lines of any other value. */
function entriesOf(value: JsonValue): string[] {
  if (!Array.isArray(value)) return jsonText(value).trimEnd().split("\n");
  return value.map((entry) => typeof entry === "string" ? entry : JSON.stringify(entry));
}

/** Two lists of lines, aligned by their longest common part. */
export function compareLines(
  expected: readonly string[],
  actual: readonly string[],
  same: (expected: string, actual: string) => boolean,
): ComparedLine[] {
  const [rows, columns] = [expected.length, actual.length];
  const lines: ComparedLine[] = [];
  const minus = (row: number) => lines.push({ sign: "-", text: expected[row]! });
  const plus = (column: number) => lines.push({ sign: "+", text: actual[column]! });
  if (rows * columns > MAX_CELLS) {
    expected.forEach((_, row) => minus(row));
    actual.forEach((_, column) => plus(column));
    return lines;
  }
  // common[row][column]: how much of what comes from there on is in both.
  const common = Array.from({ length: rows + 1 }, () => new Uint32Array(columns + 1));
  for (let row = rows - 1; row >= 0; row--) {
    for (let column = columns - 1; column >= 0; column--) {
      common[row]![column] = same(expected[row]!, actual[column]!)
        ? common[row + 1]![column + 1]! + 1
        : Math.max(common[row + 1]![column]!, common[row]![column + 1]!);
    }
  }
  let row = 0;
  let column = 0;
  while (row < rows || column < columns) {
    const isBoth = row < rows && column < columns && same(expected[row]!, actual[column]!);
    if (isBoth) {
      lines.push({ sign: " ", text: actual[column]! });
      row++;
      column++;
    } else if (
      row < rows && (column === columns || common[row + 1]![column]! >= common[row]![column + 1]!)
    ) minus(row++);
    else plus(column++);
  }
  return lines;
}

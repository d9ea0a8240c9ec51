import picocolors from "picocolors";
import { groupBy } from "./group-by.ts";
import type { Format, Report, ReportReason, ReportResult, Severity } from "./report.ts";
import { visible, visibleProse } from "./visible.ts";
import { gravestOf, type Outcome, outcomeOf, placeOf, summaryOf } from "./wording.ts";

type Paint = ReturnType<typeof picocolors.createColors>;

/** The words that carry a colour. */
type Word = Severity | Outcome | "waived" | "failed";

/** What the lines of one report share. */
interface Page {
  readonly paint: Paint;
  /** Whether to say which plugin spoke. */
  readonly several: boolean;
  /** Rules whose help has been shown. */
  readonly helped: Set<string>;
}

/** One thing said about a document: a headline in columns, and the lines below it. */
interface Entry {
  readonly place: string;
  readonly word: Word;
  readonly rule: string;
  /** Empty where there is only one plugin. */
  readonly plugin: string;
  readonly below: readonly string[];
}

const MARKS: Readonly<Record<Outcome, string>> = { allowed: "✓", denied: "✗", unclear: "?" };

/** The widest file name that the lines of allowed documents are aligned to. */
const MAX_ALIGNED = 56;

/**
 * The format for people. A file about which there is nothing to say takes one line for each of its
 * documents; any other is a block: the file, its documents with their mark, and below each document
 * `file:line:column`, severity and rule of every reason, its message, and the rule's help the first
 * time it comes up. The last line has the totals.
 */
export const formatText: Format = (report, context) => {
  const paint = picocolors.createColors(context.color);
  const page = { paint, several: report.plugins.length > 1, helped: new Set<string>() };
  const quiet = new Map<string, boolean>();
  for (const result of report.results) {
    quiet.set(result.input, isQuiet(result) && quiet.get(result.input) !== false);
  }
  const names = [...quiet].filter(([, nothing]) => nothing).map(([input]) => visible(input));
  const width = Math.min(widest(names), MAX_ALIGNED);
  const paragraphs: string[][] = [];
  let brief: string[] | undefined;
  for (const [input, results] of groupBy(report.results, (result) => result.input)) {
    const documents = [...groupBy(results, (result) => result.document).values()];
    if (quiet.get(input) === true) {
      if (brief === undefined) paragraphs.push(brief = []);
      brief.push(...documents.map((own) => quietLine(page, input, own, width)));
    } else {
      brief = undefined;
      const blocks = documents.flatMap((own) => documentBlock(page, input, own));
      paragraphs.push([paint.bold(visible(input)), ...blocks]);
    }
  }
  paragraphs.push([totalsLine(paint, report.summary)]);
  return paragraphs.map((lines) => lines.join("\n")).join("\n\n") + "\n";
};

function isQuiet(result: ReportResult): boolean {
  return result.allowed === true && result.reasons.length === 0 && result.error === null;
}

function quietLine(
  { paint }: Page,
  input: string,
  results: readonly ReportResult[],
  width: number,
): string {
  const columns = [pad(visible(input), width), ...aboutColumns(paint, input, results)];
  return `${paint.green(MARKS.allowed)} ${columns.join("  ")}`;
}

/** A document's subject and kind; a subject that only repeats the file's name is left out. */
function aboutColumns(paint: Paint, input: string, results: readonly ReportResult[]): string[] {
  const subject = results[0]?.subject ?? null;
  const kind = results[0]?.kind ?? null;
  const columns = [];
  if (subject !== null && subject !== input) columns.push(visible(subject));
  if (kind !== null) columns.push(paint.dim(kind));
  return columns;
}

function documentBlock(page: Page, input: string, results: readonly ReportResult[]): string[] {
  const { paint } = page;
  const entries = results.flatMap((result) => entriesOf(page, result));
  const placeWidth = widest(entries.map((entry) => entry.place));
  const wordWidth = widest(entries.map((entry) => entry.word));
  const ruleWidth = widest(entries.map((entry) => entry.rule));
  const lines = [documentLine(page, input, results)];
  for (const { place, word, rule, plugin, below } of entries) {
    const columns = [
      paint.cyan(pad(place, placeWidth)),
      colourOf(paint, word)(pad(word, wordWidth)),
      ...(plugin === "" ? [paint.bold(rule)] : [paint.bold(pad(rule, ruleWidth)), plugin]),
    ];
    lines.push(`      ${columns.join("  ")}`, ...below.map((line) => `        ${line}`));
  }
  return lines;
}

function documentLine(page: Page, input: string, results: readonly ReportResult[]): string {
  const { paint, several } = page;
  const outcome = gravestOf(results);
  const columns = aboutColumns(paint, input, results);
  if (columns.length === 0) columns.push("no document could be read");
  const answers = results.filter((result) => result.plugin !== null)
    .map((result) => `${visible(result.plugin!.name)} ${MARKS[outcomeOf(result)]}`);
  if (several && answers.length > 0) columns.push(paint.dim(answers.join(", ")));
  return `  ${colourOf(paint, outcome)(MARKS[outcome])} ${columns.join("  ")}`;
}

function entriesOf(page: Page, result: ReportResult): Entry[] {
  const { input, error } = result;
  const plugin = page.several && result.plugin !== null ? visible(result.plugin.name) : "";
  const entries = result.reasons.map((reason) => reasonEntry(page, result, reason, plugin));
  if (error !== null) {
    entries.push({
      place: visible(placeOf(input, error.line, error.column)),
      word: "failed",
      rule: visible(error.code),
      plugin,
      below: [visibleProse(error.message)],
    });
  }
  return entries;
}

function reasonEntry(
  page: Page,
  result: ReportResult,
  reason: ReportReason,
  plugin: string,
): Entry {
  const { paint, helped } = page;
  const { rule, message, severity, line, column, help, waived } = reason;
  const below = [visibleProse(message)];
  if (waived !== undefined) {
    below.push(paint.magenta(visibleProse(`waived until ${waived.until}: ${waived.reason}`)));
  }
  // Two plugins may each have a rule of one name.
  const owned = JSON.stringify([result.plugin?.digest, rule]);
  if (help !== undefined && !helped.has(owned)) {
    helped.add(owned);
    below.push(paint.dim(`help: ${visibleProse(help)}`));
  }
  return {
    place: visible(placeOf(result.input, line, column)),
    word: waived === undefined ? severity : "waived",
    rule: visible(rule),
    plugin,
    below,
  };
}

function totalsLine(paint: Paint, summary: Report["summary"]): string {
  const { allowed, denied, errors } = summary;
  if (allowed + denied + errors === 0) return summaryOf(summary);
  const gravest = errors > 0 ? "unclear" : denied > 0 ? "denied" : "allowed";
  return paint.bold(colourOf(paint, gravest)(summaryOf(summary)));
}

function colourOf(paint: Paint, word: Word): Paint["red"] {
  switch (word) {
    case "allowed":
      return paint.green;
    case "denied":
    case "error":
      return paint.red;
    case "unclear":
    case "failed":
    case "warning":
      return paint.yellow;
    case "info":
      return paint.blue;
    case "waived":
      return paint.magenta;
  }
}

function widest(texts: readonly string[]): number {
  return texts.reduce((width, text) => Math.max(width, lengthOf(text)), 0);
}

function pad(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - lengthOf(text)));
}

/** Characters, not UTF-16 units: what a terminal gives one cell each, East Asian wide ones aside. */
function lengthOf(text: string): number {
  return [...text].length;
}

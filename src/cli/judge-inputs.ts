import type { Document, Evidence } from "../document/document.ts";
import type { DocumentKind } from "../document/kind.ts";
import type { ReadResult } from "../input/read.ts";
import type { ReportResult } from "./format/report.ts";
import { judgeDocument, type JudgeOptions, unreadableResult } from "./judge.ts";

/** Documents that are read ahead of the oldest one without a verdict: bounds memory, not order. */
const WINDOW = 64;

/** What nobody was asked about. */
export interface Unjudged {
  readonly input: string;
  /** The kind that no plugin judges; null where the input holds no document. */
  readonly kind: DocumentKind | null;
}

/** The verdicts about one document, or that there are none. */
export interface Judged {
  readonly results: readonly ReportResult[];
  readonly unjudged?: Unjudged;
}

/** Judges each document for itself, many at once, and gives the results in the inputs' order. */
export async function* judgeEach(
  inputs: AsyncIterable<ReadResult>,
  options: JudgeOptions,
): AsyncIterable<Judged> {
  const pending: Promise<Judged>[] = [];
  try {
    for await (const input of inputs) {
      for (const judged of judgeInput(input, options)) {
        // It is awaited later; a rejection until then is not an unhandled one.
        judged.catch(() => {});
        pending.push(judged);
        if (pending.length >= WINDOW) yield await pending.shift()!;
      }
    }
    while (pending.length > 0) yield await pending.shift()!;
  } finally {
    await Promise.allSettled(pending);
  }
}

/** Begins to judge one document each time it is asked for the next. */
function* judgeInput(input: ReadResult, options: JudgeOptions): Iterable<Promise<Judged>> {
  if (!input.ok) {
    yield Promise.resolve({ results: [unreadableResult(input.name, input.error)] });
  } else if (input.documents.length === 0) {
    yield Promise.resolve(emptyInput(input.name));
  } else {
    for (const document of input.documents) yield judgeOne(document, options);
  }
}

/** What is said of an input that could be read and holds nothing to judge. */
export function emptyInput(input: string): Judged {
  return { results: [], unjudged: { input, kind: null } };
}

/** Asks every plugin that judges the document's kind. */
export async function judgeOne(
  document: Document,
  options: JudgeOptions,
  evidence: readonly Evidence[] = [],
): Promise<Judged> {
  const results = await judgeDocument(document, options, evidence);
  if (results.length > 0) return { results };
  return { results, unjudged: { input: document.input, kind: document.kind } };
}

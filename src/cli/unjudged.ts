import type { DocumentKind } from "../document/kind.ts";
import { groupBy } from "./format/group-by.ts";
import type { Unjudged } from "./judge-inputs.ts";
import type { Log } from "./log.ts";

/** Names that a summary shows; the level `debug` shows all. */
const NAMED = 3;

/** Says what a run was asked about and gave no verdict on, so that none vanishes unseen. */
export function logUnjudged(log: Log, unjudged: readonly Unjudged[]): void {
  const empty = unjudged.filter(({ kind }) => kind === null);
  if (empty.length > 0) {
    const verb = namesOf(empty).length === 1 ? "holds" : "hold";
    log("info", `${summaryOf(empty)} ${verb} no document`);
  }
  const unknown = unjudged.filter(isOfKind);
  if (unknown.length > 0) {
    const kinds = [...groupBy(unknown, ({ kind }) => kind)]
      .map(([kind, documents]) => `${documents.length} ${kind}`).join(", ");
    log(
      "info",
      `not judged, since no plugin judges their kind: ${kinds} (${summaryOf(unknown)})`,
    );
  }
  for (const { input, kind } of unjudged) {
    log("debug", `"${input}" was not judged: ${kind === null ? "no document" : `kind ${kind}`}`);
  }
}

function isOfKind(item: Unjudged): item is Unjudged & { readonly kind: DocumentKind } {
  return item.kind !== null;
}

function namesOf(items: readonly Unjudged[]): string[] {
  return [...new Set(items.map(({ input }) => input))];
}

function summaryOf(items: readonly Unjudged[]): string {
  const names = namesOf(items);
  const shown = names.slice(0, NAMED).map((name) => `"${name}"`).join(", ");
  return names.length <= NAMED ? shown : `${shown} and ${names.length - NAMED} more`;
}

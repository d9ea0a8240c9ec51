import { closest, distance } from "fastest-levenshtein";
import type { PluginError } from "../plugin-error.ts";

/** `; did you mean "…"?` for an error about a mistyped word, or nothing when no candidate is near. */
export function suggestionFor({ details }: PluginError): string {
  const { word, candidates } = details as { word?: string; candidates?: readonly string[] };
  if (word === undefined || candidates === undefined || candidates.length === 0) return "";
  const best = closest(word, candidates);
  return distance(word, best) <= Math.max(2, word.length / 3) ? `; did you mean "${best}"?` : "";
}

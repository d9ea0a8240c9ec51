/**
 * What a terminal or a reader's eye could take for something else than text: JSON itself escapes the
 * controls of C0 and nothing else.
 * @see Unicode TR 36, section 2.10; CVE-2021-42574
 */
const HIDDEN = /[\p{Cc}\p{Cf}\u2028\u2029]/gu;

/** One line of JSON, in which whatever is not seen stands as `\uXXXX`; it parses to the same value. */
export function encodeJsonLine(value: unknown): string {
  // Outside of strings compact JSON has none of them.
  return JSON.stringify(value).replace(HIDDEN, escapeUnits);
}

function escapeUnits(character: string): string {
  return Array.from(
    { length: character.length },
    (_, index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, "0")}`,
  ).join("");
}

import { firstCharacters } from "../first-characters.ts";

/**
 * Everything that a terminal, a line-based log or a reader's eye could take for something else than
 * text: control characters of C0 and C1 (line feeds and escape sequences begin with them), separators
 * of lines, what turns the direction of writing, what is not seen, and half surrogate pairs.
 * @see Unicode TR 36, section 2.10; CVE-2021-42574
 */
const HIDDEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Surrogate}\p{Default_Ignorable_Code_Point}]/gu;

/** What a cut text ends with. */
function cutMark(dropped: number): string {
  return `… (${dropped} more)`;
}

/**
 * Makes text of a guest fit for one line of a log: what is hidden becomes a visible escape
 * (`\n`, `\u{1b}`), a `\` is doubled so that no text can look like an escape, and what is longer than
 * `maxLength` is cut, with a mark that says how much.
 *
 * @param maxLength In UTF-16 code units of `text`, before escaping.
 */
export function sanitizeLogText(text: string, maxLength: number): string {
  if (text.length <= maxLength) return escapeHidden(text);
  const first = firstCharacters(text, maxLength);
  return escapeHidden(first) + cutMark(text.length - first.length);
}

const SHORT: ReadonlyMap<string, string> = new Map([
  ["\n", "\\n"],
  ["\r", "\\r"],
  ["\t", "\\t"],
]);

function escapeHidden(text: string): string {
  return text.replaceAll("\\", "\\\\").replace(
    HIDDEN,
    (character) => SHORT.get(character) ?? `\\u{${character.codePointAt(0)!.toString(16)}}`,
  );
}

/**
 * Characters that do something instead of being seen: controls (ESC and the 8-bit C1 set start
 * terminal sequences), format characters (bidi overrides, zero-width, tags), lone surrogates, the
 * two Unicode line separators, and the two noncharacters that XML forbids.
 */
const ACTING = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\ufffe\uffff]/gu;

/** `##[…]`, `##vso[…]`, `##teamcity[…]`: CI runners obey these anywhere in a line of a log. */
export const LOG_COMMAND: RegExp = /##(?=\w*\[)/g;

/** `::…::` is a command to GitHub's runner where only white space stands before it in a line. */
const LEADING_COMMAND = /^(\s*)::/;

/**
 * `text` as one line that shows what it holds and does nothing: a file name, rule, message or
 * subject is chosen by whoever is being judged, and a report is read on terminals and in CI logs.
 * Acting characters become `\n`, `\r`, `\t` or `\u{…}`; runner commands are broken by a backslash.
 *
 * @see GitHub `actions/runner` ActionCommand.cs, for both forms of command
 */
export function visible(text: string): string {
  return text
    .replace(ACTING, (character) => {
      if (character === "\n") return "\\n";
      if (character === "\r") return "\\r";
      if (character === "\t") return "\\t";
      return `\\u{${character.codePointAt(0)!.toString(16)}}`;
    })
    .replace(LOG_COMMAND, "#\\#")
    .replace(LEADING_COMMAND, "$1\\::");
}

/** {@link visible} for prose, where a line break is layout: white space runs become one space. */
export function visibleProse(text: string): string {
  return visible(text.replace(/\s+/g, " ").trim());
}

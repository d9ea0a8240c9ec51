import { SPACE } from "./dockerfile-line.ts";

/** A piece of a logical line, and the index it begins at. */
export interface Word {
  readonly text: string;
  readonly index: number;
}

const IS_SPACE = new RegExp(SPACE);

/** Splits at white space alone. */
export function splitAtSpace(text: string, start: number): Word[] {
  return Array.from(
    text.slice(start).matchAll(/[^\t\v\f\r ]+/g),
    (match) => ({ text: match[0], index: start + match.index }),
  );
}

/**
 * Splits at white space outside quotes; quotes and escapes stay as written.
 *
 * @see BuildKit, frontend/dockerfile/parser/line_parsers.go, parseWords
 */
export function splitWords(text: string, start: number, escape: string): Word[] {
  const words: Word[] = [];
  let begin = -1;
  let quote = "";
  for (let i = start; i < text.length; i++) {
    const character = text[i]!;
    if (quote === "" && IS_SPACE.test(character)) {
      if (begin >= 0) words.push({ text: text.slice(begin, i), index: begin });
      begin = -1;
      continue;
    }
    if (begin < 0) begin = i;
    if (character === escape && quote !== "'") i++;
    else if (quote === "" && (character === '"' || character === "'")) quote = character;
    else if (character === quote) quote = "";
  }
  if (begin >= 0) words.push({ text: text.slice(begin), index: begin });
  return words;
}

/** A flag of an instruction: `--name=value`, `--name`. */
export interface Flag {
  readonly name: string;
  readonly value: string;
  readonly index: number;
}

/**
 * Takes the flags off the front of an instruction's arguments; quotes and backslashes in them are
 * resolved, whatever the escape token.
 *
 * @returns the flags, and the index where the other arguments begin
 * @see BuildKit, frontend/dockerfile/parser/split_command.go, extractBuilderFlags
 */
export function takeFlags(text: string, start: number): { flags: Flag[]; rest: number } {
  const flags: Flag[] = [];
  let i = start;
  for (;;) {
    while (i < text.length && IS_SPACE.test(text[i]!)) i++;
    if (!text.startsWith("--", i)) return { flags, rest: i };
    const index = i;
    let word = "";
    let quote = "";
    for (; i < text.length && (quote !== "" || !IS_SPACE.test(text[i]!)); i++) {
      const character = text[i]!;
      if (character === "\\") word += text[++i] ?? "";
      else if (character === quote) quote = "";
      else if (quote === "" && (character === '"' || character === "'")) quote = character;
      else word += character;
    }
    if (word === "--") return { flags, rest: skipSpace(text, i) };
    const [, name = "", value = ""] = /^--([^=]*)=?([^]*)$/.exec(word) ?? [];
    flags.push({ name, value, index });
  }
}

/** Index of the first character at or behind `index` that is not white space. */
export function skipSpace(text: string, index: number): number {
  while (index < text.length && IS_SPACE.test(text[index]!)) index++;
  return index;
}

/** A here-document that a word opens: `<<NAME`, `<<-"NAME"`, `3<<NAME`. */
export function readHeredocWord(
  word: string,
  escape: string,
): { name: string; stripsTabs: boolean } | undefined {
  const [, dash, quoted] = /^\d*<<(-?)([^<]+)$/.exec(word) ?? [];
  if (quoted === undefined) return undefined;
  let name = "";
  let quote = "";
  for (let i = 0; i < quoted.length; i++) {
    const character = quoted[i]!;
    if (character === escape && quote !== "'") name += quoted[++i] ?? "";
    else if (character === quote) quote = "";
    else if (quote === "" && (character === '"' || character === "'")) quote = character;
    else name += character;
  }
  return { name, stripsTabs: dash === "-" };
}

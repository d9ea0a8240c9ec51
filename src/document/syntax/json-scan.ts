import { readDecimal } from "../number.ts";
import { quote, type SourceText } from "../source-text.ts";

/** A literal whose JavaScript number is not what is handed over, and what is. */
export interface OddNumber {
  readonly start: number;
  readonly end: number;
  readonly replacement: number | string;
}

/** What one pass over JSON text finds out besides the values themselves. */
export interface JsonScan {
  readonly oddNumbers: readonly OddNumber[];
  /** The first fault that only well-formed text can have, to be thrown once the text proved to be. */
  readonly fault: Error | undefined;
}

/**
 * Numbers of one text that are replaced. Each costs some 100 bytes, so a file of `-0,` within the
 * input's bound could fill the memory.
 */
const MAX_ODD_NUMBERS = 1_000_000;

const QUOTE = 0x22;
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?$/;
const SURROGATE_ESCAPE = /\\u[dD][89a-fA-F]/;

/**
 * Walks over JSON text without recursion. Bounds the depth, and finds what `JSON.parse` lets through
 * or loses: duplicate keys, integers that a double rounds, numbers that overflow, -0 and lone
 * surrogates.
 *
 * @throws {PluginError} `document.too-deep`; `input.too-large` beyond 1,000,000 odd numbers
 */
export function scanJson(source: SourceText, start: number, end: number, depth: number): JsonScan {
  const { text } = source;
  const checksSurrogates = SURROGATE_ESCAPE.test(text.slice(start, end));
  const oddNumbers: OddNumber[] = [];
  // One set of keys for each level of nesting, used again by the objects that follow.
  const keySets: Set<string>[] = [];
  const inObject: boolean[] = [];
  let fault: Error | undefined;
  let wantsKey = false;

  for (let i = start; i < end; i++) {
    const code = text.charCodeAt(i);
    if (code === QUOTE) {
      const close = closingQuote(text, i, end);
      const raw = text.slice(i, close + 1);
      if (wantsKey) {
        wantsKey = false;
        const keys = keySets[inObject.length - 1]!;
        const key = raw.includes("\\") ? unescape(raw) : raw.slice(1, -1);
        if (keys.has(key)) {
          fault ??= source.fault(
            "document.duplicate-key",
            `Parsing JSON failed: the key ${quote(key)} stands twice in one object`,
            i,
          );
        }
        keys.add(key);
      }
      if (checksSurrogates && raw.includes("\\u") && /\p{Surrogate}/u.test(unescape(raw))) {
        fault ??= source.fault(
          "document.encoding",
          `Parsing JSON failed: the string ${quote(raw)} holds half of a surrogate pair`,
          i,
        );
      }
      i = close;
    } else if (code === 0x7b || code === 0x5b) { // { [
      if (inObject.length >= depth) {
        throw source.fault(
          "document.too-deep",
          `Parsing JSON failed: values are nested more than ${depth} deep`,
          i,
        );
      }
      wantsKey = code === 0x7b;
      const level = inObject.length;
      inObject.push(wantsKey);
      if (wantsKey) {
        const keys = keySets[level];
        if (keys === undefined) fillTo(keySets, level);
        else if (keys.size > 0) keys.clear();
      }
    } else if (code === 0x7d || code === 0x5d) { // } ]
      inObject.pop();
      wantsKey = false;
    } else if (code === 0x2c) { // ,
      wantsKey = inObject.at(-1) === true;
    } else if (code === 0x2d || (code >= 0x30 && code <= 0x39)) { // - 0-9
      const stop = numberEnd(text, i, end);
      // Up to 15 characters without an exponent are exact, and the shortest with one has three.
      if (
        !wantsKey &&
        (stop - i > 15 || code === 0x2d || (stop - i > 2 && hasExponent(text, i, stop)))
      ) {
        const odd = readNumber(source, i, stop);
        if (odd instanceof Error) fault ??= odd;
        else if (odd !== undefined && oddNumbers.push(odd) > MAX_ODD_NUMBERS) {
          throw source.fault(
            "input.too-large",
            `Parsing JSON failed: more than ${MAX_ODD_NUMBERS} numbers are -0 or beyond a double`,
            i,
          );
        }
      }
      i = stop - 1;
    }
  }
  return { oddNumbers, fault };
}

/** What is handed over in a literal's stead; an error where it overflows. */
function readNumber(source: SourceText, start: number, end: number): OddNumber | Error | undefined {
  const literal = source.text.slice(start, end);
  // A literal that JSON does not allow stays as it is, for `JSON.parse` to refuse.
  if (!NUMBER.test(literal)) return undefined;
  const replacement = readDecimal(literal);
  if (replacement === undefined) {
    return source.fault(
      "document.number-overflow",
      `Parsing JSON failed: the number ${quote(literal)} is beyond what a double can hold`,
      start,
    );
  }
  return Object.is(replacement, Number(literal)) ? undefined : { start, end, replacement };
}

function hasExponent(text: string, start: number, end: number): boolean {
  for (let i = start + 1; i < end; i++) {
    if ((text.charCodeAt(i) | 0x20) === 0x65) return true;
  }
  return false;
}

function fillTo(sets: Set<string>[], level: number): void {
  while (sets.length <= level) sets.push(new Set());
}

/** Offset of the quote that ends the string which begins at `open`; `end - 1` where none does. */
export function closingQuote(text: string, open: number, end: number): number {
  for (let i = text.indexOf('"', open + 1); i >= 0 && i < end; i = text.indexOf('"', i + 1)) {
    let backslashes = 0;
    while (text.charCodeAt(i - 1 - backslashes) === 0x5c) backslashes++;
    if (backslashes % 2 === 0) return i;
  }
  return end - 1;
}

/** Offset just behind the number that begins at `start`. */
export function numberEnd(text: string, start: number, end: number): number {
  for (let i = start + 1; i < end; i++) {
    const code = text.charCodeAt(i);
    const isDigit = code >= 0x30 && code <= 0x39;
    const isMark = code === 0x2b || code === 0x2d || code === 0x2e || (code | 0x20) === 0x65; // + - . e
    if (!isDigit && !isMark) return i;
  }
  return end;
}

/** The string that a JSON literal stands for; the literal itself where it is malformed. */
export function unescape(literal: string): string {
  try {
    return JSON.parse(literal) as string;
  } catch {
    return literal;
  }
}

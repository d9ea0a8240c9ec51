import type { Span } from "../tree.ts";
import { closingQuote, numberEnd, unescape } from "./json-scan.ts";

interface Step {
  readonly start: number;
  readonly value: number;
}

/**
 * Follows pointers through well-formed JSON text. The children of each container on the way are
 * noted, so that a thousand pointers into one list walk over it once.
 */
export class JsonLocator {
  readonly #text: string;
  readonly #start: number;
  readonly #end: number;
  readonly #children: Map<number, ReadonlyMap<string, Step>> = new Map();

  constructor(text: string, start: number, end: number) {
    this.#text = text;
    this.#start = start;
    this.#end = end;
  }

  locate(tokens: readonly string[]): Span {
    const root = this.#skipSpace(this.#start);
    let step: Step = { start: root, value: root };
    for (const token of tokens) {
      const next = this.#childrenAt(step.value).get(token);
      if (next === undefined) break;
      step = next;
    }
    return { ...step, end: this.#skipValue(step.value) };
  }

  #childrenAt(open: number): ReadonlyMap<string, Step> {
    let children = this.#children.get(open);
    if (children === undefined) {
      const bracket = this.#text[open];
      children = bracket === "{"
        ? this.#readMembers(open)
        : bracket === "["
        ? this.#readElements(open)
        : new Map<string, Step>();
      this.#children.set(open, children);
    }
    return children;
  }

  #readMembers(open: number): Map<string, Step> {
    const members = new Map<string, Step>();
    let at = this.#skipSpace(open + 1);
    while (this.#text[at] === '"') {
      const close = closingQuote(this.#text, at, this.#end);
      const colon = this.#skipSpace(close + 1);
      const value = this.#skipSpace(colon + 1);
      members.set(unescape(this.#text.slice(at, close + 1)), { start: at, value });
      at = this.#skipComma(this.#skipValue(value));
    }
    return members;
  }

  #readElements(open: number): Map<string, Step> {
    const elements = new Map<string, Step>();
    let at = this.#skipSpace(open + 1);
    while (this.#text[at] !== "]") {
      elements.set(String(elements.size), { start: at, value: at });
      at = this.#skipComma(this.#skipValue(at));
    }
    return elements;
  }

  #skipComma(at: number): number {
    const mark = this.#skipSpace(at);
    return this.#text[mark] === "," ? this.#skipSpace(mark + 1) : mark;
  }

  #skipSpace(at: number): number {
    while (at < this.#end && " \t\r\n".includes(this.#text[at]!)) at++;
    return at;
  }

  /** Offset just behind the value that begins at `at`. */
  #skipValue(at: number): number {
    const text = this.#text;
    let depth = 0;
    for (let i = at; i < this.#end; i++) {
      const code = text.charCodeAt(i);
      if (code === 0x22) i = closingQuote(text, i, this.#end);
      else if (code === 0x7b || code === 0x5b) depth++;
      else if (code === 0x7d || code === 0x5d) depth--;
      else if (depth > 0) continue;
      else if (code >= 0x61) return this.#wordEnd(i);
      else return numberEnd(text, i, this.#end);
      if (depth === 0) return i + 1;
    }
    return this.#end;
  }

  #wordEnd(at: number): number {
    while (/[a-z]/.test(this.#text[at] ?? "")) at++;
    return at;
  }
}

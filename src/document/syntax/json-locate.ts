import type { Span } from "../tree.ts";
import { closingQuote, numberEnd, unescape } from "./json-scan.ts";

interface Step {
  readonly start: number;
  readonly value: number;
}

/** Children of one container whose places are kept. */
const MAX_NOTED = 100_000;

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
      const next = this.#find(step.value, token);
      if (next === undefined) break;
      step = next;
    }
    return { ...step, end: this.#skipValue(step.value) };
  }

  /** A child of the container that begins at `open`. */
  #find(open: number, token: string): Step | undefined {
    const known = this.#children.get(open);
    if (known !== undefined) return known.get(token);
    const children = new Map<string, Step>();
    for (const [name, step] of this.#walk(open)) {
      // A container beyond all measure is walked again rather than noted.
      if (children.size === MAX_NOTED) {
        return children.get(token) ?? this.#search(open, token);
      }
      children.set(name, step);
    }
    this.#children.set(open, children);
    return children.get(token);
  }

  #search(open: number, token: string): Step | undefined {
    for (const [name, step] of this.#walk(open)) {
      if (name === token) return step;
    }
    return undefined;
  }

  /** The children of a container, by the token that leads to each; none of any other value. */
  *#walk(open: number): Generator<[string, Step]> {
    const bracket = this.#text[open];
    if (bracket !== "{" && bracket !== "[") return;
    let at = this.#skipSpace(open + 1);
    for (let index = 0; this.#text[at] !== "}" && this.#text[at] !== "]"; index++) {
      let name = String(index);
      let value = at;
      if (bracket === "{") {
        const close = closingQuote(this.#text, at, this.#end);
        name = unescape(this.#text.slice(at, close + 1));
        value = this.#skipSpace(this.#skipSpace(close + 1) + 1);
      }
      yield [name, { start: at, value }];
      at = this.#skipComma(this.#skipValue(value));
    }
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

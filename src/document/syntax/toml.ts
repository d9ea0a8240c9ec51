import { type AST, ParseError, parseTOML } from "toml-eslint-parser";
import { isJsonObject, type JsonObject, type JsonValue } from "../../json.ts";
import { exactInteger, readDecimal } from "../number.ts";
import { getMember, setMember } from "../own-member.ts";
import { quote, type SourceText } from "../source-text.ts";
import type { Span, Tree, TreeLimits } from "../tree.ts";

/** The library keeps every token as an object; a file of commas alone would fill the memory. */
const MAX_SEPARATORS = 400_000;

/**
 * Parses a TOML 1.0 file. Dates and times stay text as written; integers beyond 2^53-1 become their
 * digits.
 *
 * @returns undefined where the file holds no key
 * @throws {PluginError} `document.malformed`, `.duplicate-key`, `.number-overflow`, `.too-deep`;
 * `input.too-large` beyond 400,000 separators
 * @see TOML 1.0.0
 */
export function parseToml(source: SourceText, limits: TreeLimits): Tree | undefined {
  boundTokens(source, limits);
  const [top] = parse(source).body;
  if (top.body.length === 0) return undefined;
  const conversion = new TomlConversion(source, limits);
  const value = conversion.convertTop(top);
  return { value, locate: (tokens) => locate(conversion.spans(top), tokens) };
}

/** The library walks values by recursion, so what it gets is bounded before it sees it. */
function boundTokens(source: SourceText, limits: TreeLimits): void {
  const { text } = source;
  let depth = 0;
  let separators = 0;
  for (let i = 0; i < text.length; i++) {
    const character = text[i]!;
    if (character === '"' || character === "'") {
      i = tomlStringEnd(text, i) - 1;
      continue;
    }
    if (character === "#") {
      i = indexOrEnd(text, "\n", i) - 1;
      continue;
    }
    if (character === "[" || character === "{") depth++;
    else if (character === "]" || character === "}") depth = Math.max(0, depth - 1);
    else if (character === "," || character === "=" || character === "\n") separators++;
    // The brackets of a table's header are no values, hence two more.
    if (depth > limits.depth + 2) throw tooDeep(source, limits, i);
    if (separators > MAX_SEPARATORS) {
      throw source.fault(
        "input.too-large",
        `Parsing TOML failed: the file has more than ${MAX_SEPARATORS} separators`,
        i,
      );
    }
  }
}

/**
 * Offset just behind the string that begins at `open`. One that nothing closes ends with its line,
 * over several lines with the file, so that no character is looked at twice.
 */
function tomlStringEnd(text: string, open: number): number {
  const quotes = text[open]!;
  const isLong = text.startsWith(quotes.repeat(3), open);
  const close = isLong ? quotes.repeat(3) : quotes;
  for (let i = open + close.length; i < text.length; i++) {
    if (text[i] === "\\" && quotes === '"') i++;
    else if (text[i] === "\n" && !isLong) return i;
    else if (text.startsWith(close, i)) {
      i += close.length;
      // Up to two quotes may stand right before the three that close.
      for (let more = 0; isLong && more < 2 && text[i] === quotes; more++) i++;
      return i;
    }
  }
  return text.length;
}

function indexOrEnd(text: string, wanted: string, from: number): number {
  const index = text.indexOf(wanted, from);
  return index < 0 ? text.length : index;
}

function tooDeep(source: SourceText, limits: TreeLimits, offset: number): Error {
  return source.fault(
    "document.too-deep",
    `Parsing TOML failed: values are nested more than ${limits.depth} deep`,
    offset,
  );
}

function parse(source: SourceText): AST.TOMLProgram {
  try {
    return parseTOML(source.text, { tomlVersion: "1.0.0" });
  } catch (cause) {
    if (!(cause instanceof ParseError)) throw cause;
    const isDuplicate = /multiple times/i.test(cause.message);
    throw source.fault(
      isDuplicate ? "document.duplicate-key" : "document.malformed",
      `Parsing TOML failed: ${cause.message}`,
      cause.index,
      cause,
    );
  }
}

type Path = readonly (string | number)[];

class TomlConversion {
  readonly #source: SourceText;
  readonly #limits: TreeLimits;

  constructor(source: SourceText, limits: TreeLimits) {
    this.#source = source;
    this.#limits = limits;
  }

  convertTop(top: AST.TOMLTopLevelTable): JsonObject {
    const root: JsonObject = {};
    for (const item of top.body) {
      if (item.type === "TOMLKeyValue") {
        this.#set(root, item, 1);
      } else {
        this.#checkDepth(item.resolvedKey.length + 1, item);
        const table = reach(root, item.resolvedKey);
        for (const pair of item.body) this.#set(table, pair, item.resolvedKey.length + 1);
      }
    }
    return root;
  }

  /** Every key's place by its pointer's steps, joined by NUL, which no TOML text holds. */
  spans(top: AST.TOMLTopLevelTable): Map<string, Span> {
    const spans = new Map<string, Span>();
    for (const item of top.body) {
      if (item.type === "TOMLKeyValue") {
        addPair(spans, [], item);
      } else {
        addKeys(spans, item.resolvedKey, item.key, item.range);
        for (const pair of item.body) addPair(spans, item.resolvedKey, pair);
      }
    }
    return spans;
  }

  #set(table: JsonObject, pair: AST.TOMLKeyValue, depth: number): void {
    const path = pair.key.keys.map(keyName);
    this.#checkDepth(depth + path.length - 1, pair);
    const owner = reach(table, path.slice(0, -1));
    setMember(owner, path.at(-1)!, this.#convert(pair.value, depth + path.length - 1));
  }

  #convert(node: AST.TOMLContentNode, depth: number): JsonValue {
    if (node.type === "TOMLArray") {
      this.#checkDepth(depth + 1, node);
      return node.elements.map((element) => this.#convert(element, depth + 1));
    }
    if (node.type === "TOMLInlineTable") {
      this.#checkDepth(depth + 1, node);
      const table: JsonObject = {};
      for (const pair of node.body) this.#set(table, pair, depth + 1);
      return table;
    }
    if (node.kind === "string" || node.kind === "boolean") return node.value;
    if (node.kind !== "integer" && node.kind !== "float") {
      return this.#source.text.slice(...node.range);
    }
    const number = node.kind === "integer"
      ? exactInteger(node.bigint)
      : readDecimal(node.number.replaceAll("_", ""));
    if (number !== undefined) return number;
    throw this.#source.fault(
      "document.number-overflow",
      `Parsing TOML failed: the number ${quote(node.number)} is not one that JSON can hold`,
      node.range[0],
    );
  }

  #checkDepth(depth: number, node: AST.TOMLNode): void {
    if (depth > this.#limits.depth) throw tooDeep(this.#source, this.#limits, node.range[0]);
  }
}

function keyName(key: AST.TOMLBare | AST.TOMLQuoted): string {
  return key.type === "TOMLBare" ? key.name : key.value;
}

/** The table at `path`; what is not there yet is made, as `[a.b]` and `a.b = 1` do. */
function reach(root: JsonObject, path: Path): JsonObject {
  let here: JsonValue = root;
  for (const [index, step] of path.entries()) {
    const fresh: JsonValue = typeof path[index + 1] === "number" ? [] : {};
    if (Array.isArray(here)) {
      here = here[Number(step)] ??= fresh;
    } else {
      let next: JsonValue | undefined = getMember(here, String(step));
      if (next === undefined) {
        next = fresh;
        setMember(here as JsonObject, String(step), next);
      }
      here = next;
    }
  }
  // The parser has refused every key that would reach through something else.
  if (!isJsonObject(here)) throw new TypeError(`no table at ${path.join(".")}`);
  return here;
}

function addPair(spans: Map<string, Span>, owner: Path, pair: AST.TOMLKeyValue): void {
  const path = addKeys(
    spans,
    [...owner, ...pair.key.keys.map(keyName)],
    pair.key,
    pair.value.range,
  );
  addValue(spans, path, pair.value);
}

function addValue(spans: Map<string, Span>, path: Path, node: AST.TOMLContentNode): void {
  if (node.type === "TOMLInlineTable") {
    for (const pair of node.body) addPair(spans, path, pair);
  } else if (node.type === "TOMLArray") {
    for (const [index, element] of node.elements.entries()) {
      const [value, end] = element.range;
      spans.set([...path, index].join("\0"), { start: value, value, end });
      addValue(spans, [...path, index], element);
    }
  }
}

/** Gives each step that a written key makes its place; the first table to name one keeps it. */
function addKeys(
  spans: Map<string, Span>,
  path: Path,
  key: AST.TOMLKey,
  range: readonly [number, number],
): Path {
  const names = key.keys.map(keyName);
  let written = names.length;
  for (let length = path.length; length > 0 && written > 0; length--) {
    const isIndex = typeof path[length - 1] === "number";
    const node = key.keys[isIndex ? written - 1 : --written]!;
    const id = path.slice(0, length).join("\0");
    const isWhole = length === path.length;
    if (!spans.has(id) || isWhole) {
      spans.set(id, {
        start: node.range[0],
        value: isWhole ? range[0] : node.range[0],
        end: range[1],
      });
    }
  }
  return path;
}

function locate(spans: ReadonlyMap<string, Span>, tokens: readonly string[]): Span {
  for (let length = tokens.length; length > 0; length--) {
    const span = spans.get(tokens.slice(0, length).join("\0"));
    if (span !== undefined) return span;
  }
  return { start: 0, value: 0, end: 0 };
}

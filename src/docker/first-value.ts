import { foldBody } from "../document/recognise/go-fold.ts";
import type { Shape } from "../document/recognise/docker-schema.ts";
import { SourceText } from "../document/source-text.ts";
import { closingQuote } from "../document/syntax/json-scan.ts";
import { parseJson } from "../document/syntax/json.ts";
import type { JsonValue } from "../json.ts";
import { LIMITS } from "../limits.ts";
import { PluginError } from "../plugin-error.ts";

/**
 * Reads the first JSON value of what Go would give to a `json.Decoder`: what stands behind it does not
 * count, ill-formed UTF-8 is replaced, and fields of `shape` may be spelled in any case. Stricter than Go
 * where it would lose something: a field twice is an error, whatever its case, and so is a number that
 * overflows; an integer that a double would round is its digits, as a string.
 *
 * @param fail Makes the error of the reason.
 */
export function readFirstValue(
  bytes: Uint8Array,
  what: string,
  shape: Shape,
  fail: (why: string) => Error,
): JsonValue {
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  const start = text.search(/[^ \t\r\n]/);
  if (start === -1) throw fail("it is empty");
  return foldBody(parse(text, start, what, fail), shape, (steps, field) => {
    throw fail(`"${steps.join(".")}" stands for "${field}", which stands there already`);
  });
}

function parse(text: string, start: number, what: string, fail: (why: string) => Error): JsonValue {
  try {
    return parseJson(new SourceText(what, text), LIMITS, start, valueEnd(text, start)).value;
  } catch (error) {
    throw fail(PluginError.from(error).message);
  }
}

/** Offset just behind the value that begins at `start`; the end of the text where it is malformed. */
function valueEnd(text: string, start: number): number {
  const first = text[start]!;
  if (first === '"') return closingQuote(text, start, text.length) + 1;
  if (first !== "{" && first !== "[") {
    const length = text.slice(start).search(/[\s,:"[\]{}]/);
    return length <= 0 ? text.length : start + length;
  }
  let depth = 0;
  for (let i = start; i < text.length; i++) {
    const char = text[i]!;
    if (char === '"') i = closingQuote(text, i, text.length);
    else if (char === "{" || char === "[") depth++;
    else if ((char === "}" || char === "]") && --depth === 0) return i + 1;
  }
  return text.length;
}

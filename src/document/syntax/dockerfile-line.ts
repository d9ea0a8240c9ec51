import type { SourceText } from "../source-text.ts";

/** One line of the file, without its line break. */
interface PhysicalLine {
  readonly text: string;
  readonly offset: number;
}

/** A line of a Dockerfile as its parser sees it: continuations joined, comments between them gone. */
export interface LogicalLine {
  readonly text: string;
  /** Where the character at `index` stands in the file. */
  offsetAt(index: number): number;
}

/** What Go's `unicode.IsSpace` takes for white space. */
export const SPACE =
  "[\\t\\n\\v\\f\\r \\u0085\\u00A0\\u1680\\u2000-\\u200A\\u2028\\u2029\\u202F\\u205F\\u3000]";
const LEADING_SPACE = new RegExp(`^${SPACE}+`);
/** On a line whose end is trimmed, since a pattern for that end would try each of its spaces. */
const DIRECTIVE = /^#[\t\n\f\r ]*([a-zA-Z][a-zA-Z0-9]*)[\t\n\f\r ]*=[\t\n\f\r ]*([^]+)$/;

/**
 * Reads the lines of a Dockerfile: parser directives, comments, continuations and the bodies of
 * here-documents.
 *
 * @see BuildKit, frontend/dockerfile/parser/parser.go
 */
export class DockerfileLines {
  /** `syntax`, `escape` and `check`, as the head of the file sets them. */
  readonly directives: { readonly [name: string]: string };
  readonly escape: string;
  readonly #source: SourceText;
  readonly #lines: PhysicalLine[] = [];
  readonly #continuation: RegExp;
  #at = 0;

  constructor(source: SourceText) {
    this.#source = source;
    for (const match of source.text.matchAll(/[^\n]*(?:\n|$)/g)) {
      if (match[0] !== "") {
        this.#lines.push({ text: trimEndOf(match[0], "\r\n"), offset: match.index });
      }
    }
    this.directives = this.#readDirectives();
    this.escape = this.directives["escape"] ?? "\\";
    const token = `\\${this.escape}`;
    // An escaped escape token at the end of a line does not continue it.
    this.#continuation = new RegExp(`(^|[^${token}])${token}[ \\t]*$`);
  }

  /** The next line that is neither blank nor a comment; undefined at the end of the file. */
  next(): LogicalLine | undefined {
    let text = "";
    const pieces: { readonly index: number; readonly offset: number }[] = [];
    for (; this.#at < this.#lines.length; this.#at++) {
      const line = this.#lines[this.#at]!;
      const indent = LEADING_SPACE.exec(line.text)?.[0].length ?? 0;
      if (indent === line.text.length || line.text[indent] === "#") continue;
      // Only an instruction's first line loses its indent.
      const skip = pieces.length === 0 ? indent : 0;
      const body = line.text.slice(skip);
      pieces.push({ index: text.length, offset: line.offset + skip });
      const isContinued = this.#continuation.test(body);
      text += isContinued ? body.replace(this.#continuation, "$1") : body;
      if (!isContinued) {
        this.#at++;
        break;
      }
    }
    return pieces.length === 0 ? undefined : { text, offsetAt: (index) => offsetIn(pieces, index) };
  }

  /** The body of a here-document that begins at the next line; undefined where nothing ends it. */
  readHeredoc(name: string, stripsTabs: boolean): string | undefined {
    let body = "";
    for (; this.#at < this.#lines.length; this.#at++) {
      const { text } = this.#lines[this.#at]!;
      const line = stripsTabs ? text.replace(/^\t+/, "") : text;
      if (line === name) {
        this.#at++;
        return body;
      }
      body += `${line}\n`;
    }
    return undefined;
  }

  #readDirectives(): { readonly [name: string]: string } {
    const directives: { [name: string]: string } = {};
    for (const line of this.#lines) {
      const [, key, value] = DIRECTIVE.exec(
        trimEndOf(line.text.replace(LEADING_SPACE, ""), "\t\n\f\r "),
      ) ?? [];
      const name = key?.toLowerCase();
      if (value === undefined || (name !== "syntax" && name !== "escape" && name !== "check")) {
        break;
      }
      if (directives[name] !== undefined) {
        throw this.#source.fault(
          "document.malformed",
          `Parsing the Dockerfile failed: the directive "${name}" stands twice`,
          line.offset,
        );
      }
      if (name === "escape" && value !== "\\" && value !== "`") {
        throw this.#source.fault(
          "document.malformed",
          `Parsing the Dockerfile failed: the escape token is ${JSON.stringify(value)}, ` +
            "a backslash or a backtick is wanted",
          line.offset,
        );
      }
      directives[name] = value;
    }
    return directives;
  }
}

/** `text` without what of `characters` it ends with. */
function trimEndOf(text: string, characters: string): string {
  let end = text.length;
  while (end > 0 && characters.includes(text[end - 1]!)) end--;
  return text.slice(0, end);
}

function offsetIn(
  pieces: readonly { readonly index: number; readonly offset: number }[],
  index: number,
): number {
  let low = 0;
  let high = pieces.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (pieces[middle]!.index <= index) low = middle;
    else high = middle - 1;
  }
  const piece = pieces[low]!;
  return piece.offset + index - piece.index;
}

/** Where JSON text stops being JSON, and what is wrong there. */
export interface JsonFault {
  readonly offset: number;
  readonly problem: string;
}

const NUMBER_OR_WORD =
  /(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?|true|false|null)(?![\w.+-])/y;

type State = "value" | "first-element" | "first-key" | "key" | "colon" | "after";

const WANTED: Record<State, string> = {
  "value": "a value is wanted",
  "first-element": 'a value or "]" is wanted',
  "first-key": 'a key in double quotes or "}" is wanted',
  "key": "a key in double quotes is wanted",
  "colon": '":" is wanted',
  "after": '"," or the closing bracket is wanted',
};

/**
 * Finds the first fault of text that `JSON.parse` refused. The engines word and place their errors
 * differently; reports must not depend on them.
 *
 * @see RFC 8259
 */
export function findJsonFault(text: string, start: number, end: number): JsonFault {
  const open: ("{" | "[")[] = [];
  let state: State = "value";
  let at = start;
  for (;;) {
    while (at < end && " \t\r\n".includes(text[at]!)) at++;
    if (at >= end) return { offset: end, problem: "the text ends too early" };
    if (state === "after" && open.length === 0) {
      return { offset: at, problem: "something follows the value" };
    }
    const character = text[at]!;
    const next = follow(state, character, open);
    if (next === undefined) {
      return { offset: at, problem: `${nameToken(text, at)} is not expected, ${WANTED[state]}` };
    }
    if (character === '"') {
      const fault = findStringFault(text, at, end);
      if (typeof fault !== "number") return fault;
      at = fault;
    } else if ("{}[],:".includes(character)) {
      at++;
    } else {
      NUMBER_OR_WORD.lastIndex = at;
      if (!NUMBER_OR_WORD.test(text)) {
        return { offset: at, problem: `${nameToken(text, at)} is not expected, ${WANTED[state]}` };
      }
      at = NUMBER_OR_WORD.lastIndex;
    }
    state = next;
  }
}

/** The state behind a token that begins with `character`; undefined where none may. */
function follow(state: State, character: string, open: ("{" | "[")[]): State | undefined {
  switch (state) {
    case "colon":
      return character === ":" ? "value" : undefined;
    case "key":
    case "first-key":
      if (character === '"') return "colon";
      return state === "first-key" && character === "}" ? close(open) : undefined;
    case "after": {
      const inObject = open.at(-1) === "{";
      if (character === ",") return inObject ? "key" : "value";
      return character === (inObject ? "}" : "]") ? close(open) : undefined;
    }
    case "value":
    case "first-element":
      if (character === "{" || character === "[") {
        open.push(character);
        return character === "{" ? "first-key" : "first-element";
      }
      if (character === "]" && state === "first-element") return close(open);
      return "}],:".includes(character) ? undefined : "after";
  }
}

function close(open: ("{" | "[")[]): State {
  open.pop();
  return "after";
}

/** Offset behind the string that begins at `open`, or what is wrong in it. */
function findStringFault(text: string, open: number, end: number): number | JsonFault {
  for (let i = open + 1; i < end; i++) {
    const code = text.charCodeAt(i);
    if (code === 0x22) return i + 1;
    if (code < 0x20) {
      return { offset: i, problem: "a string holds a bare control character" };
    }
    if (code === 0x5c) {
      const escape = /^\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/.exec(text.slice(i, i + 6))?.[0];
      if (escape === undefined) return { offset: i, problem: "a string holds an unknown escape" };
      i += escape.length - 1;
    }
  }
  return { offset: open, problem: "a string is not closed" };
}

function nameToken(text: string, offset: number): string {
  const word = /^[\w.+-]+/.exec(text.slice(offset, offset + 40))?.[0];
  return JSON.stringify(word ?? String.fromCodePoint(text.codePointAt(offset)!));
}

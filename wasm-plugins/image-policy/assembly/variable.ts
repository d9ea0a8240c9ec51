import { isDigit, isLetter } from "cofferdam/assembly/ascii";

/** What stands for a variable: text, or null where nobody here can tell. */
export class Variables {
  private readonly values: Map<string, string> = new Map<string, string>();
  /** Names that the builder sets itself, so that their defaults do not count. */
  private readonly foreign: Set<string> = new Set<string>();

  /** @param hidesAll Whether every variable has a value that is known elsewhere only. */
  constructor(private readonly hidesAll: bool = false) {}

  set(name: string, value: string): void {
    this.values.set(name, value);
  }

  /** `name` has a value that is known elsewhere only. */
  setForeign(name: string): void {
    this.foreign.add(name);
    this.values.delete(name);
  }

  has(name: string): bool {
    return this.values.has(name);
  }

  get(name: string): string {
    return this.values.get(name);
  }

  isForeign(name: string): bool {
    return this.hidesAll || this.foreign.has(name);
  }
}

/**
 * The text of a value in a compose file. No variable is known: `$TAG` has no value, `$$` is a dollar,
 * and `${TAG:-1.27}` is `1.27` only for who trusts that nobody sets TAG. Compose takes variables also
 * from the file `.env` beside the compose file, which may come from the same hands.
 *
 * @returns null where it depends on a variable.
 * @see https://github.com/compose-spec/compose-spec/blob/main/12-interpolation.md
 */
export function interpolate(text: string, trustsDefaults: bool): string | null {
  return text.indexOf("$") < 0 ? text : expand(text, new Variables(!trustsDefaults), true);
}

/**
 * The text of a word in a Dockerfile: variables replaced, quotes taken off.
 *
 * @returns null where it depends on something unknown, or is written in a way that is not read here.
 * @see https://docs.docker.com/reference/dockerfile/#environment-replacement
 */
export function expandWord(word: string, variables: Variables): string | null {
  let text = word;
  const first = text.charAt(0);
  if (text.length > 1 && (first == '"' || first == "'") && text.endsWith(first)) {
    text = text.slice(1, -1);
    if (first == "'" && text.indexOf("'") < 0) return text;
  }
  if (text.indexOf("\\") >= 0 || text.indexOf('"') >= 0 || text.indexOf("'") >= 0) return null;
  return text.indexOf("$") < 0 ? text : expand(text, variables, false);
}

function expand(text: string, variables: Variables, hasDollarEscape: bool): string | null {
  let out = "";
  let at = 0;
  while (at < text.length) {
    const dollar = text.indexOf("$", at);
    if (dollar < 0) return out + text.slice(at);
    out += text.slice(at, dollar);
    at = dollar + 1;
    if (hasDollarEscape && text.charAt(at) == "$") {
      out += "$";
      at++;
      continue;
    }
    const isBraced = text.charAt(at) == "{";
    if (isBraced) at++;
    const name = text.slice(at, nameEnd(text, at));
    at += name.length;
    let operation = "";
    if (isBraced) {
      const end = closingBrace(text, at);
      if (end < 0) return null;
      operation = text.slice(at, end);
      at = end + 1;
    }
    const value = substitute(name, operation, variables, hasDollarEscape);
    if (value === null) return null;
    out += value;
  }
  return out;
}

/** @param operation What stands between the name and the closing brace: `:-default`. */
function substitute(
  name: string,
  operation: string,
  variables: Variables,
  hasDollarEscape: bool,
): string | null {
  if (name == "" || variables.isForeign(name)) return null;
  const isKnown = variables.has(name);
  const value = isKnown ? variables.get(name) : "";
  if (operation == "") return isKnown ? value : null;
  const treatsEmptyAsUnset = operation.startsWith(":");
  const sign = operation.charAt(treatsEmptyAsUnset ? 1 : 0);
  const isSet = isKnown && !(treatsEmptyAsUnset && value == "");
  const word = operation.slice(treatsEmptyAsUnset ? 2 : 1);
  if (sign == "-") return isSet ? value : expand(word, variables, hasDollarEscape);
  if (sign == "?") return isSet ? value : null;
  // An unknown variable may well be set by whoever runs this.
  if (sign == "+" && isKnown) return isSet ? expand(word, variables, hasDollarEscape) : "";
  return null;
}

function nameEnd(text: string, from: i32): i32 {
  let at = from;
  while (at < text.length) {
    const c = text.charCodeAt(at);
    if (c != 0x5f && !isLetter(c) && (at == from || !isDigit(c))) break;
    at++;
  }
  return at;
}

/** The brace that closes the one before `from`, -1 if there is none. */
function closingBrace(text: string, from: i32): i32 {
  let depth = 1;
  for (let at = from; at < text.length; at++) {
    const c = text.charCodeAt(at);
    if (c == 0x7b) depth++;
    else if (c == 0x7d && --depth == 0) return at;
  }
  return -1;
}

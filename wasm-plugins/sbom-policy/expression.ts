import parse from "spdx-expression-parse";
import { spellId } from "./license-ids.ts";
import { quote } from "./quote.ts";
import { type Term, toTerm } from "./term.ts";

/** A licence expression, or a part of one. */
export type Expression =
  | Term
  | { readonly operator: "and" | "or"; readonly left: Expression; readonly right: Expression };

/** Why a text is no expression, for people. */
export interface Fault {
  readonly fault: string;
}

/** Bounds of what is parsed: the parser calls itself for each operator and each parenthesis. */
const MAX_LENGTH = 4_096;
const MAX_OPERATORS = 150;
const MAX_DEPTH = 20;

const WORD = /[A-Za-z0-9.-]+/g;
const OPERATOR = /^(?:AND|OR|WITH)$/i;
const REFERENCE = /^(?:Document|License)Ref-[A-Za-z0-9.-]+$/;

/**
 * Reads an SPDX licence expression.
 *
 * @see SPDX 2.3, annex D
 */
export function readExpression(text: string): Expression | Fault {
  if (text.length > MAX_LENGTH) return { fault: `it has more than ${MAX_LENGTH} characters` };
  const stranger = /[^A-Za-z0-9.\-+(): \t\r\n]/u.exec(text);
  if (stranger) return { fault: `${quote(stranger[0])} has no place in an expression` };

  // The parser wants ids in SPDX's spelling, and finds words within words ("ORMIT" is OR and MIT).
  let fault: string | undefined;
  let operators = 0;
  const spelled = text.replace(/\s/g, " ").replace(WORD, (word) => {
    if (OPERATOR.test(word)) {
      operators++;
      return word.toUpperCase();
    }
    if (REFERENCE.test(word)) return word;
    const id = spellId(word);
    if (id === undefined) fault ??= `${quote(word)} is no SPDX id`;
    return id ?? word;
  });
  if (fault !== undefined) return { fault };
  if (operators > MAX_OPERATORS) return { fault: `it has more than ${MAX_OPERATORS} operators` };
  if (depthOf(spelled) > MAX_DEPTH) return { fault: `it nests more than ${MAX_DEPTH} deep` };
  try {
    return convert(parse(spelled));
  } catch (error) {
    // What the parser says itself is a plain error; each engine has its own words for the others.
    const { name, message } = error as Error;
    return { fault: name === "Error" && message !== "" ? message : "it is incomplete" };
  }
}

/** How many parentheses are open at most. */
function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (const character of text) {
    if (character === "(") deepest = Math.max(deepest, ++depth);
    else if (character === ")") depth--;
  }
  return deepest;
}

function convert(node: parse.Info): Expression {
  if ("conjunction" in node) {
    return { operator: node.conjunction, left: convert(node.left), right: convert(node.right) };
  }
  return toTerm(node);
}

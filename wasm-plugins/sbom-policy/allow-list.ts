import { type Expression, type Fault, readExpression } from "./expression.ts";
import { compareVersions, type Term } from "./term.ts";

/** The licences that an operator allows. */
export class AllowList {
  readonly #terms = new Map<string, Term[]>();

  /** Set by "*". */
  everything = false;

  /**
   * Adds an entry: one licence, "Apache-1.1+" for each version from 1.1 on, or one with an exception.
   *
   * @returns why it is not one
   */
  add(entry: string): Fault | undefined {
    if (entry === "*") {
      this.everything = true;
      return undefined;
    }
    const expression = readExpression(entry);
    if ("fault" in expression) return expression;
    if ("operator" in expression) return { fault: "an entry is one licence, without AND and OR" };
    const terms = this.#terms.get(keyOf(expression));
    if (terms === undefined) this.#terms.set(keyOf(expression), [expression]);
    else terms.push(expression);
    return undefined;
  }

  /** Whether an entry allows a licence, or one of the versions that it lets one choose. */
  covers(term: Term): boolean {
    return this.everything ||
      (this.#terms.get(keyOf(term)) ?? []).some((entry) => overlap(entry, term));
  }
}

/** With another exception, or without, it is another licence. */
function keyOf({ family, exception }: Term): string {
  return exception === undefined ? family : `${family} WITH ${exception}`;
}

/** Whether two licences of one family have a version in common. */
function overlap(a: Term, b: Term): boolean {
  const order = compareVersions(a.version, b.version);
  if (a.orLater && b.orLater) return true;
  if (a.orLater) return order <= 0;
  if (b.orLater) return order >= 0;
  return order === 0;
}

/**
 * What keeps an expression from being allowed: of AND each side must be, of OR one.
 *
 * @returns none where it is allowed
 */
export function obstacles(
  expression: Expression,
  isAllowed: (term: Term) => boolean,
): readonly Term[] {
  if (!("operator" in expression)) return isAllowed(expression) ? [] : [expression];
  const left = obstacles(expression.left, isAllowed);
  if (left.length === 0 && expression.operator === "or") return [];
  const right = obstacles(expression.right, isAllowed);
  if (right.length === 0 && expression.operator === "or") return [];
  return [...left, ...right];
}

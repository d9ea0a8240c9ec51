import { obstacles } from "./allow-list.ts";
import { type Expression, type Fault, readExpression } from "./expression.ts";
import { describe, type Item, type Listing, type Role, type Statement } from "./item.ts";
import { quote, shorten } from "./quote.ts";
import type { Reasons } from "./reasons.ts";
import type { Settings } from "./settings.ts";
import type { Term } from "./term.ts";

/** What a text says of a licence. */
type Finding =
  | "allowed"
  | "missing"
  /** The rule that is broken, and what to say behind the licence. */
  | { readonly rule: "license-allowed" | "license-readable"; readonly says: string };

/** Judges what items say about their licences. Each text is read once, however many say it. */
export class LicenseJudge {
  readonly #settings: Settings;
  readonly #explained: Listing["explained"];
  readonly #reasons: Reasons;
  readonly #known: Readonly<Record<Statement["form"], Map<string, Finding>>> = {
    expression: new Map(),
    id: new Map(),
    name: new Map(),
  };

  constructor(settings: Settings, explained: Listing["explained"], reasons: Reasons) {
    this.#settings = settings;
    this.#explained = explained;
    this.#reasons = reasons;
  }

  /** The document's own licence need not be on the list, but nobody may have to guess it. */
  judgeOwn(statements: readonly Statement[]): void {
    for (const { text, form, path } of statements) {
      const finding = this.#find(text, form);
      if (typeof finding === "string" || finding.rule !== "license-readable") continue;
      const write = () => `The document itself has the licence ${quote(text, 200)}${finding.says}.`;
      this.#reasons.add(finding.rule, "error", path, write);
    }
  }

  /** Adds a reason for each licence of an item that is not allowed, or for there being none. */
  judge(item: Item, role: Role): void {
    const statements = relevant(item.statements, this.#settings.licenseFrom);
    let isStated = false;
    let missing: string | undefined;
    for (const { text, form, path } of statements) {
      const finding = this.#find(text, form);
      if (finding === "missing") {
        missing ??= path;
        continue;
      }
      isStated = true;
      if (finding === "allowed") continue;
      const write = () => `${describe(item)} has the licence ${quote(text, 200)}${finding.says}.`;
      this.#reasons.add(finding.rule, "error", path, write);
    }
    if (!isStated || missing !== undefined) this.#missing(item, role, missing ?? item.path);
  }

  #missing(item: Item, role: Role, path: string): void {
    const severity = this.#settings.missing[role];
    if (severity === "off") return;
    const write = () => `${describe(item)} does not say under which licence it may be used.`;
    this.#reasons.add("license-stated", severity, path, write);
  }

  #find(text: string, form: Statement["form"]): Finding {
    const known = this.#known[form];
    const before = known.get(text);
    if (before !== undefined) return before;
    const finding = isMissing(text) ? "missing" : this.#look(text, form);
    known.set(text, finding);
    return finding;
  }

  #look(text: string, form: Statement["form"]): Finding {
    const expression = this.#settings.aliases.get(text.trim()) ?? read(text, form);
    if ("fault" in expression) {
      // A name need not be SPDX's, but then nothing that the operator lists can be it.
      if (form !== "name") {
        return { rule: "license-readable", says: `, which cannot be read: ${expression.fault}` };
      }
      if (this.#settings.allowed.everything) return "allowed";
      return { rule: "license-allowed", says: ", which is neither SPDX's nor an alias" };
    }
    const terms = obstacles(
      expression,
      (term) => this.#settings.allowed.covers(term) && this.#isExplained(term),
    );
    if (terms.length === 0) return "allowed";
    const names = [...new Set(terms.map((term) => this.#name(term)))];
    if (names[0] === text) return { rule: "license-allowed", says: ", which is not allowed" };
    const shown = names.slice(0, 5).join(", ");
    const more = names.length > 5 ? ` and ${names.length - 5} more` : "";
    return { rule: "license-allowed", says: `; not allowed is ${shown}${more}` };
  }

  /** Where a document must explain its own licences, one that it does not explain may be anything. */
  #isExplained({ family }: Term): boolean {
    return !family.startsWith("LicenseRef-") || this.#explained === undefined ||
      this.#explained.has(family);
  }

  #name(term: Term): string {
    const text = shorten(term.text, 100);
    if (!this.#isExplained(term)) return `${text}, which this document does not explain`;
    const name = this.#explained?.get(term.family);
    return name === undefined ? text : `${text} (${quote(name, 60)})`;
  }
}

/** An id is a single licence, whatever a parser would take. */
function read(text: string, form: Statement["form"]): Expression | Fault {
  const expression = readExpression(text);
  return form === "id" && "operator" in expression
    ? { fault: "it is an expression where an id is wanted" }
    : expression;
}

/** SPDX has two words for nothing. */
function isMissing(text: string): boolean {
  return isUnknown(text) || text.trim().toUpperCase() === "NONE";
}

/** Nobody looked, or nobody wants to say; NONE says that there is none. */
function isUnknown(text: string): boolean {
  const word = text.trim().toUpperCase();
  return word === "" || word === "NOASSERTION";
}

/**
 * The statements that count: of what was concluded and what was declared the one that the operator
 * prefers, if it says anything, else the other; and always those that are neither.
 */
function relevant(
  statements: readonly Statement[],
  from: Settings["licenseFrom"],
): readonly Statement[] {
  if (statements.length < 2) return statements;
  const says = (source: Statement["source"]) =>
    statements.some((statement) => statement.source === source && !isUnknown(statement.text));
  const [concluded, declared] = [says("concluded"), says("declared")];
  // Without anything said both stay, so that a reason can point at one.
  if (!concluded && !declared) return statements;
  const dropped = from === "both"
    ? (!concluded ? "concluded" : !declared ? "declared" : "neither")
    : from === "concluded"
    ? (concluded ? "declared" : "concluded")
    : (declared ? "concluded" : "declared");
  return statements.filter((statement) => statement.source !== dropped);
}

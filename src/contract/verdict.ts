import canonicalize from "canonicalize";
import * as v from "valibot";
import { SourceText } from "../document/source-text.ts";
import { parseJson } from "../document/syntax/json.ts";
import { isJsonObject, type JsonValue } from "../json.ts";
import { LIMITS } from "../limits.ts";
import { PluginError } from "../plugin-error.ts";
import { type Reason, type Verdict, VerdictSchema } from "./admission.ts";

/** The parts of a plugin's rule that decide how its reasons count. */
export interface DatedRule {
  readonly id: string;
  /** RFC 3339; before it, errors of this rule are warnings. */
  readonly effectiveOn?: string | undefined;
}

/** What {@link readVerdict} needs besides the guest's bytes. */
export interface ReadVerdictOptions {
  /** RFC 3339; the time of the call. */
  readonly now: string;
  readonly rules: readonly DatedRule[];
  /** Whether the door applies mutations; without it, an allow that rests on one is a denial. */
  readonly mutation?: boolean;
}

/** The rule that a denial gets which came without an error of its own. */
export const DENIED_RULE = "cofferdam.denied";

/** The rule of a denial because the door cannot make the change that the plugin's allow rests on. */
export const MUTATION_RULE = "cofferdam.mutation-refused";

/**
 * Reads a guest's answer and normalises it:
 * 1. errors of a rule that is not yet in effect become warnings; if nothing else denied, it allows;
 * 2. any reason of severity `error` denies;
 * 3. a denial without such a reason gets one;
 * 4. an allow that needs a mutation is a denial where the door takes none.
 *
 * @throws {PluginError} `contract.output-invalid` for anything but a verdict; never an allow.
 */
export function readVerdict(output: Uint8Array, options: ReadVerdictOptions): Verdict {
  const verdict = parseVerdict(output);
  const pending = new Set(
    options.rules.filter((rule) => isLater(rule.effectiveOn, options.now)).map((rule) => rule.id),
  );
  const isPending = (reason: Reason) => reason.severity === "error" && pending.has(reason.rule);
  const reasons: Reason[] = verdict.reasons.map((reason) =>
    isPending(reason) ? { ...reason, severity: "warning" } : reason
  );
  const hasError = reasons.some((reason) => reason.severity === "error");
  const onlyPending = !hasError && verdict.reasons.some(isPending);
  const denied = hasError || (!verdict.allowed && !onlyPending);

  if (denied && !hasError) {
    reasons.push({
      rule: DENIED_RULE,
      message: "The plugin denied this and gave no error as its reason.",
      severity: "error",
    });
  }
  const { mutation, ...rest } = verdict;
  if (!denied && mutation !== undefined && mutation.length > 0 && !options.mutation) {
    reasons.push({
      rule: MUTATION_RULE,
      message: "The plugin allows this only with changes, which cannot be made here.",
      severity: "error",
    });
    return { ...rest, allowed: false, reasons };
  }
  const kept = mutation !== undefined && options.mutation ? { mutation } : {};
  return { ...rest, ...kept, allowed: !denied, reasons };
}

/** The one text that stands for a verdict: canonical JSON (RFC 8785). */
export function encodeVerdict(verdict: Verdict): string {
  return canonicalize(verdict)!;
}

function isLater(effectiveOn: string | undefined, now: string): boolean {
  return effectiveOn !== undefined && Date.parse(effectiveOn) > Date.parse(now);
}

function parseVerdict(output: Uint8Array): Verdict {
  const value = parseGuestJson(output);
  checkLengths(value);
  const result = v.safeParse(VerdictSchema, value, { abortEarly: true });
  if (!result.success) {
    const issue = result.issues[0];
    const path = v.getDotPath(issue);
    throw invalid(`it is no verdict: ${path ? `"${path}": ` : ""}${issue.message}`);
  }
  return result.output;
}

/** Before the schema looks at each item: a flood of them would take it seconds and gigabytes. */
function checkLengths(value: JsonValue): void {
  if (!isJsonObject(value)) return;
  for (const field of ["reasons", "mutation"]) {
    const items = value[field];
    if (Array.isArray(items) && items.length > LIMITS.reasons) {
      throw invalid(`it has ${items.length} ${field}, at most ${LIMITS.reasons} are allowed`);
    }
  }
}

/**
 * Parses what a guest wrote, by the reader for judged documents: a key that stands twice, a number
 * that a double would round or half a surrogate pair is an error here as well.
 *
 * @param what Names what is read in messages about its syntax.
 * @throws {PluginError} what `fail` makes of the reason; by default `contract.output-invalid`
 */
export function parseGuestJson(
  output: Uint8Array,
  what: string = "output",
  fail: (why: string) => PluginError = invalid,
): JsonValue {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(output);
  } catch {
    throw fail("it is not UTF-8");
  }
  if (text.trim() === "") throw fail("it is empty");
  try {
    return parseJson(new SourceText(what, text), GUEST_LIMITS).value;
  } catch (error) {
    throw fail(PluginError.from(error).message);
  }
}

/** Far above any verdict. */
const GUEST_LIMITS = { depth: 100, aliasedNodes: 0 };

function invalid(why: string): PluginError {
  return new PluginError("contract.output-invalid", `Cannot use the plugin's answer: ${why}`);
}

import canonicalize from "canonicalize";
import { isJsonObject, type JsonValue } from "../json.ts";
import { LIMITS } from "../limits.ts";
import { type Reason, type Verdict, VerdictSchema } from "./admission.ts";
import { checkAnswer, parseGuestJson, unusableAnswer } from "./guest-json.ts";

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
  return checkAnswer(VerdictSchema, value, "verdict");
}

/** Before the schema looks at each item: a flood of them would take it seconds and gigabytes. */
function checkLengths(value: JsonValue): void {
  if (!isJsonObject(value)) return;
  for (const field of ["reasons", "mutation"]) {
    const items = value[field];
    if (Array.isArray(items) && items.length > LIMITS.reasons) {
      throw unusableAnswer(
        `it has ${items.length} ${field}, at most ${LIMITS.reasons} are allowed`,
      );
    }
  }
}

import { sanitizeLogText } from "../capability/log-text.ts";
import type { Reason, Verdict } from "../contract/admission.ts";
import type { JsonObject } from "../json.ts";

/** The rule of a denial because somebody else could read the call otherwise than the policy does. */
export const UNREADABLE_RULE = "cofferdam.call-unreadable";

/** The rule of a denial because the body that decides is, or may be, hidden from plugins. */
export const HIDDEN_RULE = "cofferdam.body-hidden";

/** The rule of a denial because the daemon would act by a body that the call ought not to have. */
export const START_RULE = "cofferdam.start-with-config";

/** A denial by the bridge itself, before any policy is asked. */
export class Denial extends Error {
  override readonly name = "Denial";
  readonly rule: string;

  /** @param message For people, a sentence. */
  constructor(rule: string, message: string) {
    super(message);
    this.rule = rule;
  }
}

/** Of one reason, in UTF-16 code units. */
const MAX_REASON = 1_000;

/** Reasons that are shown; Docker writes all of them into its log as well. */
const MAX_REASONS = 20;

/** What Docker gets of a call that may not be made; it puts the plugin's name before the words. */
export function answerOfDenial({ rule, message }: Pick<Denial, "rule" | "message">): JsonObject {
  return { Allow: false, Msg: lineOf({ rule, message }) };
}

/** What Docker gets of verdicts, all of which have to allow. */
export function answerOfVerdicts(verdicts: readonly Verdict[]): JsonObject {
  const denials = verdicts.filter(({ allowed }) => !allowed);
  if (denials.length === 0) return { Allow: true };
  const reasons = denials.flatMap((one) => one.reasons).filter(isError);
  const lines = reasons.slice(0, MAX_REASONS).map(lineOf);
  const left = reasons.length - lines.length;
  if (left > 0) lines.push(`and for ${left} more reason${left === 1 ? "" : "s"}`);
  return { Allow: false, Msg: lines.join("\n") };
}

function isError({ severity }: Reason): boolean {
  return severity === "error";
}

/** In one line, with nothing hidden in it: Docker prints it as it is. */
function lineOf({ rule, message }: Pick<Reason, "rule" | "message">): string {
  return `${sanitizeLogText(message, MAX_REASON)} [${sanitizeLogText(rule, MAX_REASON)}]`;
}

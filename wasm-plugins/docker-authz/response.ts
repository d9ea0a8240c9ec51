import type { JsonValue } from "cofferdam/guest";
import { type Call, roleOf } from "./call.ts";
import { isObject } from "./place.ts";
import { quote } from "./quote.ts";
import type { Reasons } from "./reasons.ts";
import type { Settings } from "./settings.ts";

/** Answers in which the variables of containers stand. */
const INSPECTS =
  /^\/(?:containers\/[^/]+\/json|services(?:\/[^/]+)?|tasks(?:\/[^/]+)?|images\/.+\/json)$/;

/**
 * Judges an answer before its client gets it: whoever is no administrator gets none that holds a secret
 * variable. One that Docker does not show may hold some.
 */
export function judgeAnswer(call: Call, settings: Settings, reasons: Reasons): void {
  const { secretVariables } = settings;
  if (secretVariables.length === 0 || roleOf(call, settings) === "admin") return;
  if (call.method !== "GET" || !INSPECTS.test(call.path)) return;
  if (call.isHidden) {
    const message = "The answer may hold secret variables, and is too large to be looked at.";
    return reasons.deny("secret-variable", "", message);
  }
  const patterns = secretVariables.map(patternOf);
  for (const [name, path] of variablesIn(call.body.value, "/body")) {
    if (!patterns.some((pattern) => pattern.test(name))) continue;
    reasons.deny("secret-variable", path, `The answer holds the variable ${quote(name)}.`);
  }
}

function patternOf(text: string): RegExp {
  return new RegExp(`^${text.replaceAll("*", ".*")}$`, "s");
}

/** The names in every list `Env` that there is, and where they stand. */
function* variablesIn(value: JsonValue | undefined, path: string): Generator<[string, string]> {
  if (Array.isArray(value)) {
    for (const [i, item] of value.entries()) yield* variablesIn(item, `${path}/${i}`);
  } else if (isObject(value)) {
    for (const [key, member] of Object.entries(value)) {
      const below = `${path}/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`;
      if (key === "Env" && Array.isArray(member)) {
        for (const [i, item] of member.entries()) {
          if (typeof item === "string") yield [item.split("=", 1)[0]!, `${below}/${i}`];
        }
      } else {
        yield* variablesIn(member, below);
      }
    }
  }
}

import { matchesGlob } from "../shared/glob.ts";
import { isObject } from "../shared/json.ts";
import { quote } from "../shared/quote.ts";
import { type Call, roleOf } from "./call.ts";
import type { Place } from "./place.ts";
import type { Reasons } from "./reasons.ts";
import type { Settings } from "./settings.ts";

/** Answers in which the variables of containers stand. */
const INSPECTS =
  /^\/(?:containers\/[^/]+\/json|services(?:\/[^/]+)?|tasks(?:\/[^/]+)?|images\/.+\/(?:json|history))$/;

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
  for (const [name, path] of variablesIn(call.body)) {
    if (!secretVariables.some((pattern) => matchesGlob(pattern, name))) continue;
    reasons.deny("secret-variable", path, `The answer holds the variable ${quote(name)}.`);
  }
}

/** The names in every list `Env` and every step of an image that there is, and where they stand. */
function* variablesIn(place: Place): Generator<[name: string, path: string]> {
  if (Array.isArray(place.value)) {
    for (const item of place.list()) yield* variablesIn(item);
  } else if (isObject(place.value)) {
    for (const [key, member] of place.members()) {
      if (key === "CreatedBy" && typeof member.value === "string") {
        for (const name of assignedIn(member.value)) yield [name, member.path];
      }
      if (key !== "Env" || !Array.isArray(member.value)) {
        yield* variablesIn(member);
        continue;
      }
      for (const { value, path } of member.list()) {
        if (typeof value === "string") yield [value.split("=", 1)[0]!, path];
      }
    }
  }
}

/** The names in `NAME=value`, wherever that stands in the text of a step: `ENV A=1 B=2`, `|1 A=1 sh`. */
function assignedIn(text: string): string[] {
  const words = text.split(/[^A-Za-z0-9_=]+/);
  return words.flatMap((word) => word.split("=").slice(0, -1).filter((name) => name !== ""));
}

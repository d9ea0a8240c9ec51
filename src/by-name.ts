import * as v from "valibot";
import { type JsonObject, JsonObjectSchema } from "./json.ts";

/** Wants `wanted`, in words for messages, of each name. */
export interface NameRule {
  readonly pattern: RegExp;
  readonly wanted: string;
}

/** The names of plugins. */
export const PLUGIN_NAME: NameRule = {
  pattern: /^[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?$/,
  wanted: "the name that the plugin's manifest says",
};

/** The names of commands that a guest may run. */
export const COMMAND_NAME: NameRule = {
  pattern: /^[a-z0-9][a-z0-9._-]{0,63}$/,
  wanted: "a lower-case letter or digit, then at most 63 of these or . _ -",
};

/** What valibot's `record` passes over in silence. */
const PASSED_OVER: ReadonlySet<string> = new Set(["__proto__", "prototype", "constructor"]);

/** False for a name under which {@link byName} takes nothing. */
export function isUsable(name: string): boolean {
  return !PASSED_OVER.has(name);
}

/** Schema of an object by names; one that breaks the rule, or that valibot would drop, is a fault. */
export function byName<T>(
  { pattern, wanted }: NameRule,
  value: v.GenericSchema<unknown, T>,
): v.GenericSchema<unknown, Record<string, T>> {
  return v.pipe(
    JsonObjectSchema,
    v.check(
      (item) => Object.keys(item).every((key) => pattern.test(key) && isUsable(key)),
      `Invalid name: wanted ${wanted}`,
    ),
    v.record(v.string(), value) as v.GenericSchema<JsonObject, Record<string, T>>,
  );
}

import * as v from "valibot";
import type { CapabilityName } from "../bundle/manifest.ts";
import { isJsonObject } from "../json.ts";
import { PluginError } from "../plugin-error.ts";

/** A bound in a grant: a whole number from 1 to `max`. */
export function boundSchema(
  max: number = Number.MAX_SAFE_INTEGER,
): v.GenericSchema<number, number> {
  return v.pipe(v.number(), v.safeInteger(), v.minValue(1), v.maxValue(max));
}

/** Text that names something: not empty, no NUL. */
export const NameSchema: v.GenericSchema<string, string> = v.pipe(
  v.string(),
  v.nonEmpty(),
  v.check((text) => !text.includes("\0"), "Invalid name: it holds a NUL"),
);

/**
 * Checks what an operator granted. A field that nobody knows is a fault: it may be a mistyped bound.
 *
 * @throws {PluginError} `config.invalid`
 */
export function checkGrant<Grant>(
  capability: CapabilityName,
  schema: v.GenericSchema<unknown, Grant>,
  grant: unknown,
): Grant {
  const invalid = (why: string) =>
    new PluginError("config.invalid", `Cannot grant "${capability}": ${why}`);
  // As an object whose every field may be left out valibot takes an array as well.
  if (!isJsonObject(grant)) throw invalid("the grant is no object");
  const result = v.safeParse(schema, grant, { abortEarly: true });
  if (result.success) return result.output;
  const issue = result.issues[0];
  const path = v.getDotPath(issue);
  throw invalid(`${path === null ? "" : `"${path}": `}${issue.message}`);
}

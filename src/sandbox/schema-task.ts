import { type Schema, Validator } from "@cfworker/json-schema";
import type { SchemaFault } from "./protocol.ts";

/**
 * Checks `value` against a plugin's JSON Schema (2020-12). The schema is the plugin's: a pattern can
 * backtrack for ever and a reference can point at itself, so this runs in a worker, under a deadline.
 */
export function checkSchema(schema: unknown, value: unknown): SchemaFault[] {
  const result = new Validator(schema as Schema, "2020-12", false).validate(value);
  // The library reports each fault again for every schema around it; the innermost ones say most.
  const located = result.errors.map((error) => ({
    path: decodeURI(error.instanceLocation.replace(/^#/, "")),
    message: describe(error.error),
    depth: error.instanceLocation.split("/").length,
    wrapper: /^(properties|items|additionalProperties|allOf|\$ref|prefixItems)$/.test(
      error.keyword,
    ),
  }));
  const inner = located.filter((fault) => !fault.wrapper);
  return (inner.length > 0 ? inner : located)
    .sort((a, b) => b.depth - a.depth)
    .slice(0, MAX_FAULTS)
    .map(({ path, message }) => ({ path, message }));
}

/** What is reported; a hostile schema can find millions. */
const MAX_FAULTS = 20;

/** The library's words, except where they say nothing to the author of the value. */
function describe(message: string): string {
  return message === "False boolean schema." ? "nothing by this name is wanted here" : message;
}

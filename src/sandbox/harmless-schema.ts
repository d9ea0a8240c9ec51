import { isJsonObject, type JsonValue } from "../json.ts";

/** Keywords whose work is bounded by the size of the schema and of the value. */
const BOUNDED: ReadonlySet<string> = new Set([
  ..."$schema $comment title description default examples deprecated readOnly writeOnly".split(
    " ",
  ),
  ..."type enum const minimum maximum exclusiveMinimum exclusiveMaximum multipleOf".split(" "),
  ..."minLength maxLength minItems maxItems minProperties maxProperties required".split(" "),
]);

/** Each value may meet each part of the schema, so it is their product that counts. */
const MAX_STEPS = 100_000;

/**
 * True when checking `value` against `schema` surely ends soon, so that it needs no thread of its own:
 * a schema of plain keywords without references, and expressions only where no string meets them.
 *
 * @see JSON Schema 2020-12
 */
export function isHarmless(schema: unknown, value: unknown): boolean {
  const seen = measure(value as JsonValue, { count: 0, string: false });
  const parts = measure(schema as JsonValue, { count: 0, string: false });
  return seen.count * parts.count <= MAX_STEPS && isBounded(schema as JsonValue, seen.string, 0);
}

function isBounded(schema: JsonValue, meetsStrings: boolean, depth: number): boolean {
  if (typeof schema === "boolean") return true;
  if (!isJsonObject(schema) || depth > 20) return false;
  return Object.entries(schema).every(([keyword, item]) => {
    if (BOUNDED.has(keyword)) return true;
    if (keyword === "pattern") return !meetsStrings;
    if (keyword === "items" || keyword === "additionalProperties") {
      return isBounded(item, meetsStrings, depth + 1);
    }
    return keyword === "properties" && isJsonObject(item) &&
      Object.values(item).every((inner) => isBounded(inner, meetsStrings, depth + 1));
  });
}

interface Measure {
  count: number;
  string: boolean;
}

/** Counts values, those within others too; of what is too large it counts a part. */
function measure(value: JsonValue, seen: Measure): Measure {
  seen.count++;
  if (typeof value === "string") seen.string = true;
  if (typeof value !== "object" || value === null || seen.count > MAX_STEPS) return seen;
  const items = Array.isArray(value) ? value : Object.values(value);
  for (const item of items) measure(item, seen);
  return seen;
}

import type { JsonObject, JsonValue } from "../../src/json.ts";

/** For every value within `value`, itself included, how to put another one in its place. */
export function* places(value: JsonValue): Generator<(other: JsonValue) => JsonValue> {
  yield (other) => other;
  if (typeof value !== "object" || value === null) return;
  for (const key of Object.keys(value)) {
    const copy = (member: JsonValue): JsonValue =>
      Array.isArray(value)
        ? value.map((item, i) => i === Number(key) ? member : item)
        : { ...value, [key]: member };
    const child = (value as JsonObject)[key]!;
    for (const replace of places(child)) yield (other) => copy(replace(other));
  }
}

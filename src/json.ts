import * as v from "valibot";

/** A value that JSON can hold. Integers beyond 2^53-1 travel as decimal strings, never rounded. */
export type JsonValue = null | boolean | number | string | JsonValue[] | JsonObject;

/** A JSON object. */
export interface JsonObject {
  [key: string]: JsonValue;
}

/** True for an object that is neither null nor an array. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * The steps of a JSON Pointer, unescaped; undefined when `pointer` is not one.
 * @see RFC 6901, section 4
 */
export function pointerTokens(pointer: string): string[] | undefined {
  if (pointer === "") return [];
  if (!pointer.startsWith("/") || /~(?![01])/.test(pointer)) return undefined;
  return pointer.slice(1).split("/").map((t) => t.replaceAll("~1", "/").replaceAll("~0", "~"));
}

/**
 * Schema of {@link JsonObject}, which passes as it is. Valibot's `looseObject` would take an array, and
 * leave out `__proto__`, `prototype` and `constructor`: others than we would read what we did not see.
 */
export const JsonObjectSchema: v.GenericSchema<unknown, JsonObject> = v.custom<JsonObject>(
  isJsonObject,
  "Invalid type: Expected Object",
);

/** Schema of any {@link JsonValue}: what was parsed from JSON is one. */
export const JsonValueSchema: v.GenericSchema<unknown, JsonValue> = v.unknown() as v.GenericSchema<
  unknown,
  JsonValue
>;

import { isJsonObject, type JsonObject, type JsonValue } from "../json.ts";

/** Sets a member; `__proto__` becomes an ordinary member and the prototype stays what it is. */
export function setMember(object: JsonObject, key: string, value: JsonValue): void {
  if (key === "__proto__") {
    Object.defineProperty(object, key, {
      value,
      writable: true,
      enumerable: true,
      configurable: true,
    });
  } else {
    object[key] = value;
  }
}

/** A member of `value` by a key that the input chose; never one that is inherited. */
export function getMember(value: JsonValue | undefined, key: string): JsonValue | undefined {
  return isJsonObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

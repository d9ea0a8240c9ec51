import type { JsonObject, JsonValue } from "cofferdam/guest";
import { isObject } from "../shared/json.ts";
import type { Reasons } from "./reasons.ts";

/** An object of a document and its JSON Pointer. */
export interface Place {
  readonly object: JsonObject;
  readonly path: string;
}

const NOTHING: readonly never[] = [];

/**
 * Reads members of a document; what has the wrong type is a reason to deny, and then absent. Keys are
 * never taken from a document, so nothing that objects inherit is found.
 */
export class DocumentReader {
  readonly #reasons: Reasons;

  constructor(reasons: Reasons) {
    this.#reasons = reasons;
  }

  /** What stands at `path` has not the form of its kind. */
  malformed(path: string, wanted: string): void {
    this.#reasons.malformed(path, wanted);
  }

  /** A text. */
  text(object: JsonObject, key: string, path: string): string | undefined {
    const value = object[key];
    if (value === undefined || typeof value === "string") return value;
    this.malformed(`${path}/${key}`, "a text");
    return undefined;
  }

  /** A text that must be there. */
  requiredText(object: JsonObject, key: string, path: string): string {
    if (object[key] === undefined) this.malformed(path, `something with a ${key}`);
    return this.text(object, key, path) ?? "";
  }

  /** The items of a list; empty without one. */
  list(object: JsonObject, key: string, path: string): readonly JsonValue[] {
    const value = object[key];
    if (value === undefined) return NOTHING;
    if (Array.isArray(value)) return value;
    this.malformed(`${path}/${key}`, "a list");
    return NOTHING;
  }

  /** The objects of a list. */
  objects(object: JsonObject, key: string, path: string): readonly Place[] {
    const items = this.list(object, key, path);
    if (items.length === 0) return NOTHING;
    const found: Place[] = [];
    for (let i = 0; i < items.length; i++) {
      const item = items[i];
      const place = `${path}/${key}/${i}`;
      if (isObject(item)) found.push({ object: item, path: place });
      else this.malformed(place, "an object");
    }
    return found;
  }
}

import type { JsonValue } from "cofferdam/guest";
import { isObject, pointerStep } from "../shared/json.ts";
import type { Reasons, Rule } from "./reasons.ts";

/** Of a text, and of a key in a place, in UTF-16 code units. */
const MAX_TEXT = 4_096;
const MAX_STEP = 200;

/** A value of the document, and where it stands. What is not of the wanted form denies. */
export class Place {
  /** undefined where nothing stands, or `null`, which Docker takes for the same. */
  readonly value: JsonValue | undefined;
  readonly path: string;
  readonly #reasons: Reasons;

  constructor(value: JsonValue | undefined, path: string, reasons: Reasons) {
    this.value = value ?? undefined;
    this.path = path;
    this.#reasons = reasons;
  }

  /** A member; one that objects inherit is none. */
  get(key: string): Place {
    const { value } = this;
    const member = isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
    return this.#below(key, member);
  }

  /** Whether Docker finds nothing here that counts: `null`, `false`, `0`, `""`, `[]`, `{}`. */
  get isEmpty(): boolean {
    const { value } = this;
    if (Array.isArray(value)) return value.length === 0;
    return isObject(value) ? Object.keys(value).length === 0 : !value;
  }

  /** A text; empty where there is none. One that is longer than any that Docker has denies. */
  text(): string {
    const { value } = this;
    if (value === undefined) return "";
    if (typeof value === "string" && value.length <= MAX_TEXT) return value;
    this.malformed(`a text of at most ${MAX_TEXT} letters`);
    return "";
  }

  /** True, false, or nothing; anything else counts as true. */
  flag(): boolean {
    if (this.value === undefined || typeof this.value === "boolean") return this.value === true;
    this.malformed("true or false");
    return true;
  }

  /** The elements of a list. */
  list(): Place[] {
    const { value } = this;
    if (value === undefined) return [];
    if (Array.isArray(value)) return value.map((item, i) => this.#below(String(i), item));
    this.malformed("a list");
    return [];
  }

  /** The elements of a list that Docker also takes as one text. */
  listOrText(): Place[] {
    return typeof this.value === "string" ? [this] : this.list();
  }

  /** The members of an object. */
  *members(): Generator<[key: string, place: Place]> {
    const { value } = this;
    if (value === undefined) return;
    if (!isObject(value)) return this.malformed("an object");
    // One by one: whoever looks may have enough after a few of many.
    for (const key of Object.keys(value)) yield [key, this.get(key)];
  }

  /** Whether an object stands here; anything else but nothing denies. */
  isObject(): boolean {
    if (isObject(this.value)) return true;
    if (this.value !== undefined) this.malformed("an object");
    return false;
  }

  deny(rule: Rule, message: string): void {
    this.#reasons.deny(rule, this.path, message);
  }

  malformed(wanted: string): void {
    this.deny("malformed-document", `What stands here is not ${wanted}.`);
  }

  #below(key: string, value: JsonValue | undefined): Place {
    // Somebody else chose the key; a reason has no room for a long one.
    if (key.length > MAX_STEP) return new Place(value, this.path, this.#reasons);
    return new Place(value, `${this.path}/${pointerStep(key)}`, this.#reasons);
  }
}

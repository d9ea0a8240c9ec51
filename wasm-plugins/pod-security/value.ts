import type { Deny } from "./control.ts";
import type { Field } from "./field.ts";

const UNSET = "or not set";

/** Denies true. */
export function forbidTrue(flag: Field, deny: Deny): void {
  if (flag.boolean() === true) deny(flag, `allowed: false ${UNSET}`);
}

/** Denies any text but the empty one. */
export function forbidText(field: Field, deny: Deny): void {
  if ((field.text() ?? "") !== "") deny(field, `allowed: empty ${UNSET}`);
}

/** Denies what is set to anything but one of `allowed`. */
export function allowOnly(allowed: readonly string[], field: Field, deny: Deny): void {
  if (!field.isAbsent && !isOneOf(allowed, field)) {
    deny(field, `allowed: ${list(allowed)} ${UNSET}`);
  }
}

/** Denies what is not set to one of `allowed`. */
export function requireOneOf(allowed: readonly string[], field: Field, deny: Deny): void {
  if (!isOneOf(allowed, field)) deny(field, `allowed: ${list(allowed)}`);
}

/** True if `field` holds one of `allowed`; where nothing is, it does not. */
export function isOneOf(allowed: readonly string[], field: Field): boolean {
  const text = field.text();
  return text !== undefined && allowed.includes(text);
}

/** Values for a message: `"a", "b"`. */
export function list(values: readonly string[]): string {
  return values.map((value) => JSON.stringify(value)).join(", ");
}

import type { JsonValue } from "cofferdam/guest";

/** A value for a message, cut to a length that people read. */
export function quote(value: JsonValue | undefined): string {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}

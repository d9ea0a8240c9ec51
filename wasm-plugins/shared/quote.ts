import type { JsonValue } from "cofferdam/guest";

/** Text that somebody else wrote, for a message: in quotes, cut short, in whole characters. */
export function quote(text: string, length = 200): string {
  const short = text.length > length ? `${text.slice(0, length)}…` : text;
  return `"${short.replace(/\p{Surrogate}/gu, "\ufffd")}"`;
}

/** A list of such texts, of which the first few are shown. */
export function quoteAll(texts: readonly string[]): string {
  const shown = texts.slice(0, 5).map((text) => quote(text, 100));
  return [...shown, ...(texts.length > 5 ? [`${texts.length - 5} more`] : [])].join(", ");
}

/** A value of any type for a message, as JSON, cut short. */
export function quoteJson(value: JsonValue | undefined): string {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}

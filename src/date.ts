import * as v from "valibot";

const FORM = /^(\d{4}-\d\d-\d\d)(?:T\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d))?$/;

/** True for an RFC 3339 date or date-time that exists; `Date.parse` alone takes the 31st of February. */
export function isDateOrTime(text: string): boolean {
  const day = FORM.exec(text)?.[1];
  if (day === undefined || Number.isNaN(Date.parse(text))) return false;
  const time = Date.parse(`${day}T00:00:00Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(day);
}

/** True for an RFC 3339 date without a time. */
export function isDate(text: string): boolean {
  return isDateOrTime(text) && !text.includes("T");
}

/** True for an RFC 3339 date-time in UTC, written with `Z`. */
export function isUtcTime(text: string): boolean {
  return isDateOrTime(text) && text.endsWith("Z");
}

/** Schema of what {@link isDateOrTime} takes. */
export const DateOrTimeSchema: v.GenericSchema<string, string> = v.pipe(
  v.string(),
  v.check(isDateOrTime, "Invalid date: wanted 2026-01-31 or 2026-01-31T12:00:00Z"),
);

import { quote } from "../shared/quote.ts";
import type { Place } from "./place.ts";
import type { Settings } from "./settings.ts";

/** Judges what a field holds; it may be anything but nothing. */
export type Judge = (place: Place, settings: Settings) => void;

/** What is known of a structure's fields: those that may hold anything, and those that are judged. */
export type Fields = ReadonlyMap<string, Judge>;

/** Makes a table of fields. @param free Names of those that may hold anything, with spaces between. */
export function fields(free: string, judged: Readonly<Record<string, Judge>> = {}): Fields {
  const names = free.split(/\s+/).filter((name) => name !== "");
  return new Map([
    ...names.map((name): [string, Judge] => [name, () => {}]),
    ...Object.entries(judged),
  ]);
}

/** A field that holds a structure. */
export function structure(table: Fields): Judge {
  return (place, settings) => judgeFields(place, table, settings);
}

/** A field that holds a list of structures. */
export function listOf(table: Fields): Judge {
  return (place, settings) => place.list().forEach((item) => judgeFields(item, table, settings));
}

/** Judges the fields of a structure. One that is not in the table denies, unless it is empty. */
export function judgeFields(place: Place, table: Fields, settings: Settings): void {
  for (const [name, member] of place.members()) {
    const judge = table.get(name);
    if (settings.fields.includes(name)) continue;
    if (judge !== undefined) {
      if (member.value !== undefined) judge(member, settings);
    } else if (!member.isEmpty) {
      member.deny("field-known", `The field ${quote(name, 100)} is none that this policy knows.`);
    }
  }
}

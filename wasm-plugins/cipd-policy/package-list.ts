import { isTemplate } from "./package-name.ts";

/** What an entry of the setting `packages` stands for. */
export interface Named {
  readonly name: string;
  /** Whether all below the name is meant too; `*` is above everything. */
  readonly isPrefix: boolean;
}

/**
 * Finds the entry that is closest to a package: its own, or that of the longest prefix. Which packages
 * a template stands for is not known, so it gets every entry that could be closest to one of them, and
 * has to please all.
 *
 * @returns Nothing where the package, or one that may be meant, could be in no entry.
 */
export function entriesFor<Entry extends Named>(name: string, list: readonly Entry[]): Entry[] {
  const closest = list
    .filter((entry) => covers(entry, name))
    .sort((a, b) => rank(b) - rank(a))[0];
  if (closest === undefined) return [];
  if (!isTemplate(name)) return [closest];
  const closer = list.filter((entry) => rank(entry) > rank(closest) && mayCover(entry, name));
  return [closest, ...closer];
}

/** For sure, whatever stands for variables; an entry has none in its name. */
function covers({ name, isPrefix }: Named, asked: string): boolean {
  return name === asked || (isPrefix && (name === "*" || asked.startsWith(`${name}/`)));
}

/** By what stands before the first variable and, where nothing follows, behind the last. */
function mayCover({ name, isPrefix }: Named, template: string): boolean {
  const head = template.slice(0, template.indexOf("${"));
  const tail = isPrefix ? "" : template.slice(template.lastIndexOf("}") + 1);
  return name.startsWith(head) && name.endsWith(tail);
}

function rank({ name, isPrefix }: Named): number {
  return name === "*" ? 0 : 2 * name.length + (isPrefix ? 0 : 1);
}

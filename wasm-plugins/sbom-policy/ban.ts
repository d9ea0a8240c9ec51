import { describe, type Item } from "./item.ts";
import { fold, holds, isPerhaps, type Pattern, type Versions } from "./package-pattern.ts";
import type { PackageUrl } from "./package-url.ts";
import { quote } from "./quote.ts";
import type { Reasons } from "./reasons.ts";

/** Packages that may not be there. */
export interface Ban {
  readonly pattern: Pattern;
  readonly versions: Versions;
  /** The versions as the operator wrote them. */
  readonly versionsText: string | undefined;
  readonly reason: string | undefined;
}

/** Bans, by name: a thousand of them cost an item no more than one. */
export class BanList {
  readonly #byName = new Map<string, Ban[]>();
  readonly #namespaces: Ban[] = [];
  /** Types whose names fold in a way of their own; undefined stands for all others. */
  readonly #types = new Set<string | undefined>();

  add(ban: Ban): void {
    const { name, type, isNamespace } = ban.pattern;
    if (isNamespace) {
      this.#namespaces.push(ban);
      return;
    }
    this.#types.add(type === "pypi" ? type : undefined);
    const key = fold(name, type);
    const bans = this.#byName.get(key);
    if (bans === undefined) this.#byName.set(key, [ban]);
    else bans.push(ban);
  }

  get isEmpty(): boolean {
    return this.#byName.size + this.#namespaces.length === 0;
  }

  /** Adds a reason for each ban that an item falls under; where that cannot be told, it does. */
  judge(item: Item, urls: readonly PackageUrl[], reasons: Reasons): void {
    for (const { pattern, versions, versionsText, reason } of this.#suspects(item, urls)) {
      if (!isPerhaps(item, urls, pattern)) continue;
      const answer = holds(versions, item, urls, pattern);
      if (answer === "no") continue;
      const which = versionsText === undefined ? "" : ` (${quote(versionsText)})`;
      const unsure = answer === "unsure" ? ", and its version cannot be compared" : "";
      const why = reason === undefined ? "" : `: ${quote(reason, 300)}`;
      const write = () =>
        `${describe(item)} is banned by ${quote(pattern.text)}${which}${unsure}${why}.`;
      reasons.add("no-banned-package", "error", item.path, write);
    }
  }

  /** Bans of any name that the item has, in whatever part of it. */
  #suspects({ name, group }: Item, urls: readonly PackageUrl[]): Iterable<Ban> {
    const names = new Set([name]);
    if (group !== undefined) names.add(`${group}/${name}`).add(`${group}:${name}`);
    for (const url of urls) names.add(url.name).add(url.fullName);
    const suspects = new Set(this.#namespaces);
    for (const type of this.#types) {
      for (const one of names) {
        this.#byName.get(fold(one, type))?.forEach((ban) => suspects.add(ban));
      }
    }
    return suspects;
  }
}

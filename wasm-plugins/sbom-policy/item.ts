import { shorten } from "./quote.ts";

/**
 * `product` is the one thing that the document as a whole describes, `file` an SPDX file or snippet,
 * `package` all else.
 */
export type Role = "package" | "product" | "file";

/** What a document says about the licence of an item, in one place. */
export interface Statement {
  readonly text: string;
  /** JSON Pointer of the text. */
  readonly path: string;
  /** A name may be anything, the others are SPDX's. */
  readonly form: "id" | "name" | "expression";
  /** Declared by who made the item, concluded by who made the document; undefined where unsaid. */
  readonly source: "concluded" | "declared" | undefined;
}

/** Something that a document lists. */
export interface Item {
  /** JSON Pointer. */
  readonly path: string;
  readonly role: Role;
  readonly name: string;
  /** "@babel" of "@babel/core", where the document keeps it apart from the name. */
  readonly group: string | undefined;
  readonly version: string | undefined;
  /** As they are written: most policies never ask for them. */
  readonly packageUrls: readonly string[];
  readonly statements: readonly Statement[];
}

/** What one document lists. */
export interface Listing {
  readonly items: readonly Item[];
  /** What the document says about its own licence. */
  readonly own: readonly Statement[];
  /** Names of the licences that the document itself explains, by LicenseRef; where it must. */
  readonly explained?: ReadonlyMap<string, string | undefined>;
}

/** An item as messages name it. */
export function describe({ name, group, version }: Item): string {
  const full = shorten(group === undefined ? name : `${group}/${name}`, 100);
  return version === undefined ? `"${full}"` : `"${full}@${shorten(version, 60)}"`;
}

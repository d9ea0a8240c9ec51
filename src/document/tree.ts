import type { JsonValue } from "../json.ts";

/** Where one value stands: offsets into the decoded text, in UTF-16 code units. */
export interface Span {
  /** Where people look for it: the key of an object's member, else the value itself. */
  readonly start: number;
  /** Where the value itself begins. */
  readonly value: number;
  /** Just behind the value. */
  readonly end: number;
}

/**
 * What YAML 1.2 and the YAML libraries of Go read as different values. `word`: the plain words that
 * are booleans to YAML 1.1; `number`: digits that the latter read as octal, binary or grouped;
 * `wide-number`: numbers that they disagree about among themselves; `mapping`: merges whose order
 * matters, and keys that are floating-point numbers; `compose-tag`: the tags `!reset` and
 * `!override`, which Compose alone knows.
 */
export type DisputeType = "word" | "number" | "wide-number" | "mapping" | "compose-tag";

/** The place of such a thing, and what is to be said about it. */
export interface YamlDispute {
  readonly offset: number;
  readonly message: string;
}

/** One value of a text, and where its parts stand. */
export interface Tree {
  readonly value: JsonValue;
  /** The place that the steps of a pointer lead to, or of the nearest ancestor that is there. */
  locate(tokens: readonly string[]): Span;
  /** The first of each, where there is one. */
  readonly disputes?: { readonly [type in DisputeType]?: YamlDispute };
  /** The same text with the values that the YAML libraries of Go see in it. */
  rereadAsGo?(): Tree;
  /** Facts about the text around the value, for the document's annotations. */
  readonly facts?: { readonly [name: string]: string };
}

/** The bounds that a parser keeps. */
export interface TreeLimits {
  readonly depth: number;
  readonly aliasedNodes: number;
}

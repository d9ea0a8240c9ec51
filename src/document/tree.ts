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
 * Something that YAML 1.2 and the YAML 1.1 readers of the Go world read as different values.
 * `scalar`: the plain words that are booleans to YAML 1.1, and merges whose order matters;
 * `number`: digits that only YAML 1.1 reads as octal, binary or grouped.
 */
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
  readonly disputes?: { readonly scalar?: YamlDispute; readonly number?: YamlDispute };
  /** Facts about the text around the value, for the document's annotations. */
  readonly facts?: { readonly [name: string]: string };
}

/** The bounds that a parser keeps. */
export interface TreeLimits {
  readonly depth: number;
  readonly aliasedNodes: number;
}

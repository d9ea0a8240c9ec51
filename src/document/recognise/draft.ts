import type { JsonObject, JsonValue } from "../../json.ts";
import type { ErrorCode, PluginError } from "../../plugin-error.ts";
import type { DocumentKind } from "../kind.ts";
import type { SourceText } from "../source-text.ts";
import type { Syntax } from "../syntax/guess-syntax.ts";
import type { Tree, TreeLimits } from "../tree.ts";

/** A document before it is numbered and digested. */
export interface Draft {
  readonly kind: DocumentKind;
  readonly object: JsonValue;
  /** The subject's name; the input's where it is absent. */
  readonly name?: string;
  /** `<algorithm>:<hex>` of the subject, where the document itself says it. */
  readonly digest?: string;
  readonly operation?: string;
  readonly annotations?: JsonObject;
  readonly evidence?: readonly DraftEvidence[];
  readonly mediaType?: string;
  /** The steps from the tree's root to the object. */
  readonly base: readonly string[];
  /** The tree's place for a pointer into the object, where it is not simply below `base`. */
  place?(tokens: readonly string[]): DraftPlace;
}

/** A place in a tree. */
export interface DraftPlace {
  readonly steps: readonly string[];
  /** Whether the value itself is meant, not the key it stands under. */
  readonly isValue: boolean;
}

/** Evidence whose digest is still to be made, of the text that `steps` lead to. */
export interface DraftEvidence {
  readonly mediaType: string;
  readonly steps: readonly string[];
  readonly body: JsonValue;
}

/** What a recogniser may know about the value it looks at. */
export interface RecogniseContext {
  readonly source: SourceText;
  readonly syntax: Syntax;
  readonly tree: Tree;
  readonly limits: TreeLimits;
}

/** One kind of document: how it is known, and what is made of it. */
export interface Recogniser {
  readonly kind: DocumentKind;
  /** The syntaxes that the kind is written in, its usual one first. */
  readonly syntaxes: readonly Syntax[];
  /** What a value of this kind looks like, for an error: "an object with …". */
  readonly wants: string;
  /** Whether the value says that it is of this kind; it may still be malformed. */
  claims(value: JsonValue, context: RecogniseContext): boolean;
  /** Whether a value that does not say so can be of this kind when the caller insists. */
  accepts?(value: JsonValue): boolean;
  /** @throws {PluginError} `document.malformed` where the value is not what it says it is */
  read(value: JsonValue, context: RecogniseContext): Draft[];
}

/** An error about the part of a tree that `steps` lead to. */
export function faultAt(
  context: RecogniseContext,
  steps: readonly string[],
  message: string,
  code: ErrorCode = "document.malformed",
  cause?: unknown,
): PluginError {
  return context.source.fault(code, message, context.tree.locate(steps).start, cause);
}

/** `value` where it is a string that is not empty. */
export function text(value: JsonValue | undefined): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** `value` where it is a string, else "". `String()` would run a `toString` that the input chose. */
export function textOrNothing(value: JsonValue | undefined): string {
  return typeof value === "string" ? value : "";
}

import * as assert from "uvu/assert";
import type { Document } from "../../src/document/document.ts";
import { parseDocuments, type ParseOptions } from "../../src/document/parse.ts";
import type { JsonValue } from "../../src/json.ts";
import { type ErrorCode, PluginError } from "../../src/plugin-error.ts";
import { SourceText } from "../../src/document/source-text.ts";
import type { Tree, TreeLimits } from "../../src/document/tree.ts";

/** Bounds that tests of the parsers can reach. */
export const SMALL: TreeLimits = { depth: 5, aliasedNodes: 20 };

/** A text as the parsers take it. */
export function sourceOf(text: string, name: string = "input"): SourceText {
  return new SourceText(name, text);
}

/** The documents of a text, or of bytes. */
export function read(
  name: string,
  input: string | Uint8Array | JsonValue,
  options: Partial<ParseOptions> = {},
): Promise<Document[]> {
  const bytes = input instanceof Uint8Array
    ? input
    : new TextEncoder().encode(typeof input === "string" ? input : JSON.stringify(input));
  return parseDocuments(bytes, { name, ...options });
}

/** The one document of an input. */
export async function readOne(
  name: string,
  input: string | Uint8Array | JsonValue,
  options: Partial<ParseOptions> = {},
): Promise<Document> {
  const documents = await read(name, input, options);
  assert.is(documents.length, 1, `${name} holds ${documents.length} documents`);
  return documents[0]!;
}

/** Where a tree has the part that a pointer's steps lead to, as `line:column`. */
export function placeIn(source: SourceText, tree: Tree, ...steps: string[]): string {
  const { line, column } = source.positionAt(tree.locate(steps).start);
  return `${line}:${column}`;
}

/** Where a document has the part that a pointer leads to, as `line:column`. */
export function place(document: Document, pointer?: string): string {
  const position = document.locate(pointer);
  return position === undefined ? "nowhere" : `${position.line}:${position.column}`;
}

/** The error of an action that must fail, as `code line:column`; its message must match. */
export async function failure(
  action: () => unknown,
  message: RegExp = /./,
): Promise<`${ErrorCode} ${string}`> {
  try {
    await action();
  } catch (error) {
    if (!(error instanceof PluginError)) throw error;
    assert.match(error.message, message);
    return `${error.code} ${error.details.line ?? "?"}:${error.details.column ?? "?"}`;
  }
  return assert.unreachable("nothing failed") as never;
}

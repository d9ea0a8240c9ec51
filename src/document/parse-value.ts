import type { JsonValue } from "../json.ts";
import { LIMITS } from "../limits.ts";
import { PluginError } from "../plugin-error.ts";
import { decodeText } from "./decode.ts";
import type { Position } from "./document.ts";
import { SourceText } from "./source-text.ts";
import { parseText } from "./syntax/parse-text.ts";
import type { Tree } from "./tree.ts";

type ValueSyntax = "json" | "yaml" | "toml";

/**
 * Reads one value of a file that an operator wrote: settings, a configuration. Unlike a document it
 * is never recognised: settings that look like a Kubernetes list or a DSSE envelope stay as they are.
 *
 * `.json` is JSON and `.toml` is TOML; anything else is YAML, or what its text shows it to be of the
 * three.
 *
 * @param bytes as `decodeText` takes them; the caller bounds their number
 * @param name the file's name, for its ending and for messages
 * @returns undefined where the file holds nothing, or comments alone
 * @throws {PluginError} with `details.line` and `details.column`: `document.encoding`, `.malformed`
 * (also for several values), `.duplicate-key`, `.number-overflow`, `.too-deep`, `.too-many-aliases`;
 * `input.too-large`
 */
export async function parseValue(bytes: Uint8Array, name: string): Promise<JsonValue | undefined> {
  return (await parseLocatedValue(bytes, name))?.value;
}

/** A value, and where its parts stand in its file. */
export interface LocatedValue {
  readonly value: JsonValue;
  /** Where the steps of a pointer lead to, or the nearest ancestor that is there. */
  locate(tokens: readonly string[]): Position;
}

/** {@link parseValue}, with places. */
export async function parseLocatedValue(
  bytes: Uint8Array,
  name: string,
): Promise<LocatedValue | undefined> {
  const source = new SourceText(name, decodeText(bytes));
  const syntaxes = syntaxesOf(name);
  const trees = await parseTrees(source, syntaxes);
  const [first, second] = trees;
  if (second !== undefined) {
    throw source.fault(
      "document.malformed",
      `Cannot read "${name}" as one value: it holds ${trees.length}`,
      second.locate([]).start,
    );
  }
  // What the parser leaves to the kind to judge; a value has none.
  const tag = first?.disputes?.["compose-tag"];
  if (tag !== undefined) {
    throw source.fault("document.malformed", `Parsing YAML failed: ${tag.message}`, tag.offset);
  }
  return first && {
    value: first.value,
    locate: (tokens) => source.positionAt(first.locate(tokens).start),
  };
}

async function parseTrees(
  source: SourceText,
  syntaxes: readonly [ValueSyntax, ...ValueSyntax[]],
): Promise<readonly Tree[]> {
  try {
    return (await parseText(source, LIMITS, { kind: syntaxes[0], syntaxes })).trees;
  } catch (error) {
    // No kind was named here, so the parser's own words say more than that it is not of that kind.
    const isMismatch = error instanceof PluginError && error.code === "document.kind-mismatch";
    throw isMismatch && error.cause instanceof PluginError ? error.cause : error;
  }
}

function syntaxesOf(name: string): readonly [ValueSyntax, ...ValueSyntax[]] {
  const ending = /\.(json|toml)$/i.exec(name)?.[1]?.toLowerCase();
  return ending === undefined ? ["yaml", "json", "toml"] : [ending as "json" | "toml"];
}

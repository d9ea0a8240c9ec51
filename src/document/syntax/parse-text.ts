import { isJsonObject } from "../../json.ts";
import { PluginError } from "../../plugin-error.ts";
import type { DocumentKind } from "../kind.ts";
import type { SourceText } from "../source-text.ts";
import type { Tree, TreeLimits } from "../tree.ts";
import { type Syntax, syntaxByContent, syntaxByName } from "./guess-syntax.ts";

/**
 * Text, in UTF-16 code units, that the parsers of small files take. What they build is many times the
 * text's size, and nobody writes such files by the megabyte; YAML counts its tokens besides.
 */
const MAX_LENGTHS: { readonly [syntax in Syntax]?: number } = {
  "yaml": 8 * 1024 * 1024,
  "toml": 4 * 1024 * 1024,
  "dockerfile": 1024 * 1024,
  "cipd-ensure": 1024 * 1024,
  "cipd-versions": 1024 * 1024,
};

/** A text's trees, and the syntax they were read by. */
export interface ParsedText {
  readonly syntax: Syntax;
  readonly trees: readonly Tree[];
}

/** The kind that a caller insists on, and the syntaxes that it can have. */
export interface ForcedSyntax {
  readonly kind: DocumentKind;
  readonly syntaxes: readonly Syntax[];
}

/**
 * Parses a text by its own syntax: what it says itself comes first, what its name says settles the
 * rest. Each parser is loaded when it is needed.
 *
 * @throws {PluginError} as the parsers do; `document.malformed` for text that is nothing known,
 * `document.kind-mismatch` for text that looks like something else than the forced kind
 */
export async function parseText(
  source: SourceText,
  limits: TreeLimits,
  forced?: ForcedSyntax,
): Promise<ParsedText> {
  const wanted = forced?.syntaxes;
  if (source.text.trim() === "") return { syntax: wanted?.[0] ?? "yaml", trees: [] };
  const named = syntaxByName(source.name);
  const guess = chooseSyntax(source.text, named);
  const syntax = wanted === undefined || wanted.includes(guess) ? guess : wanted[0]!;
  const isNamed = named !== undefined || wanted !== undefined;
  try {
    const trees = await parseBy(syntax, source, limits);
    if (!isNamed && syntax === "yaml" && trees.some(({ value }) => !isCollection(value))) {
      throw source.fault("document.malformed", "it is text without a mapping or a list", 0);
    }
    return { syntax, trees };
  } catch (error) {
    if (!(error instanceof PluginError) || error.code !== "document.malformed") throw error;
    // Flow style begins like JSON.
    if (syntax === "json" && named === "yaml" && (wanted ?? ["yaml"]).includes("yaml")) {
      return { syntax: "yaml", trees: await parseBy("yaml", source, limits) };
    }
    if (forced !== undefined && syntax !== guess) {
      throw new PluginError(
        "document.kind-mismatch",
        `Reading the document as ${forced.kind} failed: ${error.message}`,
        { details: error.details, cause: error },
      );
    }
    if (isNamed || syntax !== "yaml") throw error;
    throw new PluginError(
      "document.malformed",
      "Recognising the input failed: it is neither JSON, TOML, a Dockerfile nor an ensure file, " +
        `nor is it YAML (${error.message}); name its kind if it is one`,
      { details: error.details, cause: error },
    );
  }
}

function chooseSyntax(text: string, named: Syntax | undefined): Syntax {
  if (named === undefined) return syntaxByContent(text);
  if (named === "yaml") return /^\s*[{[]/.test(text) ? "json" : "yaml";
  // One value over several lines is no JSON Lines, but people name it so.
  if (named === "json-lines") return /^\s*[{[][^\S\n]*\r?\n/.test(text) ? "json" : "json-lines";
  return named;
}

function isCollection(value: unknown): boolean {
  return Array.isArray(value) || isJsonObject(value);
}

/** A library that runs out of stack or memory for its arrays must not look like a fault of ours. */
async function parseBy(syntax: Syntax, source: SourceText, limits: TreeLimits): Promise<Tree[]> {
  const maxLength = MAX_LENGTHS[syntax] ?? Infinity;
  if (source.text.length > maxLength) {
    throw source.fault(
      "input.too-large",
      `Parsing the input failed: it has ${source.text.length} characters, at most ${maxLength} are ` +
        `read of this syntax, ${syntax}`,
      0,
    );
  }
  try {
    return await load(syntax, source, limits);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw source.fault(
      "document.too-deep",
      `Parsing the input failed: the parser gave up on its depth or size (${error.message})`,
      0,
      error,
    );
  }
}

async function load(syntax: Syntax, source: SourceText, limits: TreeLimits): Promise<Tree[]> {
  switch (syntax) {
    case "json": {
      const { parseJson } = await import("./json.ts");
      return [parseJson(source, limits)];
    }
    case "json-lines": {
      const { parseJsonLines } = await import("./json.ts");
      return parseJsonLines(source, limits);
    }
    case "yaml": {
      const { parseYaml } = await import("./yaml.ts");
      return parseYaml(source, limits);
    }
    case "toml": {
      const { parseToml } = await import("./toml.ts");
      return present(parseToml(source, limits));
    }
    case "dockerfile": {
      const { parseDockerfile } = await import("./dockerfile.ts");
      return present(parseDockerfile(source));
    }
    case "cipd-ensure": {
      const { parseCipdEnsure } = await import("./cipd-ensure.ts");
      return parseCipdEnsure(source);
    }
    case "cipd-versions": {
      const { parseCipdVersions } = await import("./cipd-versions.ts");
      return parseCipdVersions(source);
    }
  }
}

function present(tree: Tree | undefined): Tree[] {
  return tree === undefined ? [] : [tree];
}

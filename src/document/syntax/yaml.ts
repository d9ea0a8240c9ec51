import { Composer, type Document, isScalar, Lexer, type ParsedNode, Parser } from "yaml";
import type { SourceText } from "../source-text.ts";
import type { Tree, TreeLimits } from "../tree.ts";
import { YamlConversion } from "./yaml-conversion.ts";
import { locateInYaml } from "./yaml-locate.ts";

/**
 * Lexemes of one file. Each costs the library some 300 bytes, so a hostile file within the input's
 * bound could fill the memory; 1.9 MB of Kubernetes manifests are 200,000.
 */
const MAX_LEXEMES = 2_000_000;

/** Lines that begin like a directive, be they one or not. */
const MAX_DIRECTIVES = 10_000;

/** Entries on the parser's stack that do not nest values: the document, a scalar, a pending key. */
const STACK_MARGIN = 4;

/**
 * Parses a YAML stream by the core schema of YAML 1.2, whatever a `%YAML` directive says; what such
 * a directive, or a reader of YAML 1.1, would change is reported as a dispute. Documents that hold
 * nothing are skipped.
 *
 * @throws {PluginError} `document.malformed`, `.duplicate-key`, `.number-overflow`, `.too-deep`,
 * `.too-many-aliases`, `.encoding`; `input.too-large` beyond 2,000,000 lexemes
 * @see YAML 1.2.2
 */
export function parseYaml(source: SourceText, limits: TreeLimits): Tree[] {
  checkCharacters(source);
  checkDirectives(source);
  const trees: Tree[] = [];
  const lexer = new Lexer();
  const parser = new Parser();
  // The failsafe schema leaves every scalar as written: numbers must not be rounded on their way.
  const composer = new Composer({
    schema: "failsafe",
    resolveKnownTags: false,
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: "silent",
  });
  const checksSurrogates = /\\(?:u|U0000)[dD][89a-fA-F]/.test(source.text);
  const take = (documents: Iterable<Document.Parsed>): void => {
    for (const document of documents) {
      const tree = readDocument(source, limits, document, checksSurrogates);
      if (tree !== undefined) trees.push(tree);
    }
  };
  let lexemes = 0;
  for (const lexeme of lexer.lex(source.text)) {
    for (const token of parser.next(lexeme)) take(composer.next(token));
    // Composing is recursive, so the depth is bounded while the tokens are still on a stack.
    if (parser.stack.length > limits.depth + STACK_MARGIN) {
      throw tooDeep(source, limits, parser.offset);
    }
    if (++lexemes > MAX_LEXEMES) {
      throw source.fault(
        "input.too-large",
        `Parsing YAML failed: the file has more than ${MAX_LEXEMES} tokens`,
        parser.offset,
      );
    }
  }
  for (const token of parser.end()) take(composer.next(token));
  take(composer.end(false, source.text.length));
  return trees;
}

/**
 * A lone CR, NEL, LS and PS end a line, and with it a comment, for the YAML libraries of Go, as in
 * YAML 1.1; to YAML 1.2 and ours all but the CR are text. A byte-order mark at the beginning of a
 * later line is skipped by the former alone.
 *
 * @see go-yaml, yamlprivateh.go, is_break; scannerc.go, yaml_parser_scan_to_next_token
 */
function checkCharacters(source: SourceText): void {
  const offset = source.text.search(/\r(?!\n)|[\u0085\u2028\u2029\uFEFF]/);
  if (offset < 0) return;
  const code = source.text.charCodeAt(offset).toString(16).toUpperCase().padStart(4, "0");
  throw source.fault(
    "document.malformed",
    `Parsing YAML failed: the bare character U+${code} ends a line for some readers only; write ` +
      "LF or CR LF, or an escape in double quotes",
    offset,
  );
}

/** The library keeps and copies directives one by one; a file has at most a handful of them. */
function checkDirectives(source: SourceText): void {
  let count = 0;
  for (const { index } of source.text.matchAll(/^%/gm)) {
    if (++count > MAX_DIRECTIVES) {
      throw source.fault(
        "input.too-large",
        `Parsing YAML failed: more than ${MAX_DIRECTIVES} lines begin with "%"`,
        index,
      );
    }
  }
}

function readDocument(
  source: SourceText,
  limits: TreeLimits,
  document: Document.Parsed,
  checksSurrogates: boolean,
): Tree | undefined {
  const [error] = document.errors;
  if (error !== undefined) {
    throw source.fault(
      "document.malformed",
      `Parsing YAML failed: ${error.message}`,
      error.pos[0],
      error,
    );
  }
  const root = document.contents;
  if (root === null || isEmpty(root)) return undefined;
  const claimsYaml11 = document.directives.yaml.explicit === true &&
    String(document.directives.yaml.version) === "1.1";
  const convert = (reader: "core" | "go"): Tree => {
    const conversion = new YamlConversion(source, limits, {
      reader,
      checksSurrogates,
      claimsYaml11,
    });
    const value = conversion.convert(root);
    return {
      value,
      locate: (tokens) => locateInYaml(root, tokens, conversion.anchors, reader),
      disputes: conversion.disputes,
    };
  };
  return { ...convert("core"), rereadAsGo: () => convert("go") };
}

/** True for a document that holds nothing at all, which is not the same as `null`. */
function isEmpty(node: ParsedNode): boolean {
  return isScalar(node) && node.source === "" && node.type === "PLAIN" &&
    node.tag === undefined && node.anchor === undefined;
}

function tooDeep(source: SourceText, limits: TreeLimits, offset: number): Error {
  return source.fault(
    "document.too-deep",
    `Parsing YAML failed: values are nested more than ${limits.depth} deep`,
    offset,
  );
}

import { sha256Digest } from "../digest.ts";
import { pointerTokens } from "../json.ts";
import { LIMITS, type Limits } from "../limits.ts";
import { PluginError } from "../plugin-error.ts";
import { decodeText } from "./decode.ts";
import type { Document, Evidence } from "./document.ts";
import type { DocumentKind } from "./kind.ts";
import type { Draft } from "./recognise/draft.ts";
import { Recognisers } from "./recognise/recognise.ts";
import { SourceText } from "./source-text.ts";
import type { Syntax } from "./syntax/guess-syntax.ts";
import { parseText } from "./syntax/parse-text.ts";
import type { Tree } from "./tree.ts";

/** How an input is to be read. */
export interface ParseOptions {
  /** The input's name; its ending settles the syntax where the content leaves it open. */
  readonly name: string;
  /** The kind that every document of the input must be; found out from the content without it. */
  readonly kind?: DocumentKind;
  /** `sha256:<hex>` of the bytes, where the caller has it; computed without it. */
  readonly digest?: string;
  readonly limits?: Pick<Limits, "inputBytes" | "depth" | "aliasedNodes">;
}

const MEDIA_TYPES: { readonly [syntax in Syntax]: string } = {
  "json": "application/json",
  "json-lines": "application/json",
  "yaml": "application/yaml",
  "toml": "application/toml",
  "dockerfile": "text/x-dockerfile",
  "cipd-ensure": "text/plain",
  "cipd-versions": "text/plain",
};

/**
 * Reads the documents of one input: the items of a Kubernetes list, the documents of a YAML stream,
 * the pins of an ensure file each by itself; an attestation taken out of its envelope.
 *
 * @param bytes the input; UTF-8, or UTF-16 with or without a byte-order mark
 * @returns the documents in the order of the text; none where it holds nothing, or comments alone
 * @throws {PluginError} with `details.line` and `details.column`: `input.too-large`,
 * `document.encoding`, `.malformed`, `.duplicate-key`, `.number-overflow`, `.too-deep`,
 * `.too-many-aliases`, `.kind-mismatch`
 */
export async function parseDocuments(
  bytes: Uint8Array,
  options: ParseOptions,
): Promise<Document[]> {
  const limits = options.limits ?? LIMITS;
  if (bytes.length > limits.inputBytes) {
    throw new PluginError(
      "input.too-large",
      `Reading the input failed: it has ${bytes.length} bytes, at most ${limits.inputBytes} are read`,
    );
  }
  const source = new SourceText(options.name, decodeText(bytes));
  const { kind } = options;
  const all = kind === undefined ? undefined : await Recognisers.load();
  const forced = kind && all && { kind, syntaxes: all.of(kind).syntaxes };
  const { syntax, trees } = await parseText(source, limits, forced);
  const recognisers = all ?? await Recognisers.load(syntax);
  const drafts = recognisers.read(
    trees,
    (tree) => ({ source, syntax, tree, limits }),
    kind,
  );
  if (drafts.length === 0) return [];

  const inputDigest = options.digest ?? await sha256Digest(bytes);
  const isWhole = trees.length === 1;
  const [only] = drafts.length === 1 ? drafts : [];
  const mediaType = only?.draft.mediaType ?? sharedMediaType(drafts.map(({ draft }) => draft)) ??
    MEDIA_TYPES[syntax];
  return await Promise.all(drafts.map(async ({ tree, draft }, index): Promise<Document> => {
    const digest = draft.digest ??
      (only !== undefined && draft.kind !== "in-toto" ? inputDigest : undefined);
    return {
      kind: draft.kind,
      object: draft.object,
      subject: {
        name: draft.name ?? options.name,
        ...(digest === undefined ? {} : { digest }),
        source: options.name,
      },
      ...(draft.operation === undefined ? {} : { operation: draft.operation }),
      ...(draft.annotations === undefined ? {} : { annotations: draft.annotations }),
      evidence: await readEvidence(draft, tree, source, isWhole ? inputDigest : undefined),
      input: options.name,
      index,
      mediaType,
      inputDigest,
      locate: (pointer = "") => {
        const tokens = pointerTokens(pointer);
        return tokens && source.positionAt(placeOf(draft, tree, tokens));
      },
    };
  }));
}

function sharedMediaType(drafts: readonly Draft[]): string | undefined {
  const type = drafts[0]?.mediaType;
  return drafts.every((draft) => draft.mediaType === type) ? type : undefined;
}

function placeOf(draft: Draft, tree: Tree, tokens: readonly string[]): number {
  const place = draft.place?.(tokens);
  if (place === undefined) return tree.locate([...draft.base, ...tokens]).start;
  const span = tree.locate(place.steps);
  return place.isValue ? span.value : span.start;
}

/** Evidence is digested as it stands in the file: the whole of it, or its piece of the text. */
async function readEvidence(
  draft: Draft,
  tree: Tree,
  source: SourceText,
  wholeDigest: string | undefined,
): Promise<Evidence[]> {
  return await Promise.all((draft.evidence ?? []).map(async ({ mediaType, steps, body }) => {
    const span = tree.locate(steps);
    const digest = steps.length === 0 && wholeDigest !== undefined
      ? wholeDigest
      : await sha256Digest(new TextEncoder().encode(source.text.slice(span.value, span.end)));
    return { mediaType, digest, verified: false, body };
  }));
}

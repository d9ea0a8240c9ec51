import canonicalize from "canonicalize";
import type { Manifest } from "../bundle/manifest.ts";
import { sha256Digest } from "../digest.ts";
import type { Document, Evidence, Subject } from "../document/document.ts";
import type { DocumentKind } from "../document/kind.ts";
import { parseDocuments } from "../document/parse.ts";
import type { JsonObject, JsonValue } from "../json.ts";
import { LIMITS } from "../limits.ts";
import { readFileBounded } from "../platform/file-system.ts";
import { pathFrom } from "../platform/path.ts";
import { PluginError } from "../plugin-error.ts";

/** Evidence as an author writes it; by default of no verified origin, with the digest of its body. */
export interface GivenEvidence {
  readonly mediaType: string;
  readonly body: JsonValue;
  readonly digest?: string | undefined;
  readonly verified?: boolean | undefined;
}

/** What a policy is asked in a test: one of `object`, `input` and `file`, and what is known of it. */
export interface Question {
  /**
   * What the object is. Needed with `object`, where a policy judges several kinds; a text is recognised
   * by its content, and has to be found to be of this kind.
   */
  readonly kind?: DocumentKind | undefined;
  /** The object itself. */
  readonly object?: JsonValue | undefined;
  /** The text of a file. */
  readonly input?: string | undefined;
  /** With `input`, the name of that file; alone, the path of a file, from where the test stands. */
  readonly file?: string | undefined;
  /** Which document of the text, from 0; needed where it holds several. */
  readonly document?: number | undefined;
  /** What the question is about; a name stands for a subject of that name. */
  readonly subject?: string | Subject | undefined;
  readonly operation?: string | undefined;
  readonly annotations?: JsonObject | undefined;
  /** Added behind the document's own. */
  readonly evidence?: readonly GivenEvidence[] | undefined;
}

/**
 * The document that a question is about.
 *
 * @param from The path of the file in which the question stands.
 * @throws {PluginError} `test.case-invalid`, `document.*`, `input.*`
 */
export async function documentOf(
  question: Question,
  manifest: Manifest,
  from: string,
): Promise<Document> {
  const document = question.object === undefined
    ? await readText(question, from)
    : objectDocument(question.object, question.kind ?? onlyKind(manifest));
  const { subject, operation, annotations, evidence = [] } = question;
  return {
    ...document,
    ...(subject === undefined
      ? {}
      : { subject: typeof subject === "string" ? { name: subject } : subject }),
    ...(operation === undefined ? {} : { operation }),
    ...(annotations === undefined ? {} : { annotations }),
    evidence: [...document.evidence, ...await Promise.all(evidence.map(evidenceOf))],
  };
}

function invalid(why: string): PluginError {
  return new PluginError("test.case-invalid", `Cannot put the question: ${why}`);
}

/** The one kind that a policy judges. */
function onlyKind({ implements: contracts }: Manifest): DocumentKind {
  const kinds = contracts.find((item) => item.contract === "admission")?.kinds ?? [];
  if (kinds.length === 1) return kinds[0]!;
  throw invalid(`it has an "object" and no "kind"; this plugin judges ${kinds.join(", ")}`);
}

async function readText(
  { input, file, kind, document: index }: Question,
  from: string,
): Promise<Document> {
  if (input === undefined && file === undefined) {
    throw invalid('it has none of "object", "input" and "file"');
  }
  const bytes = input === undefined
    ? await readFileBounded(pathFrom(from, file!), LIMITS.inputBytes)
    : new TextEncoder().encode(input);
  const documents = await parseDocuments(bytes, { name: file ?? "input" });
  if (index === undefined && documents.length !== 1) {
    throw invalid(`the text holds ${documents.length} documents; "document" says which, from 0`);
  }
  const document = documents[index ?? 0];
  if (document === undefined) {
    throw invalid(`"document" is ${index}, and the text holds ${documents.length}`);
  }
  if (kind === undefined || document.kind === kind) return document;
  throw new PluginError(
    "document.kind-mismatch",
    `Cannot put the question: "kind" is ${kind}, and the text was recognised as ${document.kind}`,
  );
}

function objectDocument(object: JsonValue, kind: DocumentKind): Document {
  return {
    kind,
    object,
    subject: { name: "case" },
    evidence: [],
    input: "case",
    index: 0,
    mediaType: "application/json",
    inputDigest: `sha256:${"0".repeat(64)}`,
    locate: () => undefined,
  };
}

async function evidenceOf(
  { mediaType, body, digest, verified = false }: GivenEvidence,
): Promise<Evidence> {
  const bytes = () => new TextEncoder().encode(canonicalize(body));
  return { mediaType, digest: digest ?? await sha256Digest(bytes()), verified, body };
}

import { readdirSync, readFileSync } from "node:fs";
import * as assert from "uvu/assert";
import { parse } from "yaml";
import {
  type AdmissionRequest,
  admissionRequest,
  type Verdict,
} from "../../src/contract/admission.ts";
import type { Document } from "../../src/document/document.ts";
import type { DocumentKind } from "../../src/document/kind.ts";
import { parseDocuments } from "../../src/document/parse.ts";
import type { JsonObject, JsonValue } from "../../src/json.ts";
import { jsonDocument } from "./document.ts";
import { projectPath } from "./paths.ts";

/** One entry of `wasm-plugins/<plugin>/cases/*.yaml`. */
export interface PolicyCase {
  /** The file's name and the case's own. */
  readonly title: string;
  readonly kind: DocumentKind;
  /** The object itself, or the text of a file that holds it. */
  readonly object?: JsonValue;
  readonly input?: string;
  /** The file's name, with `input`. */
  readonly file?: string;
  readonly operation?: string;
  readonly settings?: JsonObject;
  readonly expect: {
    readonly allowed: boolean;
    /** Ids in the order of the reasons. */
    readonly rules: readonly string[];
    /** JSON Pointers, in the same order. */
    readonly paths?: readonly string[];
  };
}

/**
 * Judges a request: what is compiled into a plugin takes it as it is; a host makes it itself, out of the
 * document and the request's settings.
 */
export type Check = (
  request: AdmissionRequest,
  document: Document,
) => Verdict | Promise<Verdict>;

/** The cases of a plugin's folder. */
export function readCases(plugin: string): PolicyCase[] {
  const folder = projectPath("wasm-plugins", plugin, "cases");
  return readdirSync(folder).sort().flatMap((file) => {
    const cases = parse(
      readFileSync(`${folder}/${file}`, "utf8"),
    ) as (PolicyCase & { name: string })[];
    return cases.map((item) => ({ ...item, title: `${file}: ${item.name}` }));
  });
}

/** Fails unless `check` gives the verdict that the case expects. */
export async function runCase(item: PolicyCase, check: Check): Promise<void> {
  const document = await documentOf(item);
  assert.is(document.kind, item.kind);
  const verdict = await check(requestFor(document, item.settings), document);
  assert.equal(verdict.reasons.map((reason) => reason.rule), item.expect.rules);
  assert.is(verdict.allowed, item.expect.allowed);
  if (item.expect.paths !== undefined) {
    assert.equal(verdict.reasons.map((reason) => reason.path), item.expect.paths);
  }
}

/** The request that a host makes of a document. */
export function requestFor(document: Document, settings: JsonObject = {}): AdmissionRequest {
  return admissionRequest(document, { settings, now: "2026-01-01T00:00:00Z" });
}

async function documentOf({ kind, object, input, file, operation }: PolicyCase): Promise<Document> {
  if (input === undefined) {
    return jsonDocument(object ?? null, {
      kind,
      ...(operation === undefined ? {} : { operation }),
    });
  }
  const bytes = new TextEncoder().encode(input);
  const documents = await parseDocuments(bytes, { name: file ?? "input" });
  assert.is(documents.length, 1);
  return documents[0]!;
}

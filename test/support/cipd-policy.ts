import { readdirSync, readFileSync } from "node:fs";
import * as assert from "uvu/assert";
import { parse } from "yaml";
import { type Manifest, parseManifest } from "../../src/bundle/manifest.ts";
import { admissionRequest, type Verdict } from "../../src/contract/admission.ts";
import { readVerdict } from "../../src/contract/verdict.ts";
import type { Document } from "../../src/document/document.ts";
import type { DocumentKind } from "../../src/document/kind.ts";
import { parseDocuments } from "../../src/document/parse.ts";
import type { JsonObject, JsonValue } from "../../src/json.ts";
import { LIMITS } from "../../src/limits.ts";
import type {
  MetadataEntry,
  MetadataHost,
  MetadataPage,
  MetadataRequest,
} from "../../wasm-plugins/cipd-policy/contract.ts";
import { judge } from "../../wasm-plugins/cipd-policy/judge.ts";
import { jsonDocument } from "./document.ts";
import { projectPath } from "./paths.ts";

/** What a case says of the host: entries of every package, or one answer to every question. */
interface CaseHost {
  readonly metadata?: readonly Omit<MetadataEntry, "encoding">[];
  readonly answers?: {
    readonly metadata_list?: { readonly ok: MetadataPage } | { readonly error: object };
  };
}

/** What holds for every case of a file that does not say otherwise. */
interface CaseDefaults {
  readonly kind: DocumentKind;
  readonly settings: JsonValue;
  readonly host?: CaseHost;
}

/** One case of `wasm-plugins/cipd-policy/cases/*.yaml`. */
export interface Case extends CaseDefaults {
  readonly name: string;
  readonly title: string;
  /** The object itself, or the text of a file that holds it. */
  readonly object?: JsonValue;
  readonly input?: string;
  /** The file's name, with `input`. */
  readonly file?: string;
  readonly expect: {
    readonly allowed: boolean;
    /** Ids in the order of the reasons; so are the paths, null for none, and parts of messages. */
    readonly rules: readonly string[];
    readonly paths?: readonly (string | null)[];
    readonly messages?: readonly string[];
    /** What the policy asked of the host. */
    readonly calls?: readonly string[];
  };
}

const FOLDER = projectPath("wasm-plugins/cipd-policy");

/** The plugin's. */
export const manifest: Manifest = parseManifest(
  JSON.parse(readFileSync(`${FOLDER}/plugin.json`, "utf8")),
);

/** All of them, in the order of their files. */
export const cases: readonly Case[] = readdirSync(`${FOLDER}/cases`).sort().flatMap(
  (file): Case[] => {
    const { cases, ...defaults } = parse(readFileSync(`${FOLDER}/cases/${file}`, "utf8")) as
      & CaseDefaults
      & { readonly cases: readonly Case[] };
    return cases.map((item) => ({ ...defaults, ...item, title: `${file}: ${item.name}` }));
  },
);

const NOW = "2026-01-01T00:00:00Z";

/** An instance ID of SHA-256. */
export const INSTANCE: string = "qUiQTy8PR5uPgZdpSzAYSw0u0cHNKh7A-4XSmaGSpEcC";

/** A host that answers, and remembers what it was asked. */
export class FakeHost implements MetadataHost {
  readonly asked: MetadataRequest[] = [];
  readonly metadata: MetadataHost["metadata"];

  constructor(list: (request: MetadataRequest) => MetadataPage) {
    this.metadata = {
      list: (request) => {
        this.asked.push(JSON.parse(JSON.stringify(request)));
        return list(request);
      },
    };
  }
}

/** Holds no metadata, or what a case says. */
export function hostOf({ metadata = [], answers }: CaseHost = {}): FakeHost {
  return new FakeHost(({ keys }) => {
    const answer = answers?.metadata_list;
    if (answer === undefined) {
      const entries = metadata.map((entry) => ({ ...entry, encoding: "utf8" as const }));
      return { entries: entries.filter(({ key }) => keys.includes(key)) };
    }
    if ("ok" in answer) return answer.ok;
    throw Object.assign(new Error(), answer.error);
  });
}

/** Asks as a host does: JSON in, JSON out, and nothing but a verdict is an answer. */
export function check(
  document: Document,
  settings: JsonValue,
  host: MetadataHost = hostOf(),
): Verdict {
  const request = admissionRequest(document, { settings, now: NOW });
  const answer = JSON.stringify(judge(JSON.parse(JSON.stringify(request)), host));
  const bytes = new TextEncoder().encode(answer);
  assert.ok(bytes.length <= LIMITS.callOutputBytes, `${bytes.length} bytes`);
  return readVerdict(bytes, { now: NOW, rules: manifest.rules ?? [] });
}

/** Asks about a pin. */
export function checkPin(pin: JsonObject, settings: JsonValue, host?: MetadataHost): Verdict {
  return check(jsonDocument(pin, { kind: "cipd.pin" }), settings, host);
}

/** A pin of the package that {@link requiring} is about. */
export const PIN: JsonObject = { package: "shop/web", instanceId: INSTANCE };

/** Settings that require metadata. */
export const requiring = (...metadata: JsonValue[]): JsonObject => ({
  packages: [{ prefix: "shop", metadata }],
});

/** The rules of the reasons. */
export const rulesOf = (verdict: Verdict): string[] => verdict.reasons.map(({ rule }) => rule);

/** The document that a case is about. */
export async function documentOf(item: Case): Promise<Document> {
  if (item.input === undefined) return jsonDocument(item.object ?? null, { kind: item.kind });
  const bytes = new TextEncoder().encode(item.input);
  const documents = await parseDocuments(bytes, { name: item.file ?? "input" });
  assert.is(documents.length, 1);
  return documents[0]!;
}

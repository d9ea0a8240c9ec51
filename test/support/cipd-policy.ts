import * as assert from "uvu/assert";
import type { Manifest } from "../../src/bundle/manifest.ts";
import { admissionRequest, type Verdict } from "../../src/contract/admission.ts";
import { readVerdict } from "../../src/contract/verdict.ts";
import type { Document } from "../../src/document/document.ts";
import type { MetadataListAnswer, MetadataListRequest } from "../../src/guest/host.ts";
import type { JsonObject, JsonValue } from "../../src/json.ts";
import { LIMITS } from "../../src/limits.ts";
import type { CaseHost } from "../../src/testing/case.ts";
import { judge } from "../../wasm-plugins/cipd-policy/judge.ts";
import type { MetadataHost } from "../../wasm-plugins/cipd-policy/metadata.ts";
import { manifestOf } from "./cases.ts";
import { jsonDocument } from "./document.ts";

/** The plugin's. */
export const manifest: Manifest = await manifestOf("cipd-policy");

const NOW = "2026-01-01T00:00:00Z";

/** An instance ID of SHA-256. */
export const INSTANCE: string = "qUiQTy8PR5uPgZdpSzAYSw0u0cHNKh7A-4XSmaGSpEcC";

/** A host that answers, and remembers what it was asked. */
export class FakeHost implements MetadataHost {
  readonly asked: MetadataListRequest[] = [];
  readonly metadata: MetadataHost["metadata"];

  constructor(list: (request: MetadataListRequest) => MetadataListAnswer) {
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
      return { entries: entries.filter(({ key }) => keys!.includes(key)) } as MetadataListAnswer;
    }
    if ("ok" in answer) return answer.ok as unknown as MetadataListAnswer;
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

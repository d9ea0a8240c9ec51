import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { parse } from "yaml";
import { PROJECT } from "../../scripts/project.ts";
import { parseManifest } from "../../src/bundle/manifest.ts";
import {
  type AdmissionRequest,
  admissionRequest,
  type Verdict,
} from "../../src/contract/admission.ts";
import { encodeVerdict, readVerdict } from "../../src/contract/verdict.ts";
import type { Document } from "../../src/document/document.ts";
import type { DocumentKind } from "../../src/document/kind.ts";
import { parseDocuments } from "../../src/document/parse.ts";
import type { JsonObject, JsonValue } from "../../src/json.ts";
import { LIMITS } from "../../src/limits.ts";
import { checkSchema } from "../../src/sandbox/schema-task.ts";
import { judge } from "../../wasm-plugins/sbom-policy/judge.ts";
import { jsonDocument } from "../support/document.ts";
import { suite } from "../support/suite.ts";

/** One entry of `wasm-plugins/sbom-policy/cases/*.yaml`. */
interface Case {
  readonly name: string;
  readonly kind: DocumentKind;
  /** The object itself, or the text of a file that holds it. */
  readonly object?: JsonValue;
  readonly input?: string;
  /** The file's name, with `input`. */
  readonly file?: string;
  readonly settings?: JsonObject;
  readonly expect: {
    readonly allowed: boolean;
    /** Ids in the order of the reasons. */
    readonly rules: readonly string[];
    /** JSON Pointers, in the same order. */
    readonly paths?: readonly string[];
  };
}

const FOLDER = join(PROJECT, "wasm-plugins/sbom-policy");
const manifest = parseManifest(JSON.parse(readFileSync(join(FOLDER, "plugin.json"), "utf8")));
const rules = manifest.rules ?? [];

const cases = readdirSync(join(FOLDER, "cases")).sort().flatMap((file) =>
  (parse(readFileSync(join(FOLDER, "cases", file), "utf8")) as Case[])
    .map((item) => ({ ...item, title: `${file}: ${item.name}` }))
);

const NOW = "2026-01-01T00:00:00Z";

/** Asks as a host does: JSON in, JSON out, and nothing but a verdict is an answer. */
function check(request: AdmissionRequest): Promise<Verdict> {
  const answer = JSON.stringify(judge(JSON.parse(JSON.stringify(request))));
  assert.ok(answer.length <= LIMITS.callOutputBytes, `${answer.length} characters`);
  const bytes = new TextEncoder().encode(answer);
  return Promise.resolve(readVerdict(bytes, { now: NOW, rules }));
}

const checkDocument = (document: Document, settings: JsonValue = {}) =>
  check(admissionRequest(document, { settings, now: NOW }));

const checkObject = (kind: DocumentKind, object: JsonValue, settings?: JsonValue) =>
  checkDocument(jsonDocument(object, { kind }), settings);

const components = (...list: JsonValue[]): JsonValue => ({
  bomFormat: "CycloneDX",
  specVersion: "1.6",
  components: list,
});

const licensed = (expression: string, name = "a"): JsonValue => ({
  name,
  licenses: [{ expression }],
});

const test = suite("wasm-plugins/sbom-policy");

for (const item of cases) {
  test(item.title, async () => {
    const { settings = {} } = item;
    assert.equal(checkSchema(manifest.settings, settings), []);
    const document = await documentOf(item);
    assert.is(document.kind, item.kind);
    const verdict = await checkDocument(document, settings);
    assert.equal(verdict.reasons.map((reason) => reason.rule), item.expect.rules);
    assert.is(verdict.allowed, item.expect.allowed);
    if (item.expect.paths !== undefined) {
      assert.equal(verdict.reasons.map((reason) => reason.path), item.expect.paths);
    }
  });
}

test("cases show every rule of the manifest, and no other", () => {
  // That there are more reasons takes a thousand of them, below.
  const shown = new Set([...cases.flatMap((item) => item.expect.rules), "more-reasons"]);
  assert.equal([...shown].sort(), rules.map((rule) => rule.id).sort());
});

test("cases show something allowed and something denied of every kind", () => {
  const shown = cases.map((item) => `${item.kind} ${item.expect.allowed}`);
  for (const kind of manifest.implements[0]!.kinds!) {
    assert.ok(shown.includes(`${kind} true`), kind);
    assert.ok(shown.includes(`${kind} false`), kind);
  }
});

const BAD_SETTINGS: readonly (readonly [JsonObject, string])[] = [
  [{ allowedLicenses: "MIT" }, "/allowedLicenses"],
  [{ allowedLicenses: ["MIT OR ISC"] }, "/allowedLicenses/0"],
  [{ allowedLicenses: [5] }, "/allowedLicenses/0"],
  [{ licenseAliases: { x: 5 } }, "/licenseAliases/x"],
  [{ licenseAliases: ["MIT"] }, "/licenseAliases"],
  [{ licenseFrom: "guess" }, "/licenseFrom"],
  [{ missingLicense: "allow" }, "/missingLicense"],
  [{ bannedPackages: [{ versions: "1" }] }, "/bannedPackages/0"],
  [{ bannedPackages: [{ package: "x", versions: 1 }] }, "/bannedPackages/0/versions"],
  [{ bannedPackages: [{ package: "x", reason: 1 }] }, "/bannedPackages/0/reason"],
  [{ exemptPackages: ["shop"] }, "/exemptPackages/0"],
];

for (const [settings, path] of BAD_SETTINGS) {
  test(`settings ${JSON.stringify(settings)} are refused`, async () => {
    const faults = checkSchema(manifest.settings, settings);
    assert.ok(faults.some((fault) => fault.path === path), JSON.stringify(faults));
    // The schema stands before the policy, which does not rely on it.
    const verdict = await checkObject("cyclonedx", components(licensed("MIT")), settings);
    assert.is(verdict.allowed, false);
    assert.equal(verdict.reasons.map((reason) => reason.rule), ["settings-readable"]);
  });
}

test("the manifest's default for allowed licences is the policy's", async () => {
  const properties = manifest.settings!["properties"] as Record<string, { default: JsonValue }>;
  const defaults = Object.fromEntries(
    Object.entries(properties).map(([key, schema]) => [key, schema.default]),
  );
  assert.equal(checkSchema(manifest.settings, defaults), []);
  for (const item of cases.filter((item) => item.settings === undefined)) {
    const document = await documentOf(item);
    const verdict = await checkDocument(document, defaults);
    assert.equal(verdict, await checkDocument(document), item.title);
  }
  const all = (properties["allowedLicenses"]!.default as string[]).join(" AND ");
  assert.is((await checkObject("cyclonedx", components(licensed(all)))).allowed, true);
});

test("messages name the component, its version, the licence and what is wrong with it", async () => {
  const { reasons } = await checkObject(
    "cyclonedx",
    components(
      { group: "org.acme", name: "shop", version: "1.2", licenses: [{ expression: "AGPL-3.0" }] },
      licensed("MIT AND (GPL-2.0-only OR MPL-2.0)", "b"),
      licensed("GPLv3+", "c"),
      { name: "d", version: "2", licenses: [{ license: { name: "Ours" } }] },
      { name: "e", version: "3" },
      { name: "f", version: "4.0.0", purl: "pkg:npm/f@4.0.0", licenses: [{ expression: "MIT" }] },
    ),
    { bannedPackages: [{ package: "pkg:npm/f", versions: "<5", reason: "it is old" }] },
  );
  assert.equal(reasons.map((reason) => reason.message), [
    '"org.acme/shop@1.2" has the licence "AGPL-3.0", which is not allowed.',
    '"b" has the licence "MIT AND (GPL-2.0-only OR MPL-2.0)"; not allowed is GPL-2.0-only, MPL-2.0.',
    '"c" has the licence "GPLv3+", which cannot be read: "GPLv3" is no SPDX id.',
    `"d@2" has the licence "Ours", which is neither SPDX's nor an alias.`,
    '"e@3" does not say under which licence it may be used.',
    '"f@4.0.0" is banned by "pkg:npm/f" ("<5"): "it is old".',
  ]);
});

test("messages name what an SPDX document calls its own licences", async () => {
  const { reasons } = await checkObject("spdx", {
    spdxVersion: "SPDX-2.3",
    hasExtractedLicensingInfos: [{ licenseId: "LicenseRef-1", name: "Beer" }],
    packages: [
      { SPDXID: "SPDXRef-a", name: "a", licenseConcluded: "LicenseRef-1" },
      { SPDXID: "SPDXRef-b", name: "b", licenseConcluded: "LicenseRef-2" },
    ],
  });
  assert.match(reasons[0]!.message, 'not allowed is LicenseRef-1 ("Beer").');
  assert.match(reasons[1]!.message, "LicenseRef-2, which this document does not explain.");
});

const EXPRESSIONS: readonly (readonly [string, string, string])[] = [
  ["long", "MIT OR ".repeat(600) + "MIT", "more than 4096 characters"],
  ["of many parts", "MIT AND ".repeat(200) + "MIT", "more than 150 operators"],
  ["deep", "(".repeat(50) + "MIT" + ")".repeat(50), "nests more than 20 deep"],
  ["of megabytes", "(".repeat(5_000_000), "more than 4096 characters"],
  ["of blanks", " ".repeat(4_000) + "x", "is no SPDX id"],
  ["incomplete", "MIT AND", "which cannot be read: it is incomplete."],
];

for (const [name, expression, message] of EXPRESSIONS) {
  test(`an expression that is ${name} cannot be read`, async () => {
    const { allowed, reasons } = await checkObject("cyclonedx", components(licensed(expression)));
    assert.is(allowed, false);
    assert.equal(reasons.map((reason) => reason.rule), ["license-readable"]);
    assert.match(reasons[0]!.message, message);
    assert.ok(reasons[0]!.message.length < 500);
  });
}

test("expressions within the bounds are read", async () => {
  const wide = "MIT OR ".repeat(130) + "(MIT AND ".repeat(20) + "MIT" + ")".repeat(20);
  const choices = Array.from({ length: 30 }, () => "(GPL-2.0-only OR MIT)").join(" AND ");
  const { reasons } = await checkObject(
    "cyclonedx",
    components(licensed(wide), licensed(choices), licensed("MIT\n  OR\tISC")),
  );
  assert.equal(reasons, []);
});

for (const count of [1_000, 10_000]) {
  test(`${count} components are judged`, async () => {
    const list = (expression: string) =>
      components(...Array.from({ length: count }, (_, i) => licensed(expression, `c${i}`)));
    const allowed = await checkObject("cyclonedx", list("MIT OR GPL-2.0-only"), {
      bannedPackages: Array.from({ length: 1_000 }, (_, i) => `pkg:npm/banned-${i}`),
    });
    assert.equal(allowed, { allowed: true, reasons: [] });

    const denied = await checkObject("cyclonedx", list("GPL-2.0-only"));
    assert.is(denied.allowed, false);
    assert.is(denied.reasons.length, 1_000);
    assert.is(denied.reasons.at(-2)!.path, "/components/998/licenses/0/expression");
    assert.equal(denied.reasons.at(-1), {
      rule: "more-reasons",
      message: `There are ${count - 999} reasons more, ${count - 999} of them errors.`,
      severity: "error",
      path: "",
    });
  });
}

test("an error denies, also one that there is no room for", async () => {
  const list = Array.from({ length: 2_000 }, () => ({ name: "a" } as JsonValue));
  const settings = { missingLicense: "warning" };
  const allowed = await checkObject("cyclonedx", components(...list), settings);
  assert.is(allowed.allowed, true);
  assert.is(allowed.reasons.at(-1)!.severity, "warning");

  const denied = await checkObject("cyclonedx", components(...list, licensed("x")), settings);
  assert.is(denied.allowed, false);
  assert.equal(denied.reasons.at(-1), {
    rule: "more-reasons",
    message: "There are 1002 reasons more, 1 of them errors.",
    severity: "error",
    path: "",
  });
});

test("components nested as deep as documents may be are judged", () => {
  let component: JsonObject = { name: "innermost" };
  for (let i = 0; i < 5_000; i++) {
    component = { name: "a", licenses: [{ expression: "MIT" }], components: [component] };
  }
  const request = admissionRequest(
    jsonDocument(components(component), { kind: "cyclonedx" }),
    { settings: {}, now: NOW },
  );
  const verdict = judge(request);
  assert.is(verdict.allowed, false);
  assert.equal(verdict.reasons.map((reason) => reason.rule), ["license-stated"]);
});

test("hostile texts come back in messages, cut short and as whole characters", async () => {
  const text = `"\\\n\u0000\u2028<script>${"🎉".repeat(5_000)}`;
  const name = `${text}\ud83c`;
  const verdict = await checkObject("cyclonedx", {
    bomFormat: "CycloneDX",
    components: Array.from({ length: 1_500 }, () => ({
      name: `\ud800${name}`,
      version: "\u0000".repeat(5_000),
      licenses: [{ license: { name: text } }],
    })),
  });
  assert.is(verdict.allowed, false);
  assert.is(verdict.reasons.at(-1)!.rule, "more-reasons");
  assert.match(verdict.reasons[0]!.message, '"\ufffd"\\\n\u0000\u2028<script>🎉');
  assert.ok(verdict.reasons[0]!.message.length < 600);
});

test("no value in no place keeps the policy from a verdict", async () => {
  const strange: readonly JsonValue[] = [
    null,
    0,
    "MIT",
    "__proto__",
    [],
    {},
    [null],
    {
      "": [[]],
    },
    JSON.parse('{ "__proto__": { "licenses": [] }, "toString": 1 }'),
    true,
  ];
  let count = 0;
  for (const item of cases) {
    for (const replace of places(item.object ?? null)) {
      const object = replace(strange[count++ % strange.length]!);
      const verdict = await checkObject(item.kind, object, item.settings);
      assert.is(verdict.allowed, !verdict.reasons.some((reason) => reason.severity === "error"));
    }
    for (const replace of places(item.settings ?? {})) {
      const settings = replace(strange[count++ % strange.length]!);
      const verdict = await checkObject(item.kind, item.object ?? null, settings);
      assert.is(verdict.allowed, !verdict.reasons.some((reason) => reason.severity === "error"));
    }
  }
  assert.ok(count > 1_000, `${count} places`);
});

test("a document of another kind is denied", async () => {
  const object = components(licensed("MIT"));
  for (
    const [kind, value] of [["json", object], ["spdx", object], ["cyclonedx", [object]]] as const
  ) {
    const verdict = await checkObject(kind, value as JsonValue);
    assert.equal(verdict.reasons.map((reason) => reason.rule), ["malformed-document"]);
  }
});

test("the same question gets the same bytes", async () => {
  const answers = new Set<string>();
  for (let i = 0; i < 3; i++) {
    answers.add(encodeVerdict(await checkObject("cyclonedx", components(licensed("é"), {}))));
  }
  assert.is(answers.size, 1);
});

async function documentOf(item: Case): Promise<Document> {
  if (item.input === undefined) return jsonDocument(item.object ?? null, { kind: item.kind });
  const bytes = new TextEncoder().encode(item.input);
  const documents = await parseDocuments(bytes, { name: item.file ?? "input" });
  assert.is(documents.length, 1);
  return documents[0]!;
}

/** For every value within `value`, itself included, how to put another one in its place. */
function* places(value: JsonValue): Generator<(other: JsonValue) => JsonValue> {
  yield (other) => other;
  if (typeof value !== "object" || value === null) return;
  for (const key of Object.keys(value)) {
    const copy = (member: JsonValue): JsonValue =>
      Array.isArray(value)
        ? value.map((item, i) => i === Number(key) ? member : item)
        : { ...value, [key]: member };
    const child = (value as JsonObject)[key]!;
    for (const replace of places(child)) yield (other) => copy(replace(other));
  }
}

test.run();

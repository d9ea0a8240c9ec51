import * as assert from "uvu/assert";
import type { Verdict } from "../../src/contract/admission.ts";
import { encodeVerdict } from "../../src/contract/verdict.ts";
import type { DocumentKind } from "../../src/document/kind.ts";
import type { JsonObject, JsonValue } from "../../src/json.ts";
import { refusesSettings } from "../support/cases.ts";
import { places } from "../support/places.ts";
import { suite } from "../support/suite.ts";
import { testPolicy } from "../support/tested-policy.ts";

const test = suite("wasm-plugins/sbom-policy");

// That there are more reasons takes a thousand of them, below.
const policy = await testPolicy(test, "sbom-policy", { elsewhere: ["more-reasons"] });

const check = (kind: DocumentKind, object: JsonValue, settings: JsonValue = {}): Promise<Verdict> =>
  policy.bench.plugin(import.meta.url).check({ kind, object, settings });

const components = (...list: JsonValue[]): JsonValue => ({
  bomFormat: "CycloneDX",
  specVersion: "1.6",
  components: list,
});

const licensed = (expression: string, name = "a"): JsonValue => ({
  name,
  licenses: [{ expression }],
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
  test(`settings ${JSON.stringify(settings)} are refused, and deny where nobody looked`, async () => {
    assert.match(await refusesSettings(policy.bench, settings), path);
    const { allowed, reasons } = await policy.bare.check(
      "cyclonedx",
      components(licensed("MIT")),
      settings,
    );
    assert.is(allowed, false);
    assert.equal(reasons.map((reason) => reason.rule), ["settings-readable"]);
  });
}

test("the manifest's defaults are the policy's", async () => {
  const properties = policy.manifest.settings!["properties"] as Record<
    string,
    { default: JsonValue }
  >;
  const defaults = Object.fromEntries(
    Object.entries(properties).map(([key, schema]) => [key, schema.default]),
  );
  const plugin = policy.bench.plugin(import.meta.url);
  for (const item of policy.cases.filter((item) => item.settings === undefined)) {
    const verdict = await plugin.check({ ...item, settings: defaults });
    assert.equal(verdict, await plugin.check(item), item.name);
  }
  const all = (properties["allowedLicenses"]!.default as string[]).join(" AND ");
  assert.is((await check("cyclonedx", components(licensed(all)))).allowed, true);
});

test("messages name the component, its version, the licence and what is wrong with it", async () => {
  const { reasons } = await check(
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
  const { reasons } = await check("spdx", {
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
    const { allowed, reasons } = await policy.bare.check(
      "cyclonedx",
      components(licensed(expression)),
    );
    assert.is(allowed, false);
    assert.equal(reasons.map((reason) => reason.rule), ["license-readable"]);
    assert.match(reasons[0]!.message, message);
    assert.ok(reasons[0]!.message.length < 500);
  });
}

test("expressions within the bounds are read", async () => {
  const wide = "MIT OR ".repeat(130) + "(MIT AND ".repeat(20) + "MIT" + ")".repeat(20);
  const choices = Array.from({ length: 30 }, () => "(GPL-2.0-only OR MIT)").join(" AND ");
  const { reasons } = await check(
    "cyclonedx",
    components(licensed(wide), licensed(choices), licensed("MIT\n  OR\tISC")),
  );
  assert.equal(reasons, []);
});

/** What a host judges by its own limits, and what takes more fuel than those. */
const COUNTS: readonly (readonly [number, typeof check])[] = [
  [1_000, check],
  [10_000, (...question) => policy.bare.check(...question)],
];

for (const [count, ask] of COUNTS) {
  test(`${count} components are judged`, async () => {
    const list = (expression: string) =>
      components(...Array.from({ length: count }, (_, i) => licensed(expression, `c${i}`)));
    const allowed = await ask("cyclonedx", list("MIT OR GPL-2.0-only"), {
      bannedPackages: Array.from({ length: 1_000 }, (_, i) => `pkg:npm/banned-${i}`),
    });
    assert.equal(allowed, { allowed: true, reasons: [] });

    const denied = await ask("cyclonedx", list("GPL-2.0-only"));
    assert.is(denied.allowed, false);
    assert.is(denied.reasons.length, Math.min(count, 1_000));
    assert.is(denied.reasons[998]!.path, "/components/998/licenses/0/expression");
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
  const allowed = await check("cyclonedx", components(...list), settings);
  assert.is(allowed.allowed, true);
  assert.is(allowed.reasons.at(-1)!.severity, "warning");

  const denied = await check("cyclonedx", components(...list, licensed("x")), settings);
  assert.is(denied.allowed, false);
  assert.equal(denied.reasons.at(-1), {
    rule: "more-reasons",
    message: "There are 1002 reasons more, 1 of them errors.",
    severity: "error",
    path: "",
  });
});

test("components nested as deep as documents may be are judged", async () => {
  let component: JsonObject = { name: "innermost" };
  for (let i = 0; i < 98; i++) {
    component = { name: "a", licenses: [{ expression: "MIT" }], components: [component] };
  }
  const verdict = await check("cyclonedx", components(component));
  assert.is(verdict.allowed, false);
  assert.equal(verdict.reasons.map((reason) => reason.rule), ["license-stated"]);
});

test("hostile texts come back in messages, cut short and as whole characters", async () => {
  const text = `"\\\n\u0000\u2028<script>${"🎉".repeat(1_000)}`;
  const name = `${text}\ud83c`;
  const verdict = await policy.bare.check("cyclonedx", {
    bomFormat: "CycloneDX",
    components: Array.from({ length: 1_500 }, () => ({
      name: `\ud800${name}`,
      version: "\u0000".repeat(1_000),
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
  const ask = async (kind: DocumentKind, object: JsonValue, settings?: JsonValue) => {
    const verdict = await policy.bare.check(kind, object, settings);
    assert.is(verdict.allowed, !verdict.reasons.some((reason) => reason.severity === "error"));
  };
  for (const { kind, object = null, settings = {} } of policy.cases) {
    for (const replace of places(object)) {
      await ask(kind!, replace(strange[count++ % strange.length]!), settings);
    }
    for (const replace of places(settings)) {
      await ask(kind!, object, replace(strange[count++ % strange.length]!));
    }
  }
  assert.ok(count > 1_000, `${count} places`);
});

test("a document of another kind is denied", async () => {
  const object = components(licensed("MIT"));
  const others = [["json", object], ["spdx", object], ["cyclonedx", [object]]] as const;
  for (const [kind, value] of others) {
    const verdict = await policy.bare.check(kind, value as JsonValue);
    assert.equal(verdict.reasons.map((reason) => reason.rule), ["malformed-document"]);
  }
});

test("the same question gets the same bytes", async () => {
  const answers = new Set<string>();
  for (let i = 0; i < 3; i++) {
    answers.add(encodeVerdict(await check("cyclonedx", components(licensed("é"), {}))));
  }
  assert.is(answers.size, 1);
});

test.run();

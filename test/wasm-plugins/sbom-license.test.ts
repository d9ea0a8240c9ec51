import * as assert from "uvu/assert";
import { buildSbomLicense, bundleForeign } from "../../scripts/build-foreign-plugins.ts";
import { createHost, type Host } from "../../src/host/host.ts";
import type { Plugin } from "../../src/host/plugin.ts";
import type { JsonValue } from "../../src/json.ts";
import { jsonDocument } from "../support/document.ts";
import { leaveOut } from "../support/optional.ts";
import { suite } from "../support/suite.ts";

const test = suite("wasm-plugins/sbom-license");

const component = (licenses: JsonValue, more: { [key: string]: JsonValue } = {}): JsonValue => ({
  type: "library",
  name: "left-pad",
  version: "1.3.0",
  licenses,
  ...more,
});

const document = (...components: JsonValue[]): JsonValue => ({
  bomFormat: "CycloneDX",
  specVersion: "1.6",
  components,
});

const STATED = "license-stated";
const MALFORMED = "malformed-component";

/** A document, and the rules and places of its reasons. */
const CASES: readonly (readonly [string, JsonValue, readonly (readonly [string, string])[]])[] = [
  ["no components", { bomFormat: "CycloneDX" }, []],
  ["an id", document(component([{ license: { id: "MIT" } }])), []],
  ["a name", document(component([{ license: { name: "Ours" } }])), []],
  ["an expression", document(component([{ expression: "MIT OR Apache-2.0" }])), []],
  ["nothing", document({ name: "x" }), [[STATED, "/components/0"]]],
  ["an empty list", document(component([])), [[STATED, "/components/0/licenses"]]],
  [
    "words for nothing",
    document(component([{ license: { id: "NOASSERTION" } }, { expression: " none " }])),
    [[STATED, "/components/0/licenses/0"], [STATED, "/components/0/licenses/1"]],
  ],
  [
    "keys in another case",
    document(component([{ License: { id: "MIT" } }, { license: { ID: "MIT" } }])),
    [[STATED, "/components/0/licenses/0"], [STATED, "/components/0/licenses/1"]],
  ],
  [
    "an entry of the wrong type",
    document(component([null, { license: "MIT" }, { expression: ["MIT"] }])),
    [0, 1, 2].map((i) => [STATED, `/components/0/licenses/${i}`] as const),
  ],
  [
    "a component within another",
    document(component([{ license: { id: "MIT" } }], { components: [{ name: "y" }] })),
    [[STATED, "/components/0/components/0"]],
  ],
  ["components as an object", { components: {} }, [[MALFORMED, "/components"]]],
  ["components as null", { components: null }, [[MALFORMED, "/components"]]],
  ["a component as text", document("x"), [[MALFORMED, "/components/0"]]],
  ["licenses as text", document(component("MIT")), [[MALFORMED, "/components/0/licenses"]]],
];

const built = await buildSbomLicense();
if ("unavailable" in built) leaveOut("wasm-plugins/sbom-license", built.unavailable);
else {
  let host: Host;
  let plugin: Plugin;

  test.before(async () => {
    host = await createHost({ workers: 1 });
    plugin = await host.load(await bundleForeign("sbom-license", built.wasm), {
      // Go takes some 60,000 units for a component.
      fuel: 20_000_000_000,
    });
  });
  test.after(() => host.close());

  const judge = (object: JsonValue) =>
    plugin.admission.check(jsonDocument(object, { kind: "cyclonedx" }));

  for (const [name, object, wanted] of CASES) {
    test(`sbom-license judges ${name}`, async () => {
      const verdict = await judge(object);
      assert.equal(verdict.reasons.map(({ rule, path }) => [rule, path]), wanted);
      assert.is(verdict.allowed, wanted.length === 0);
    });
  }

  test("sbom-license names the component, whatever its name holds", async () => {
    const name = `"\u0000<é🎉>${"x".repeat(500)}`;
    const { reasons } = await judge(document({ name, version: "1" }, { version: "2" }, {}));
    assert.match(reasons[0]!.message, "<é🎉>xxx");
    assert.ok(reasons[0]!.message.length < 250);
    assert.match(reasons[1]!.message, '"@2"');
    assert.match(reasons[2]!.message, '""');
  });

  test("sbom-license stays within a verdict's bounds", async () => {
    const { reasons } = await judge(document(...Array.from({ length: 20_000 }, () => ({}))));
    assert.is(reasons.length, 1_000);
    assert.match(reasons.at(-1)!.message, /\(and 19000 reasons more\)$/);
  });

  test("sbom-license gives the same bytes each time", async () => {
    const object = document({ name: "x" }, component([]));
    const answers = new Set<string>();
    for (let i = 0; i < 3; i++) answers.add(JSON.stringify(await judge(object)));
    assert.is(answers.size, 1);
  });
}

test.run();

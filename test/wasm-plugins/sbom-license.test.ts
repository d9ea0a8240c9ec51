import * as assert from "uvu/assert";
import { buildSbomLicense, bundleForeign } from "../../scripts/build-foreign-plugins.ts";
import type { JsonValue } from "../../src/json.ts";
import { Bench } from "../../src/testing/bench.ts";
import { casesOf, testCases } from "../support/cases.ts";
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

const built = await buildSbomLicense();
if ("unavailable" in built) leaveOut("wasm-plugins/sbom-license", built.unavailable);
else {
  let bench: Bench;

  test.before(async () => {
    bench = await Bench.open(await bundleForeign("sbom-license", built.wasm), {
      // Go takes some 60,000 units for a component.
      limits: { fuel: 20_000_000_000 },
    });
  });
  test.after(() => bench.close());

  const judge = (object: JsonValue) => bench.plugin(import.meta.url).check({ object });

  testCases(test, await casesOf("sbom-license"), () => bench);

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

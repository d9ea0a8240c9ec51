import * as assert from "uvu/assert";
import { builtPlugin } from "../../scripts/build-plugins.ts";
import { encodeVerdict } from "../../src/contract/verdict.ts";
import type { JsonObject, JsonValue } from "../../src/json.ts";
import { checkSchema } from "../../src/sandbox/schema-task.ts";
import { Bench } from "../../src/testing/bench.ts";
import { documentOf } from "../../src/testing/question.ts";
import {
  check,
  checkPin,
  FakeHost,
  hostOf,
  INSTANCE,
  manifest,
  PIN,
  requiring,
  rulesOf,
} from "../support/cipd-policy.ts";
import { casesOf, testCases, testCoverage } from "../support/cases.ts";
import { jsonDocument } from "../support/document.ts";
import { places } from "../support/places.ts";
import { suite } from "../support/suite.ts";

const test = suite("wasm-plugins/cipd-policy");

const cases = await casesOf("cipd-policy");

let bench: Bench;

test.before(async () => {
  bench = await Bench.open(builtPlugin("cipd-policy"));
});
test.after(() => bench.close());

testCases(test, cases, () => bench);

// That there are more reasons takes a hundred of them, below.
testCoverage(test, cases, manifest, ["more-reasons"]);

/** Settings and where they are wrong, by the schema and by the policy. */
const BAD_SETTINGS: readonly (readonly [JsonValue, string])[] = [
  [{}, ""],
  [[], ""],
  [{ packages: "gn" }, "/packages"],
  [{ packages: ["gn"] }, "/packages/0"],
  [{ packages: [{}] }, "/packages/0"],
  [{ packages: [{ package: "gn", prefix: "gn" }] }, "/packages/0"],
  [{ packages: [{ package: "*" }] }, "/packages/0"],
  [{ packages: [{ prefix: "" }] }, "/packages/0"],
  [{ packages: [{ prefix: "gn/" }] }, "/packages/0"],
  [{ packages: [{ prefix: "gn/${platform}" }] }, "/packages/0"],
  [{ packages: [{ prefix: "gn", unpined: [] }] }, "/packages/0"],
  [{ packages: [], service: [] }, ""],
  [{ packages: [], services: ["cipd.example.com"] }, "/services/0"],
  [{ packages: [], services: ["https://cipd.example.com/x"] }, "/services/0"],
  [{ packages: [], defaultService: "https://a@b" }, "/defaultService"],
  [{ packages: [], unpinned: [""] }, "/unpinned/0"],
  [{ packages: [], unpinned: "*" }, "/unpinned"],
  [{ packages: [], hashAlgos: ["MD5"] }, "/hashAlgos/0"],
  [{ packages: [], installModes: ["link"] }, "/installModes/0"],
  [{ packages: [], metadata: [{ values: ["x"] }] }, "/metadata/0"],
  [{ packages: [], metadata: [{ key: "X" }] }, "/metadata/0/key"],
  [{ packages: [], metadata: [{ key: "x", values: [] }] }, "/metadata/0/values"],
  [{ packages: [], metadata: [{ key: "x", values: [1] }] }, "/metadata/0/values/0"],
  [{ packages: [], metadata: [{ key: "x", value: "1" }] }, "/metadata/0"],
  [{ packages: [], metadata: [{ key: "x", attachedBy: "user:a@b" }] }, "/metadata/0/attachedBy"],
];

for (const [settings, path] of BAD_SETTINGS) {
  test(`settings ${JSON.stringify(settings)} are refused`, () => {
    const faults = checkSchema(manifest.settings, settings);
    assert.ok(faults.some((fault) => fault.path.startsWith(path)), JSON.stringify(faults));
    // The schema stands before the policy, which does not rely on it.
    const { allowed, reasons } = checkPin({ package: "gn", instanceId: INSTANCE }, settings);
    assert.is(allowed, false);
    assert.is(reasons[0]!.rule, "settings-readable");
    assert.match(reasons[0]!.message, `Cannot use the settings. ${path}`);
  });
}

test("the manifest's defaults are the policy's", async () => {
  const properties = manifest.settings!["properties"] as Record<string, { default?: JsonValue }>;
  const defaults = Object.fromEntries(
    Object.entries(properties).flatMap(([key, schema]) =>
      schema.default === undefined ? [] : [[key, schema.default]]
    ),
  );
  assert.equal(Object.keys(defaults).sort(), [
    ...["defaultService", "hashAlgos", "installModes", "metadata", "services", "unpinned"],
  ]);
  for (const item of cases) {
    const document = await documentOf(item, manifest, item.from);
    const settings = { ...defaults, ...item.settings as JsonObject };
    assert.equal(
      check(document, settings, hostOf(item.host)),
      check(document, item.settings!, hostOf(item.host)),
      item.name,
    );
  }
});

test("more reasons than are shown are counted", () => {
  const data = Array.from({ length: 100_000 }, () => ({ file: "../x" }));
  const document = jsonDocument({ package: "a", data }, { kind: "cipd.package" });
  const { allowed, reasons } = check(document, { packages: [{ prefix: "*" }] });
  assert.is(allowed, false);
  assert.is(reasons.length, 101);
  assert.is(reasons[99]!.path, "/data/99/file");
  assert.is(reasons[100]!.message, "There are 99900 reasons more.");
});

test("hostile texts come back in messages, cut short and as whole characters", () => {
  const text = `"\\\n\u0000\u2028<script>${"🎉".repeat(500_000)}`;
  const shown = '"\\\n\u0000\u2028<script>🎉';
  const bad = checkPin({ package: text, instanceId: text, version: text }, { packages: [] });
  assert.equal(rulesOf(bad), ["malformed-document", "malformed-document"]);
  const { reasons } = checkPin({ ...PIN, serviceUrl: `${text}\ud800` }, requiring());
  assert.equal(reasons.map(({ rule }) => rule), ["service-allowed"]);
  assert.match(reasons[0]!.message, shown);
  assert.ok(reasons[0]!.message.length < 400);

  const entries = [{ key: "k", value: "1", encoding: "utf8" as const, attachedBy: text }];
  const who = new FakeHost(() => ({ entries }));
  const settings = requiring({ key: "k", attachedBy: ["user:a@example.com"] });
  assert.match(checkPin(PIN, settings, who).reasons[0]!.message, shown);
});

test("names of megabytes are told from names in time", () => {
  for (const name of ["a/".repeat(2_000_000), "${os}".repeat(1_000_000), "${".repeat(2_000_000)]) {
    for (const kind of ["cipd.pin", "cipd.package"] as const) {
      const document = jsonDocument({ package: name, instanceId: INSTANCE }, { kind });
      assert.equal(rulesOf(check(document, requiring())), ["malformed-document"]);
    }
  }
});

test("no value in no place keeps the policy from a verdict", async () => {
  const strange: readonly JsonValue[] = [
    ...[null, 0, "x", "__proto__", "constructor", "${os}", "*", [], {}, [null], true],
    { "": [[]] },
    JSON.parse('{ "__proto__": { "packages": [] }, "toString": 1 }'),
  ];
  let count = 0;
  for (const item of cases) {
    const { kind, object } = await documentOf(item, manifest, item.from);
    for (const other of strange) {
      for (const replace of places(object)) {
        const document = jsonDocument(replace(other), { kind });
        const { allowed, reasons } = check(document, item.settings!, hostOf(item.host));
        assert.is(allowed, reasons.length === 0);
        count++;
      }
    }
    for (const replace of places(item.settings!)) {
      const settings = replace(strange[count++ % strange.length]!);
      const document = jsonDocument(object, { kind });
      const { allowed, reasons } = check(document, settings, hostOf(item.host));
      assert.is(allowed, reasons.length === 0);
    }
  }
  assert.ok(count > 2_000, `${count} places`);
});

test("a document of another kind is denied", () => {
  const settings = { packages: [{ prefix: "*" }] };
  for (const kind of ["json", "yaml", "kubernetes"] as const) {
    assert.equal(rulesOf(check(jsonDocument(PIN, { kind }), settings)), ["malformed-document"]);
  }
  const pin = check(jsonDocument(PIN, { kind: "cipd.pin" }), settings);
  assert.equal(pin, { allowed: true, reasons: [] });
});

test("the same question gets the same bytes", () => {
  const answers = new Set<string>();
  for (let i = 0; i < 3; i++) {
    answers.add(encodeVerdict(checkPin({ ...PIN, serviceUrl: "https://é" }, requiring())));
  }
  assert.is(answers.size, 1);
});

test.run();

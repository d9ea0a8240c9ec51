import * as assert from "uvu/assert";
import { encodeAnswer } from "../../src/capability/answer.ts";
import type { HostFunction } from "../../src/capability/host-function.ts";
import type { Verdict } from "../../src/contract/admission.ts";
import { encodeVerdict } from "../../src/contract/verdict.ts";
import type { DocumentKind } from "../../src/document/kind.ts";
import type { JsonObject, JsonValue } from "../../src/json.ts";
import type { Fakes } from "../../src/testing/fake-host.ts";
import { documentOf } from "../../src/testing/question.ts";
import { INSTANCE, PIN, requiring } from "../support/cipd-policy.ts";
import { places } from "../support/places.ts";
import { suite } from "../support/suite.ts";
import {
  type BadSettings,
  checkDefaults,
  testBadSettings,
  testPolicy,
} from "../support/tested-policy.ts";

/** Has a part of what cases require, for every package. */
const METADATA: HostFunction = {
  capability: "metadata",
  name: "metadata_list",
  answer: () =>
    Promise.resolve(
      encodeAnswer({ ok: { entries: [{ key: "tested", value: "yes", encoding: "utf8" }] } }),
    ),
};

const test = suite("wasm-plugins/cipd-policy");

const policy = await testPolicy(test, "cipd-policy", {
  // That there are more reasons takes a hundred of them, below.
  elsewhere: ["more-reasons"],
  functions: [METADATA],
});

const checkPin = (object: JsonValue, settings: JsonValue, fakes?: Fakes): Promise<Verdict> =>
  policy.bench.plugin(import.meta.url, fakes).check({ kind: "cipd.pin", object, settings });

const rulesOf = ({ reasons }: Verdict): string[] => reasons.map(({ rule }) => rule);

/** Settings and where they are wrong, by the schema and by the policy. */
const BAD_SETTINGS: BadSettings = [
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

const GN: JsonObject = { package: "gn", instanceId: INSTANCE };
testBadSettings(test, policy, "cipd.pin", GN, BAD_SETTINGS);

test("the manifest's defaults are the policy's", async () => {
  assert.equal((await checkDefaults(policy)).sort(), [
    ...["defaultService", "hashAlgos", "installModes", "metadata", "services", "unpinned"],
  ]);
});

test("more reasons than are shown are counted", async () => {
  const data = Array.from({ length: 10_000 }, () => ({ file: "../x" }));
  const settings = { packages: [{ prefix: "*" }] };
  const { allowed, reasons } = await policy.bare.check(
    "cipd.package",
    { package: "a", data },
    settings,
  );
  assert.is(allowed, false);
  assert.is(reasons.length, 101);
  assert.is(reasons[99]!.path, "/data/99/file");
  assert.is(reasons[100]!.message, "There are 9900 reasons more.");
});

test("hostile texts come back in messages, cut short and as whole characters", async () => {
  const text = `"\\\n\u0000\u2028<script>${"🎉".repeat(1_000)}`;
  const shown = '"\\\n\u0000\u2028<script>🎉';
  const long = "🎉".repeat(500_000);
  const bad = await policy.bare.check(
    "cipd.pin",
    { package: long, instanceId: long, version: long },
    { packages: [] },
  );
  assert.equal(rulesOf(bad), ["malformed-document", "malformed-document"]);
  const { reasons } = await policy.bare.check(
    "cipd.pin",
    { ...PIN, serviceUrl: `${text}${long}\ud800` },
    requiring(),
  );
  assert.equal(reasons.map(({ rule }) => rule), ["service-allowed"]);
  assert.match(reasons[0]!.message, shown);
  assert.ok(reasons[0]!.message.length < 400);

  const metadata = [{ key: "k", value: "1", attachedBy: text }];
  const settings = requiring({ key: "k", attachedBy: ["user:a@example.com"] });
  const by = await checkPin(PIN, settings, { metadata });
  assert.match(by.reasons[0]!.message, shown);
  assert.ok(by.reasons[0]!.message.length < 400);
});

test("names of megabytes are told from names", async () => {
  for (const name of ["a/".repeat(2_000_000), "${os}".repeat(1_000_000), "${".repeat(2_000_000)]) {
    for (const kind of ["cipd.pin", "cipd.package"] as const) {
      const verdict = await policy.bare.check(
        kind,
        { package: name, instanceId: INSTANCE },
        requiring(),
      );
      assert.equal(rulesOf(verdict), ["malformed-document"]);
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
  const ask = async (kind: DocumentKind, object: JsonValue, settings?: JsonValue) => {
    const { allowed, reasons } = await policy.bare.check(kind, object, settings);
    assert.is(allowed, reasons.length === 0);
    count++;
  };
  for (const item of policy.cases) {
    const { kind, object } = await documentOf(item, policy.manifest, item.from);
    for (const other of strange) {
      for (const replace of places(object)) await ask(kind, replace(other), item.settings);
    }
    for (const replace of places(item.settings!)) {
      await ask(kind, object, replace(strange[count % strange.length]!));
    }
  }
  assert.ok(count > 2_000, `${count} places`);
});

test("a document of another kind is denied", async () => {
  const settings = { packages: [{ prefix: "*" }] };
  for (const kind of ["json", "yaml", "kubernetes"] as const) {
    assert.equal(rulesOf(await policy.bare.check(kind, PIN, settings)), ["malformed-document"]);
  }
  assert.equal(await checkPin(PIN, settings), { allowed: true, reasons: [] });
});

test("the same question gets the same bytes", async () => {
  const answers = new Set<string>();
  for (let i = 0; i < 3; i++) {
    answers.add(encodeVerdict(await checkPin({ ...PIN, serviceUrl: "https://é" }, requiring())));
  }
  assert.is(answers.size, 1);
});

test.run();

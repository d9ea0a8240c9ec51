import { readFile } from "node:fs/promises";
import * as assert from "uvu/assert";
import { buildOwnerLabel, OWNER_LABEL } from "../../scripts/build-foreign-plugins.ts";
import { createHost, type Host } from "../../src/host/host.ts";
import type { Plugin } from "../../src/host/plugin.ts";
import type { JsonValue } from "../../src/json.ts";
import { readOutline } from "../../src/wasm/outline.ts";
import { checkFeatures } from "../support/allowed-features.ts";
import { jsonDocument } from "../support/document.ts";
import { ExtismMock } from "../support/extism-mock.ts";
import { leaveOut } from "../support/optional.ts";
import { suite } from "../support/suite.ts";

const test = suite("wasm-plugins/owner-label");

let host: Host;
let plugin: Plugin;
let bytes: Uint8Array<ArrayBuffer>;

test.before(async () => {
  bytes = new Uint8Array(await readFile(OWNER_LABEL));
  host = await createHost({ workers: 1 });
  plugin = await host.load(OWNER_LABEL);
});
test.after(() => host.close());

/** The place of the one reason, or "allowed". */
async function judge(object: JsonValue, operation?: string): Promise<string> {
  const verdict = await plugin.admission.check(
    jsonDocument(object, { kind: "kubernetes", ...(operation === undefined ? {} : { operation }) }),
  );
  if (verdict.allowed) return verdict.reasons.length === 0 ? "allowed" : "allowed with reasons";
  assert.equal(verdict.reasons.map(({ rule, severity }) => [rule, severity]), [
    ["owner-label", "error"],
  ]);
  return verdict.reasons[0]!.path!;
}

const labelled = (labels: JsonValue): JsonValue => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name: "web", labels },
});

const OWNERS: readonly (readonly [JsonValue, boolean])[] = [
  ["team-web", true],
  ["a", true],
  ["A.b_c-9", true],
  ["a".repeat(63), true],
  ["a".repeat(64), false],
  ["", false],
  [" ", false],
  ["-web", false],
  ["web.", false],
  ["we b", false],
  ["we/b", false],
  ["wéb", false],
  ['we"b', false],
  ["\u0000", false],
  [null, false],
  [5, false],
  [true, false],
  [["web"], false],
  [{ owner: "web" }, false],
];

for (const [owner, isAllowed] of OWNERS) {
  test(`owner-label ${isAllowed ? "takes" : "refuses"} ${JSON.stringify(owner)}`, async () => {
    const path = await judge(labelled({ app: "web", owner, zone: "a" }));
    assert.is(path, isAllowed ? "allowed" : "/metadata/labels/owner");
  });
}

const ELSEWHERE: readonly (readonly [string, JsonValue, string])[] = [
  ["no metadata", { apiVersion: "v1", kind: "ConfigMap" }, ""],
  ["no labels", { metadata: { name: "web" } }, "/metadata"],
  ["no owner", labelled({ app: "web" }), "/metadata/labels"],
  ["labels as a list", labelled(["owner", "web"]), "/metadata/labels"],
  ["labels as a text", labelled('{"owner":"web"}'), "/metadata/labels"],
  ["another case", labelled({ Owner: "web" }), "/metadata/labels"],
  ["a longer key", labelled({ "owner.x": "web", own: "web" }), "/metadata/labels"],
  ["a key with quotes", labelled({ 'x","owner': "web" }), "/metadata/labels"],
  ["an annotation", { metadata: { annotations: { owner: "web" } } }, "/metadata"],
  ["a pod's template", { spec: { template: labelled({ owner: "web" }) } }, ""],
  ["metadata in a list", [{ metadata: { labels: { owner: "web" } } }], ""],
  ["a data key", { data: { metadata: { labels: { owner: "web" } } }, owner: "web" }, ""],
  ["nothing", null, ""],
];

for (const [name, object, path] of ELSEWHERE) {
  test(`owner-label finds no owner in ${name}`, async () => {
    assert.is(await judge(object), path);
  });
}

test("owner-label lets objects be deleted", async () => {
  assert.is(await judge(null, "DELETE"), "allowed");
  assert.is(await judge(labelled({}), "DELETE"), "allowed");
  assert.is(await judge(labelled({}), "UPDATE"), "/metadata/labels");
});

test("owner-label reads what is larger than its memory", async () => {
  const object = {
    data: Object.fromEntries(
      Array.from({ length: 20_000 }, (_, i) => [`key-${i}`, "x".repeat(20)]),
    ),
    metadata: { labels: { owner: "web" } },
  };
  assert.is(await judge(object), "allowed");
});

const READ = [
  '{"object":{"metadata":{"labels":{"owner":"web"}}}}',
  ' {\n\t"object" : { "metadata":\r{ "labels" : { "owner" : "web" } } } } ',
  '{"object":{"\\u006d\\u0065tadata":{"labels":{"own\\u0065r":"web"}}}}',
  '{"x":[1,-0.5e+3,1E5,0,"\\ud83c\\n\\/é",true,false,null,[],{}],' +
  '"object":{"metadata":{"labels":{"owner":"web"}}}}',
  `{"deep":${"[".repeat(500)}${"]".repeat(500)},` +
  `"object":{"metadata":{"labels":{"owner":"web"}}}}`,
];

const BROKEN = [
  "",
  "null",
  "[]",
  "{}",
  '{"operation":"DELETE"}',
  '{"object":{}',
  '{"object":{}}x',
  '{"object":{},}',
  '{"object":{}"x":1}',
  '{"object":[1,]}',
  '{"object":01}',
  '{"object":-}',
  '{"object":1.}',
  '{"object":1e}',
  '{"object":+1}',
  '{"object":tru}',
  '{"object":nul',
  '{"object":"',
  '{"object":"\\"',
  '{"object":"\\x"}',
  '{"object":"\\u12g4"}',
  '{"object":"\n"}',
  "{'object':{}}",
  "{object:{}}",
  '{"object":{"metadata":{},"metadata":{"labels":{"owner":"web"}}}}',
  '{"object":{"metadata":{"labels":{"owner":"","owner":"web"}}}}',
  `{"object":${"[".repeat(100_000)}`,
  `{"object":${'{"a":'.repeat(600)}1${"}".repeat(600)}}`,
];

/** Runs the module by hand, to give it what the host never writes. */
async function check(input: string): Promise<{ status: number; mock: ExtismMock }> {
  const mock = new ExtismMock(input);
  const { instance } = await WebAssembly.instantiate(bytes, { "extism:host/env": mock.functions });
  return { status: (instance.exports.admission_check as () => number)(), mock };
}

test("owner-label reads every form of JSON", async () => {
  for (const text of READ) {
    const { status, mock } = await check(text);
    assert.is(status, 0, text);
    assert.equal(JSON.parse(mock.output!), { allowed: true, reasons: [] });
  }
});

test("owner-label fails on what is no request, and says so", async () => {
  for (const text of BROKEN) {
    const { status, mock } = await check(text);
    assert.is(status, 1, text.slice(0, 80));
    assert.match(mock.error!, /^Cannot read the request/);
    assert.is(mock.output, undefined);
  }
});

test("owner-label imports only Extism's functions and uses allowed features", () => {
  const { imports } = readOutline(bytes);
  assert.ok(imports.every(({ module }) => module === "extism:host/env"));
  checkFeatures(bytes);
});

const built = await buildOwnerLabel();
if ("unavailable" in built) leaveOut("the source of owner-label", built.unavailable);
else {test("the committed owner-label is what its source gives", () =>
    assert.equal(built.wasm, bytes));}

test.run();

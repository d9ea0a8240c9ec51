import * as assert from "uvu/assert";
import { builtPlugin } from "../../scripts/build-plugins.ts";
import { openPluginFile } from "../../src/host/open-plugin-file.ts";
import { encodeVerdict } from "../../src/contract/verdict.ts";
import type { Document } from "../../src/document/document.ts";
import type { DocumentKind } from "../../src/document/kind.ts";
import { createHost, type Host } from "../../src/host/host.ts";
import type { JsonObject, JsonValue } from "../../src/json.ts";
import { Bench } from "../../src/testing/bench.ts";
import { casesOf, manifestOf, refusesSettings, testCases, testCoverage } from "../support/cases.ts";
import { jsonDocument } from "../support/document.ts";
import { places } from "../support/places.ts";
import { suite } from "../support/suite.ts";

const PLUGIN = builtPlugin("image-policy");
const manifest = await manifestOf("image-policy");
const cases = await casesOf("image-policy");

const test = suite("wasm-plugins/image-policy");

let host: Host;
let bench: Bench;

test.before(async () => {
  host = await createHost({ workers: 1 });
  bench = await Bench.open(PLUGIN);
});
test.after(async () => {
  await bench.close();
  await host.close();
});

testCases(test, cases, () => bench);

testCoverage(test, cases, manifest);

const BAD_SETTINGS: readonly (readonly [JsonObject, string])[] = [
  [{ allowedRegistries: "docker.io" }, "allowedRegistries"],
  [{ allowedRegistries: ["acme"] }, "allowedRegistries"],
  [{ allowedRegistries: ["docker.io/library/nginx@sha256:0"] }, "allowedRegistries"],
  [{ allowedHostPaths: [""] }, "allowedHostPaths"],
  [{ requireDigest: "always" }, "requireDigest"],
  [{ trustComposeDefaults: "yes" }, "trustComposeDefaults"],
  [{ allowedRegistry: [] }, "allowedRegistry"],
];

for (const [settings, field] of BAD_SETTINGS) {
  test(`settings ${JSON.stringify(settings)} are refused`, async () => {
    assert.match(await refusesSettings(bench, settings), field);
  });
}

test("a bundle imports from Extism alone and stays small", async () => {
  const { bytes, outline } = await openPluginFile(PLUGIN);
  assert.equal([...new Set(outline.imports.map((item) => item.module))], ["extism:host/env"]);
  assert.ok(bytes.length <= 52 * 1024, `${bytes.length} bytes`);
});

test("a document of several MB is judged within the manifest's memory", async () => {
  const plugin = await host.load(PLUGIN);
  const containers = (image: string) =>
    Array.from(
      { length: 40_000 },
      (_, i) => ({ name: `container-${i}`, image, env: [{ name: "A", value: "b".repeat(40) }] }),
    );
  const pod = (image: string) => ({
    apiVersion: "v1",
    kind: "Pod",
    spec: { containers: containers(image) },
  });
  const allowed = await plugin.admission.check(documentWith("kubernetes", pod("nginx:1.27.3")));
  assert.equal(allowed, { allowed: true, reasons: [] });

  const denied = await plugin.admission.check(documentWith("kubernetes", pod("nginx")));
  assert.is(denied.allowed, false);
  assert.is(denied.reasons.length, 1000);
  assert.is(denied.reasons.at(-1)!.path, "/spec/containers/999/image");
  assert.match(denied.reasons.at(-1)!.message, /\(and 39000 reasons more\)$/);
});

test("hostile values come back as text of a message, cut short", async () => {
  const plugin = await host.load(PLUGIN);
  const image = `"\\\n\u0000\u2028<script>${"🎉".repeat(5000)}`;
  const verdict = await plugin.admission.check(documentWith("docker.config", { Image: image }));
  assert.equal(verdict.reasons.map((reason) => reason.rule), ["image-reference"]);
  assert.match(verdict.reasons[0]!.message, '"\\\n\u0000\u2028<script>🎉');
  assert.ok(verdict.reasons[0]!.message.length < 400);
});

test("no value in no place keeps the plugin from a verdict", async () => {
  const plugin = await host.load(PLUGIN);
  const strange: readonly JsonValue[] = [null, 0, "${X}", "/", [], {}, [null], { "": [[]] }];
  let count = 0;
  for (const item of cases) {
    for (const replace of places(item.object ?? null)) {
      const object = replace(strange[count++ % strange.length]!);
      const verdict = await plugin.admission.check(documentWith(item.kind!, object));
      assert.is(verdict.allowed, !verdict.reasons.some((reason) => reason.severity === "error"));
    }
  }
  assert.ok(count > 1000, `${count} places`);
});

test("the same question gets the same bytes, also from a plugin that was asked before", async () => {
  const plugin = await host.load(PLUGIN);
  const document = documentWith("docker.config", {
    Image: "evil.example/é",
    HostConfig: { Binds: ["/:/h"] },
  });
  const answers = new Set<string>();
  for (let i = 0; i < 3; i++) answers.add(encodeVerdict(await plugin.admission.check(document)));
  assert.is(answers.size, 1);
});

function documentWith(kind: DocumentKind, object: JsonValue): Document {
  return jsonDocument(object, { kind });
}

test.run();

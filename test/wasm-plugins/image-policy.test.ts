import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { buildPlugin, type BuiltPlugin } from "../../scripts/build-plugins.ts";
import { PROJECT } from "../../scripts/project.ts";
import { parseManifest } from "../../src/bundle/manifest.ts";
import { encodeVerdict } from "../../src/contract/verdict.ts";
import type { Document } from "../../src/document/document.ts";
import type { DocumentKind } from "../../src/document/kind.ts";
import { createHost, type Host } from "../../src/host/host.ts";
import type { JsonObject, JsonValue } from "../../src/json.ts";
import { PluginError } from "../../src/plugin-error.ts";
import { Bench } from "../../src/testing/bench.ts";
import { readOutline } from "../../src/wasm/outline.ts";
import { casesOf, testCases } from "../support/cases.ts";
import { jsonDocument } from "../support/document.ts";
import { suite } from "../support/suite.ts";

const FOLDER = join(PROJECT, "wasm-plugins/image-policy");
const manifest = parseManifest(JSON.parse(readFileSync(join(FOLDER, "plugin.json"), "utf8")));
const ruleIds = (manifest.rules ?? []).map((rule) => rule.id);

const cases = await casesOf("image-policy");

const test = suite("wasm-plugins/image-policy");

let host: Host;
let built: BuiltPlugin;
let bench: Bench;

test.before(async () => {
  host = await createHost({ workers: 1 });
  built = await buildPlugin("image-policy");
  bench = await Bench.open(built.bundle);
});
test.after(async () => {
  await bench.close();
  await host.close();
});

testCases(test, cases, () => bench);

test("cases show every rule of the manifest, and no other", () => {
  const shown = new Set(cases.flatMap((item) => item.expect.rules ?? []));
  assert.equal([...shown].sort(), [...ruleIds].sort());
});

test("cases show something allowed and something denied of every kind", () => {
  const shown = cases.map((item) => `${item.kind} ${item.expect.allowed}`);
  for (const kind of manifest.implements[0]!.kinds!) {
    assert.ok(shown.includes(`${kind} true`), kind);
    assert.ok(shown.includes(`${kind} false`), kind);
  }
});

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
    try {
      await host.load(built.bundle, { settings });
      assert.unreachable();
    } catch (error) {
      assert.instance(error, PluginError);
      assert.is((error as PluginError).code, "contract.settings-invalid");
      assert.match((error as PluginError).message, field);
    }
  });
}

test("a bundle imports from Extism alone and stays small", () => {
  const outline = readOutline(built.core);
  assert.equal([...new Set(outline.imports.map((item) => item.module))], ["extism:host/env"]);
  assert.ok(built.core.length <= 48 * 1024, `${built.core.length} bytes`);
});

test("buildPlugin() gives the same bytes again", async () => {
  const again = await buildPlugin("image-policy");
  assert.equal(again.bundle, built.bundle);
});

test("a document of several MB is judged within the manifest's memory", async () => {
  const plugin = await host.load(built.bundle);
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
  const plugin = await host.load(built.bundle);
  const image = `"\\\n\u0000\u2028<script>${"🎉".repeat(5000)}`;
  const verdict = await plugin.admission.check(documentWith("docker.config", { Image: image }));
  assert.equal(verdict.reasons.map((reason) => reason.rule), ["image-reference"]);
  assert.match(verdict.reasons[0]!.message, '"\\\n\u0000\u2028<script>🎉');
  assert.ok(verdict.reasons[0]!.message.length < 400);
});

test("no value in no place keeps the plugin from a verdict", async () => {
  const plugin = await host.load(built.bundle);
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
  const plugin = await host.load(built.bundle);
  const document = documentWith("docker.config", {
    Image: "evil.example/é",
    HostConfig: { Binds: ["/:/h"] },
  });
  const answers = new Set<string>();
  for (let i = 0; i < 3; i++) answers.add(encodeVerdict(await plugin.admission.check(document)));
  assert.is(answers.size, 1);
});

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

function documentWith(kind: DocumentKind, object: JsonValue): Document {
  return jsonDocument(object, { kind });
}

test.run();

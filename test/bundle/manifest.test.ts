import * as assert from "uvu/assert";
import { parseManifest } from "../../src/bundle/manifest.ts";
import type { PluginError } from "../../src/plugin-error.ts";
import { MANIFEST } from "../support/guest.ts";
import { suite } from "../support/suite.ts";

const test = suite("manifest");

test("parseManifest() takes one with every field", () => {
  const full = {
    ...MANIFEST,
    description: "Judges JSON",
    capabilities: ["log", "state"],
    settings: { type: "object" },
    rules: [{ id: "r1", title: "One", help: "Do so", effectiveOn: "2027-01-01" }],
    limits: { timeoutMs: 100, memoryPages: 2 },
    concurrency: "parallel",
  };
  assert.equal(parseManifest(full), full);
});

const rule = { id: "r", title: "R" };
const REFUSED: [string, Record<string, unknown>, string][] = [
  ["another manifest version", { manifestVersion: 2 }, "/manifestVersion"],
  ["a name with capitals", { name: "Policy" }, "/name"],
  ["a name with a slash", { name: "a/b" }, "/name"],
  ["a version that is none", { version: "1.0" }, "/version"],
  ["no contract", { implements: [] }, "/implements"],
  [
    "an unknown contract",
    { implements: [{ contract: "root", version: 1 }] },
    "/implements/0/contract",
  ],
  [
    "admission without kinds",
    { implements: [{ contract: "admission", version: 1 }] },
    "/implements/0",
  ],
  [
    "an unknown kind",
    { implements: [{ contract: "admission", version: 1, kinds: ["xml"] }] },
    "/implements/0/kinds/0",
  ],
  [
    "kinds of a contract that has none",
    { implements: [{ contract: "volume", version: 1, kinds: ["json"] }] },
    "/implements/0",
  ],
  [
    "a contract twice",
    { implements: [{ contract: "volume", version: 1 }, { contract: "volume", version: 2 }] },
    "/implements",
  ],
  ["an unknown capability", { capabilities: ["network"] }, "/capabilities/0"],
  ["a name that no configuration could say", { name: "constructor" }, "/name"],
  ["limits that are a list", { limits: [] }, "/limits"],
  ["settings that are a list", { settings: [] }, "/settings"],
  ["a rule without a title", { rules: [{ id: "r" }] }, "/rules/0/title"],
  ["a rule id with a line break", { rules: [{ ...rule, id: "a\nb" }] }, "/rules/0/id"],
  ["two rules of one id", { rules: [rule, rule] }, "/rules"],
  [
    "a date that is none",
    { rules: [{ ...rule, effectiveOn: "2027-13-01" }] },
    "/rules/0/effectiveOn",
  ],
  ["a limit of nothing", { limits: { timeoutMs: 0 } }, "/limits/timeoutMs"],
  ["a mistyped field", { capabilites: [] }, "/capabilites"],
];

for (const [what, change, path] of REFUSED) {
  test(`parseManifest() refuses ${what} and says where`, () => {
    assert.throws(() => parseManifest({ ...MANIFEST, ...change }), (error: PluginError) => {
      assert.is(error.code, "bundle.manifest-invalid");
      assert.is(error.details.path, path);
      return true;
    });
  });
}

test("parseManifest() keeps the schema of settings as it is", () => {
  const text = '{"type":"object","constructor":1,"__proto__":{"type":"string"}}';
  const { settings } = parseManifest({ ...MANIFEST, settings: JSON.parse(text) });
  assert.is(JSON.stringify(settings), text);
});

for (const value of [null, [], "text", 1, undefined]) {
  test(`parseManifest() refuses ${JSON.stringify(value)}`, () => {
    assert.throws(
      () => parseManifest(value),
      (error: PluginError) => error.code === "bundle.manifest-invalid",
    );
  });
}

test.run();

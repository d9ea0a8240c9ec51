import * as assert from "uvu/assert";
import { readConfig } from "../../src/config/config.ts";
import type { PluginError } from "../../src/plugin-error.ts";
import { suite } from "../support/suite.ts";

const test = suite("config");

const read = (text: string) => readConfig(new TextEncoder().encode(text), "cofferdam.yaml");

test("readConfig() reads waivers", async () => {
  const config = await read(`
waivers:
  - rule: no-latest
    subject: Deployment/shop/web
    reason: moves next sprint
    until: 2026-06-30
`);
  assert.equal(config.waivers, [{
    rule: "no-latest",
    subject: "Deployment/shop/web",
    reason: "moves next sprint",
    until: "2026-06-30",
  }]);
});

for (const text of ["", "# nothing yet\n", "{}\n"]) {
  test(`readConfig() takes ${JSON.stringify(text)} for an empty one`, async () => {
    assert.equal(await read(text), { waivers: [], plugins: {} });
  });
}

const waiver = "waivers: [{rule: r, subject: s, reason: why, until: 2026-06-30";
const REFUSED: [string, string, string | undefined][] = [
  ["a field that is not known", "wavers: []", "/wavers"],
  [
    "a waiver without a reason",
    "waivers: [{rule: r, subject: s, until: 2026-06-30}]",
    "/waivers/0/reason",
  ],
  ["an empty reason", waiver.replace("why", '""') + "}]", "/waivers/0/reason"],
  ["a waiver without an end", "waivers: [{rule: r, subject: s, reason: why}]", "/waivers/0/until"],
  ["a waiver that never ends", waiver.replace("2026-06-30", "never") + "}]", "/waivers/0/until"],
  ["a day that is none", waiver.replace("2026-06-30", "2026-02-31") + "}]", "/waivers/0/until"],
  ["a mistyped field of a waiver", waiver + ", plugins: p}]", "/waivers/0/plugins"],
  ["a list", "[]", undefined],
  ["what is not YAML", "waivers: [", undefined],
  ["a key twice", "waivers: []\nwaivers: []\n", undefined],
  ["two documents", "waivers: []\n---\nwaivers: []\n", undefined],
];
for (const [what, text, path] of REFUSED) {
  test(`readConfig() refuses ${what}`, async () => {
    try {
      await read(text);
    } catch (error) {
      assert.is((error as PluginError).code, "config.invalid");
      if (path !== undefined) assert.is((error as PluginError).details.path, path);
      return;
    }
    assert.unreachable("it was taken");
  });
}

test.run();

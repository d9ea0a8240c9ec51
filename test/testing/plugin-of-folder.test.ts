import * as assert from "uvu/assert";
import { readFile, utimes } from "node:fs/promises";
import { join } from "node:path";
import { openBundle } from "../../src/bundle/bundle.ts";
import type { PluginError } from "../../src/plugin-error.ts";
import { pluginOfFolder } from "../../src/testing/plugin-of-folder.ts";
import { makeFolder } from "../support/folder.ts";
import { suite } from "../support/suite.ts";

const test = suite("plugin-of-folder");

/** Files that are newer than the plugin, and the one that the error names, if any. */
const CHANGED: readonly (readonly [string, boolean])[] = [
  ["policy.ts", true],
  ["lib/rule.ts", true],
  ["lib/rule.mjs", true],
  ["plugin.json", true],
  ["README.md", false],
  ["package.json", false],
  ["cases/a.yaml", false],
  ["cases/helper.ts", false],
  ["test/helper.ts", false],
  ["policy.test.ts", false],
  ["node_modules/x/index.js", false],
  [".cache/x.js", false],
];

for (const [file, isStale] of CHANGED) {
  test(`pluginOfFolder() ${isStale ? "builds after" : "passes over"} a newer ${file}`, async () => {
    const folder = await makeFolder();
    try {
      // What is built of this is an error.
      await folder.write({ "policy.ts": "", "policy.wasm": "", [file]: "" });
      await utimes(join(folder.path, "policy.ts"), 1_000, 1_000);
      await utimes(join(folder.path, "policy.wasm"), 1_000, 1_000);
      await utimes(join(folder.path, file), 1_001, 1_001);
      const built = await pluginOfFolder(folder.path).then(() => false, () => true);
      assert.is(built, isStale);
    } finally {
      await folder.remove();
    }
  });
}

test("pluginOfFolder() builds what is not there, and takes what has no sources as it is", async () => {
  const folder = await makeFolder();
  try {
    const error = await pluginOfFolder(folder.path).then(() => undefined, (thrown) => thrown);
    assert.is((error as PluginError).code, "build.plugin-missing");
    await folder.write({ "policy.wasm": "", "plugin.json": "" });
    await utimes(join(folder.path, "policy.wasm"), 1_000, 1_000);
    assert.is(await pluginOfFolder(folder.path), `${folder.path}/policy.wasm`);
    const assembly = "assembly/index.ts";
    await folder.write({
      "plugin.json": JSON.stringify({
        manifestVersion: 1,
        name: "built",
        version: "1.0.0",
        implements: [{ contract: "admission", version: 1, kinds: ["json"] }],
      }),
      [assembly]: 'import { quote } from "cofferdam/assembly/verdict";\n' +
        'export function admission_check(): i32 { return quote("x").length; }',
    });
    const path = await pluginOfFolder(folder.path);
    assert.is((await openBundle(await readFile(path))).manifest.name, "built");
  } finally {
    await folder.remove();
  }
});

test.run();

import * as assert from "uvu/assert";
import { utimes } from "node:fs/promises";
import { join } from "node:path";
import { PluginError } from "../../src/plugin-error.ts";
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
  test(`pluginOfFolder() ${isStale ? "names" : "passes over"} a newer ${file}`, async () => {
    const folder = await makeFolder();
    try {
      await folder.write({ "policy.wasm": "", [file]: "" });
      await utimes(join(folder.path, "policy.wasm"), 1_000, 1_000);
      await utimes(join(folder.path, file), 1_001, 1_001);
      const error = await pluginOfFolder(folder.path).then(() => undefined, (thrown) => thrown);
      assert.is(
        (error as PluginError | undefined)?.code,
        isStale ? "build.plugin-stale" : undefined,
      );
      if (isStale) assert.match((error as PluginError).message, `"${folder.path}/${file}"`);
    } finally {
      await folder.remove();
    }
  });
}

test("pluginOfFolder() says what builds a plugin that is not there, and finds one that is", async () => {
  const folder = await makeFolder();
  try {
    const error = await pluginOfFolder(folder.path).then(() => undefined, (thrown) => thrown);
    assert.is((error as PluginError).code, "build.plugin-missing");
    assert.match((error as PluginError).message, 'run "cofferdam build"');
    await folder.write({ "policy.ts": "" });
    await utimes(join(folder.path, "policy.ts"), 1_000, 1_000);
    await folder.write({ "policy.wasm": "" });
    assert.is(await pluginOfFolder(folder.path), `${folder.path}/policy.wasm`);
  } finally {
    await folder.remove();
  }
});

test.run();

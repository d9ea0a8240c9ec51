import * as assert from "uvu/assert";
import { readFile, rm, utimes } from "node:fs/promises";
import { join } from "node:path";
import { openBundle } from "../../src/bundle/bundle.ts";
import type { PluginError } from "../../src/plugin-error.ts";
import { pluginOfFolder } from "../../src/testing/plugin-of-folder.ts";
import { makeFolder } from "../support/folder.ts";
import { suite } from "../support/suite.ts";

const test = suite("plugin-of-folder");

const MANIFEST = {
  manifestVersion: 1,
  name: "built",
  version: "1.0.0",
  implements: [{ contract: "admission", version: 1, kinds: ["json"] }],
};

test("pluginOfFolder() builds again, whichever file has changed and whatever its time", async () => {
  const folder = await makeFolder();
  try {
    await folder.write({
      "plugin.json": JSON.stringify(MANIFEST),
      "table.json": '["one"]',
      "policy.ts": 'import { admission } from "cofferdam/guest";\n' +
        'import table from "./table.json";\n' +
        "export default admission(() => ({ allowed: table.length > 0, reasons: [] }));",
    });
    const first = await readFile(await pluginOfFolder(folder.path));
    await folder.write({ "table.json": '["other"]' });
    await utimes(join(folder.path, "table.json"), 1_000, 1_000);
    const second = await readFile(await pluginOfFolder(folder.path));
    assert.not.equal(second, first);
    await rm(join(folder.path, "table.json"));
    const error = await pluginOfFolder(folder.path).then(() => undefined, (thrown) => thrown);
    assert.is((error as PluginError).code, "build.import-missing");
  } finally {
    await folder.remove();
  }
});

test("pluginOfFolder() builds what is not there, and takes what has no sources as it is", async () => {
  const folder = await makeFolder();
  try {
    const error = await pluginOfFolder(folder.path).then(() => undefined, (thrown) => thrown);
    assert.is((error as PluginError).code, "build.plugin-missing");
    await folder.write({ "policy.wasm": "", "plugin.json": "" });
    assert.is(await pluginOfFolder(folder.path), `${folder.path}/policy.wasm`);
    const assembly = "assembly/index.ts";
    await folder.write({
      "plugin.json": JSON.stringify(MANIFEST),
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

import * as assert from "uvu/assert";
import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { findPackage, importText } from "../../src/platform/import-module.ts";
import { PluginError } from "../../src/plugin-error.ts";
import { makeFolder } from "../support/folder.ts";
import { projectPath } from "../support/paths.ts";
import { suite } from "../support/suite.ts";

const test = suite("import-module");

test("importText() imports a text as if it stood there, and leaves nothing", async () => {
  const folder = await makeFolder();
  try {
    await folder.write({ "lib.mjs": "export const found = 5;\n" });
    const path = join(folder.path, "a.test.ts");
    const module = await importText(path, 'export * from "./lib.mjs";\n') as { found: number };
    assert.is(module.found, 5);
    const thrown = await importText(path, "throw new RangeError('no');").then(() => 0, (e) => e);
    assert.instance(thrown, RangeError);
    assert.equal(await readdir(folder.path), ["lib.mjs"]);
    const nowhere = await importText(join(folder.path, "none", "a"), "").then(() => 0, (e) => e);
    assert.is((nowhere as PluginError).code, "output.unwritable");
  } finally {
    await folder.remove();
  }
});

test("findPackage() finds what modules of a folder find", async () => {
  const folder = await makeFolder();
  try {
    await folder.write({
      "node_modules/mine/package.json": '{"main":"main.js"}',
      "node_modules/mine/main.js": "",
    });
    await mkdir(join(folder.path, "deep"));
    assert.match(findPackage(join(folder.path, "deep"), "mine")!, /node_modules.mine.main\.js$/);
    assert.is(findPackage(folder.path, "none-of-that-name"), undefined);
    assert.match(findPackage(projectPath(), "valibot")!, "valibot");
  } finally {
    await folder.remove();
  }
});

test.run();

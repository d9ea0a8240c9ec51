import * as assert from "uvu/assert";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { importText } from "../../src/platform/import-module.ts";
import { PluginError } from "../../src/plugin-error.ts";
import { makeFolder } from "../support/folder.ts";
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

test.run();

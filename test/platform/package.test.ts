import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { findInPackages } from "../../src/platform/package.ts";
import { makeFolder } from "../support/folder.ts";
import { projectPath } from "../support/paths.ts";
import { suite } from "../support/suite.ts";

const test = suite("package");

test("findInPackages() finds what modules of a folder find", async () => {
  const folder = await makeFolder();
  try {
    await folder.write({
      "node_modules/mine/package.json": '{"main":"main.js"}',
      "node_modules/mine/main.js": "",
    });
    await mkdir(join(folder.path, "deep"));
    assert.match(
      findInPackages("mine", [join(folder.path, "deep")])!,
      /node_modules.mine.main\.js$/,
    );
    assert.is(findInPackages("none-of-that-name", [folder.path]), undefined);
    assert.match(findInPackages("valibot", [folder.path, projectPath()])!, "valibot");
  } finally {
    await folder.remove();
  }
});

test.run();

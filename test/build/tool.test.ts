import * as assert from "uvu/assert";
import { findTool } from "../../src/build/tool.ts";
import { PluginError } from "../../src/plugin-error.ts";
import { makeFolder } from "../support/folder.ts";
import { suite } from "../support/suite.ts";

const test = suite("findTool");

test("findTool() prefers the author's own", async () => {
  const folder = await makeFolder();
  await folder.write({
    "node_modules/esbuild/package.json": '{"name":"esbuild","main":"own.js"}',
    "node_modules/esbuild/own.js": "",
  });
  assert.match(findTool("esbuild", "esbuild", folder.path), /own\.js$/);
  await folder.remove();
});

test("findTool() falls back on what is installed with us", async () => {
  const folder = await makeFolder();
  assert.match(findTool("typescript", "typescript/package.json", folder.path), "typescript");
  await folder.remove();
});

test("findTool() says the command that installs what is missing", async () => {
  const folder = await makeFolder();
  try {
    findTool("esbuild", "esbuild/not-there.js", folder.path);
    assert.unreachable();
  } catch (error) {
    assert.instance(error, PluginError);
    assert.is((error as PluginError).code, "build.dependency-missing");
    assert.match((error as PluginError).message, "npm install --save-dev esbuild typescript");
  } finally {
    await folder.remove();
  }
});

test.run();

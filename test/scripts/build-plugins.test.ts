import { Buffer } from "node:buffer";
import { readFile } from "node:fs/promises";
import * as assert from "uvu/assert";
import { builtPlugin, PLUGINS } from "../../scripts/build-plugins.ts";
import { buildSource } from "../../src/build/build-source.ts";
import { projectPath } from "../support/paths.ts";
import { suite } from "../support/suite.ts";

const test = suite("scripts/build-plugins");

for (const name of PLUGINS) {
  test(`${name} has the same bytes, built again on this runtime`, async () => {
    const { bytes } = await buildSource(projectPath("wasm-plugins", name), { checkTypes: false });
    assert.ok(Buffer.from(bytes).equals(await readFile(builtPlugin(name))));
  });
}

test.run();

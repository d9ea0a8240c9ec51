import { join } from "node:path";
import * as assert from "uvu/assert";
import { bundlePath, bundlesOf } from "../../src/cni/installed-bundle.ts";
import { makeFolder } from "../support/folder.ts";
import { suite } from "../support/suite.ts";

const test = suite("installed-bundle");

const DIGEST = `sha256:${"a".repeat(64)}`;

test("bundlesOf() finds the copies of a type, and no others'", async () => {
  const folder = await makeFolder();
  try {
    const own = bundlePath(folder.path, "net", DIGEST);
    assert.is(own, join(folder.path, `net.${"a".repeat(64)}.wasm`));
    const others = [
      "net.json",
      "net.wasm",
      `net.${"A".repeat(64)}.wasm`,
      `net.${"b".repeat(64)}.wasm.part`,
    ];
    // A type may have points in its name.
    const names = [bundlePath("", "net2", DIGEST), bundlePath("", `net.${"c".repeat(64)}`, DIGEST)];
    for (const name of [...others, ...names]) await folder.write({ [name]: "" });
    await folder.write({ [bundlePath("", "net", DIGEST)]: "" });
    assert.equal(await bundlesOf(folder.path, "net"), [own]);
    assert.equal(await bundlesOf(folder.path, "ne"), []);
    assert.equal(await bundlesOf(join(folder.path, "none"), "net"), []);
  } finally {
    await folder.remove();
  }
});

test.run();

import * as assert from "uvu/assert";
import { symlink } from "node:fs/promises";
import { join } from "node:path";
import { PluginError } from "../../src/plugin-error.ts";
import { findTests } from "../../src/testing/find-tests.ts";
import { makeFolder } from "../support/folder.ts";
import { suite } from "../support/suite.ts";

const test = suite("find-tests");

test("findTests() finds cases and test modules, in the order of their names", async () => {
  const folder = await makeFolder();
  try {
    await folder.write({
      "cases/b.yaml": "",
      "cases/a.yml": "",
      "cases/c.json": "",
      "cases/notes.md": "",
      "cases/files/x.yaml": "",
      "cases/.d.yaml": "",
      "cases/folder.yaml/x": "",
      "policy.ts": "",
      "policy.test.ts": "",
      ".policy.test.ts": "",
      "test/rule.test.ts": "",
      "test/helper.ts": "",
      "other/rule.test.ts": "",
    });
    await symlink("policy.ts", join(folder.path, "link.test.ts"));
    const { cases, modules } = await findTests(folder.path);
    const within = (paths: readonly string[]) =>
      paths.map((path) => path.slice(folder.path.length + 1));
    assert.equal(within(cases), ["cases/a.yml", "cases/b.yaml", "cases/c.json"]);
    assert.equal(within(modules), ["link.test.ts", "policy.test.ts", "test/rule.test.ts"]);
  } finally {
    await folder.remove();
  }
});

test("findTests() says that there are none", async () => {
  const folder = await makeFolder();
  try {
    await folder.write({ "cases/README.md": "", "policy.ts": "" });
    const error = await findTests(folder.path).then(() => undefined, (thrown) => thrown);
    assert.is((error as PluginError).code, "input.empty");
  } finally {
    await folder.remove();
  }
});

test.run();

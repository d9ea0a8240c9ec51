import { stat } from "node:fs/promises";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { tryLockFile } from "../../src/platform/file-lock.ts";
import { PluginError } from "../../src/plugin-error.ts";
import { makeFolder } from "../support/folder.ts";
import { suite } from "../support/suite.ts";

const test = suite("platform/file-lock");

test("tryLockFile() gives a lock to one holder at a time, and writes nothing", async () => {
  const folder = await makeFolder();
  try {
    const path = join(folder.path, "lock");
    const first = await tryLockFile(path);
    assert.ok(first);
    assert.is(await tryLockFile(path), undefined);
    const other = await tryLockFile(join(folder.path, "other"));
    assert.ok(other);
    other.release();
    first.release();
    const second = await tryLockFile(path);
    assert.ok(second);
    assert.is(await tryLockFile(path), undefined);
    second.release();
    assert.is((await stat(path)).size, 0);
  } finally {
    await folder.remove();
  }
});

test("tryLockFile() says what it cannot lock", async () => {
  const error = await tryLockFile("/nowhere/lock").catch((thrown) => thrown);
  assert.instance(error, PluginError);
  assert.is(error.code, "output.unwritable");
  assert.match(error.message, /^Cannot lock "\/nowhere\/lock": /);
});

test.run();

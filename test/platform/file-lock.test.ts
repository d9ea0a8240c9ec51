import { stat } from "node:fs/promises";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { tryLockFile } from "../../src/platform/file-lock.ts";
import { PluginError } from "../../src/plugin-error.ts";
import { makeFolder } from "../support/folder.ts";
import { pause } from "../support/process-fixture.ts";
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
    for (let time = 0; time < 2; time++) first.release();
    const second = await tryLockFile(path);
    assert.ok(second);
    assert.is(await tryLockFile(path), undefined);
    second.release();
    assert.is((await stat(path)).size, 0);
  } finally {
    await folder.remove();
  }
});

test("several share a lock, while nobody has it alone", async () => {
  const folder = await makeFolder();
  try {
    const path = join(folder.path, "lock");
    const shared = [await tryLockFile(path, "shared"), await tryLockFile(path, "shared")];
    for (const lock of shared) {
      assert.ok(lock);
      assert.is(await tryLockFile(path), undefined);
      lock.release();
    }
    const alone = await tryLockFile(path, "exclusive");
    assert.ok(alone);
    assert.is(await tryLockFile(path, "shared"), undefined);
    alone.release();
    (await tryLockFile(path, "shared"))!.release();
    assert.is((await stat(path)).size, 0);
  } finally {
    await folder.remove();
  }
});

test("a lock holds although nobody refers to it, whenever the memory is cleaned up", async () => {
  const folder = await makeFolder();
  try {
    const path = join(folder.path, "lock");
    assert.ok(await tryLockFile(path));
    let garbage: unknown;
    for (let round = 0; round < 40; round++) {
      garbage = Array.from({ length: 200_000 }, (_, n) => ({ n }));
      await pause(1);
    }
    assert.ok(garbage);
    assert.is(await tryLockFile(path), undefined);
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

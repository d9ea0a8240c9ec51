import * as assert from "uvu/assert";
import { symlink, utimes } from "node:fs/promises";
import { join } from "node:path";
import { fileTimes, folderTimes, pause } from "../../src/platform/folder-times.ts";
import { PluginError } from "../../src/plugin-error.ts";
import { makeFolder } from "../support/folder.ts";
import { suite } from "../support/suite.ts";

const test = suite("folder-times");

test("folderTimes() has the files that an author wrote, with time and size", async () => {
  const folder = await makeFolder();
  try {
    await folder.write({
      "a.ts": "abc",
      "b/c/d.yaml": "",
      ".git/x": "",
      ".hidden": "",
      "node_modules/x/y.js": "",
      "b/node_modules/z.js": "",
    });
    await utimes(join(folder.path, "a.ts"), 1_000, 1_000);
    await symlink("a.ts", join(folder.path, "link.ts"));
    await symlink("none", join(folder.path, "nowhere"));
    await symlink(".", join(folder.path, "loop"));
    const times = await folderTimes(folder.path);
    assert.equal([...times.keys()].sort(), ["a.ts", "b/c/d.yaml", "link.ts"]);
    assert.equal(times.get("a.ts"), { modifiedMs: 1_000_000, size: 3 });
  } finally {
    await folder.remove();
  }
});

test("fileTimes() has none for what is no file", async () => {
  const folder = await makeFolder();
  try {
    assert.is(await fileTimes(folder.path), undefined);
    assert.is(await fileTimes(join(folder.path, "none")), undefined);
    assert.is(await fileTimes(join(folder.path, "none", "none")), undefined);
    const error = await folderTimes(join(folder.path, "none")).then(() => 0, (thrown) => thrown);
    assert.is((error as PluginError).code, "input.not-found");
  } finally {
    await folder.remove();
  }
});

test("pause() says whether it was ended", async () => {
  assert.is(await pause(1, new AbortController().signal), true);
  assert.is(await pause(60_000, AbortSignal.abort()), false);
  const controller = new AbortController();
  const pausing = pause(60_000, controller.signal);
  controller.abort();
  assert.is(await pausing, false);
});

test.run();

import { mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { writeNewFolder } from "../../src/platform/output-folder.ts";
import { makeFolder, type TestFolder } from "../support/folder.ts";
import { codeOf } from "../support/sandbox.ts";
import { suite } from "../support/suite.ts";

interface Context {
  folder: TestFolder;
}

const test = suite<Context>("output-folder");

test.before(async (context) => {
  context.folder = await makeFolder();
});
test.after(({ folder }) => folder.remove());

const FILES = new Map([["a.txt", "a"], ["b/c.txt", "c"]]);

test("writeNewFolder() writes files and folders, also where an empty folder is", async ({ folder }) => {
  await mkdir(join(folder.path, "empty"));
  for (const name of ["new", "empty"]) {
    const path = join(folder.path, name);
    await writeNewFolder(path, FILES);
    assert.equal((await readdir(path)).sort(), ["a.txt", "b"]);
    assert.is(await readFile(join(path, "b", "c.txt"), "utf8"), "c");
  }
});

test("writeNewFolder() leaves alone what stands there", async ({ folder }) => {
  const { path } = folder;
  await folder.write({ "full/mine.txt": "mine", "file": "mine" });
  await symlink("nowhere", join(path, "link"));
  for (const name of ["full", "file", "link"]) {
    assert.is(await codeOf(writeNewFolder(join(path, name), FILES)), "output.unwritable", name);
  }
  assert.equal(await readdir(join(path, "full")), ["mine.txt"]);
  assert.is(await readFile(join(path, "file"), "utf8"), "mine");
});

test("writeNewFolder() leaves nothing of a folder that it cannot finish", async ({ folder }) => {
  const path = join(folder.path, "parent");
  await mkdir(path);
  await writeFile(join(path, "other.txt"), "");
  const clash = new Map([["a", "a file"], ["a/b", "and a folder"]]);
  assert.is(await codeOf(writeNewFolder(join(path, "new"), clash)), "output.unwritable");
  assert.equal(await readdir(path), ["other.txt"]);
  assert.is(await codeOf(writeNewFolder(join(path, "gone", "new"), FILES)), "output.unwritable");
  assert.equal(await readdir(path), ["other.txt"]);
});

test.run();

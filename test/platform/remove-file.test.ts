import { mkdir, readdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { removeEmptyFolder, removeFile } from "../../src/platform/remove-file.ts";
import { makeFolder, type TestFolder } from "../support/folder.ts";
import { suite } from "../support/suite.ts";

interface Context {
  folder: TestFolder;
}

const test = suite<Context>("remove-file");

test.before(async (context) => {
  context.folder = await makeFolder();
});
test.after(({ folder }) => folder.remove());

test("removeFile() removes a file or a link, and says whether there was one", async ({ folder }) => {
  await folder.write({ "a/file": "x", "a/kept": "y" });
  const at = (name: string) => join(folder.path, "a", name);
  await symlink("kept", at("link"));
  assert.equal([await removeFile(at("file")), await removeFile(at("link"))], [true, true]);
  assert.equal([await removeFile(at("file")), await removeFile(at("none/x"))], [false, false]);
  assert.equal(await readdir(join(folder.path, "a")), ["kept"]);
  const error = await removeFile(join(folder.path, "a")).catch((thrown) => thrown);
  assert.is(error.code, "output.unwritable");
});

test("removeEmptyFolder() leaves a folder in which something is", async ({ folder }) => {
  const path = join(folder.path, "b");
  await mkdir(join(path, "in"), { recursive: true });
  assert.is(await removeEmptyFolder(path), false);
  assert.is(await removeEmptyFolder(join(path, "in")), true);
  assert.is(await removeEmptyFolder(path), true);
  assert.is(await removeEmptyFolder(path), false);
});

test.run();

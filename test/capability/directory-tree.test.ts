import { mkdir, readdir, realpath, rename, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { measureTree, removeTree } from "../../src/capability/directory-tree.ts";
import { type HeldFolder, holdFolder } from "../../src/platform/held-folder.ts";
import type { PluginError } from "../../src/plugin-error.ts";
import { makeFolder, type TestFolder } from "../support/folder.ts";
import { suite } from "../support/suite.ts";

const test = suite("directory-tree");

const never = new AbortController().signal;
let folder: TestFolder;
let root: HeldFolder;
let path: string;

test.before(async () => {
  folder = await makeFolder();
  path = await realpath(folder.path);
  root = (await holdFolder(path))!;
});
test.after(async () => {
  await root.close();
  await folder.remove();
});

test("measureTree() says where it stopped", async () => {
  await folder.write({ "m/a/b/c/file": "12345", "m/file": "1" });
  const m = (await root.enter("m"))!;
  try {
    assert.is((await measureTree(m, never)).bytes, 6);
    const shallow = await measureTree(m, never, { entries: 100, depth: 2 });
    assert.equal(shallow, { bytes: 1, files: 1, directories: 2, complete: false });
    assert.is((await measureTree(m, never, { entries: 5, depth: 9 })).complete, true);
    assert.is((await measureTree(m, never, { entries: 4, depth: 9 })).complete, false);
    let thrown: unknown;
    await measureTree(m, AbortSignal.abort("over")).catch((error) => thrown = error);
    assert.is(thrown, "over");
  } finally {
    await m.close();
  }
});

test("removeTree() refuses a tree that is too deep", async () => {
  await folder.write({ "deep/a/b/c/file": "" });
  let code: string | undefined;
  await removeTree(root, "deep", never, 2).catch((error: PluginError) => code = error.code);
  assert.is(code, "capability.limit");
  await removeTree(root, "deep", never);
  assert.not.ok((await readdir(path)).includes("deep"));
});

test("removeTree() stays in a folder that is swapped for a link meanwhile", async () => {
  await folder.write({ "outside/kept": "kept", "race/sub/file": "x" });
  // Between the look and the removal, as whoever owns the tree could do it.
  const swap = async () => {
    await rename(join(path, "race"), join(path, "race-away"));
    await symlink(join(path, "outside"), join(path, "race"));
  };
  let swapped = false;
  const watched: HeldFolder = Object.assign(Object.create(root) as HeldFolder, {
    device: root.device,
    look: async (name: string) => {
      const facts = await root.look(name);
      if (!swapped) await swap();
      swapped = true;
      return facts;
    },
    enter: (name: string) => root.enter(name),
    removeFile: (name: string) => root.removeFile(name),
    removeEmptyFolder: (name: string) => root.removeEmptyFolder(name).catch(() => false),
  });
  await removeTree(watched, "race", never);
  assert.equal(await readdir(join(path, "outside")), ["kept"]);
  assert.equal(await readdir(join(path, "race-away")), ["sub"]);
});

test("a held folder is the same one, whatever takes its name", async () => {
  if (!path.startsWith("/") || !(await holdsByDescriptor())) return;
  await folder.write({ "held/mine": "", "other/theirs": "" });
  const held = (await root.enter("held"))!;
  try {
    await rename(join(path, "held"), join(path, "held-away"));
    await symlink(join(path, "other"), join(path, "held"));
    const names: string[] = [];
    for await (const name of held.names()) names.push(name);
    assert.equal(names, ["mine"]);
    assert.is(await held.makeFolder("made"), true);
    assert.equal((await readdir(join(path, "held-away"))).sort(), ["made", "mine"]);
    assert.equal(await readdir(join(path, "other")), ["theirs"]);
  } finally {
    await held.close();
  }
});

/** Only Linux gives a path to an open folder. */
async function holdsByDescriptor(): Promise<boolean> {
  return await readdir("/proc/self/fd").then(() => true, () => false);
}

test("a held folder refuses what is not one step", async () => {
  for (const name of ["", ".", "..", "a/b", "/etc", "a\0"]) {
    let thrown: unknown;
    await root.look(name).catch((error) => thrown = error);
    assert.instance(thrown, TypeError, JSON.stringify(name));
  }
  await writeFile(join(path, "plain"), "");
  await symlink(path, join(path, "self"));
  await mkdir(join(path, "real"));
  assert.is(await root.enter("plain"), undefined);
  assert.is(await root.enter("self"), undefined);
  assert.is(await root.enter("nothing"), undefined);
});

test.run();

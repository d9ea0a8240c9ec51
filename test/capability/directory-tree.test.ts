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

/** Folders within each other, deeper than a path could say, with something in each. */
async function makeDeep(name: string, depth: number): Promise<void> {
  let at = root;
  for (let level = 0; level < depth; level++) {
    const step = level === 0 ? name : "d".repeat(200);
    await at.makeFolder(step);
    const next = (await at.enter(step))!;
    await next.makeFolder("side");
    if (at !== root) await at.close();
    at = next;
  }
  await at.close();
}

test("removeTree() removes a tree of any depth, and nothing beside it", async () => {
  if (!(await holdsByDescriptor())) return;
  await folder.write({ "beside/file": "" });
  await makeDeep("deep", 500);
  await removeTree(root, "deep", never);
  assert.equal(await readdir(path).then((names) => names.filter((name) => name !== "m")), [
    "beside",
  ]);
});

test("removeTree() moves up what is deep, and removes links, not where they lead", async () => {
  await folder.write({ "far/kept": "kept", "deep/a/b/c/file": "", "deep/a/b/d/e/f/file": "" });
  await symlink(join(path, "far"), join(path, "deep/a/b/c/link"));
  await symlink(join(path, "far"), join(path, "deep/a/b/link"));
  for (const levels of [2, 3]) {
    await folder.write({ "deep/a/b/c/file": "" });
    await symlink(join(path, "far"), join(path, "deep/a/link"));
    await removeTree(root, "deep", never, levels);
    assert.not.ok((await readdir(path)).includes("deep"));
  }
  assert.equal(await readdir(join(path, "far")), ["kept"]);
});

test("removeTree() that is cut short loses nothing of what it moved up", async () => {
  await folder.write({ "cut/a/b/c/d/e/file": "" });
  const controller = new AbortController();
  let thrown: unknown;
  const cut = Object.create(root) as HeldFolder;
  Object.assign(cut, {
    device: root.device,
    look: (name: string) => root.look(name),
    enter: (name: string) => root.enter(name),
    removeEmptyFolder: (name: string) => {
      controller.abort("over");
      return root.removeEmptyFolder(name);
    },
  });
  await removeTree(cut, "cut", controller.signal, 2).catch((error) => thrown = error);
  assert.is(thrown, "over");
  assert.is((await readdir(join(path, "cut"))).length, 1);
  await removeTree(root, "cut", never, 2);
  assert.not.ok((await readdir(path)).includes("cut"));
});

test("removeTree() refuses a mounted file system that it would have to move", async () => {
  await folder.write({ "held/a/file": "" });
  const parent = (await root.enter("held"))!;
  const busy = Object.assign(Object.create(parent) as HeldFolder, {
    device: root.device,
    look: (name: string) => parent.look(name),
    names: () => parent.names(),
    moveTo: () => Promise.reject(Object.assign(new Error("busy"), { code: "EBUSY" })),
    close: () => parent.close(),
  });
  const above = Object.assign(Object.create(root) as HeldFolder, {
    device: root.device,
    look: (name: string) => root.look(name),
    enter: () => Promise.resolve(busy),
  });
  let code: string | undefined;
  await removeTree(above, "held", never, 1).catch((error: PluginError) => code = error.code);
  assert.is(code, "capability.conflict");
  assert.equal(await readdir(join(path, "held")), ["a"]);
  await removeTree(root, "held", never);
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

import { execFile } from "node:child_process";
import { promisify } from "node:util";
import * as assert from "uvu/assert";
import { walk, type WalkOptions } from "../../src/input/walk.ts";
import { temporaryFolder } from "./temporary-folder.ts";
import { suite } from "../support/suite.ts";

const test = suite("input/walk");

const ALL: WalkOptions = { wants: () => true, excludes: () => false };

/** What a walk comes upon, relative to its root: names, and `name: code` of what cannot be read. */
async function walked(root: string, options: Partial<WalkOptions> = {}): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, error } of walk(root, { ...ALL, ...options })) {
    const shown = name === root ? "." : name.slice(root.length + 1);
    found.push(error === undefined ? shown : `${shown}: ${error.code}`);
  }
  return found;
}

test("walk() gives the files of all folders in the order of their names", async () => {
  await using folder = await temporaryFolder();
  await folder.write({ "b/2": "", "b/1": "", "a": "", "c": "", "b/10": "", "B": "", ".d/x": "" });
  assert.equal(await walked(folder.path), [".d/x", "B", "a", "b/1", "b/10", "b/2", "c"]);
});

test("walk() passes .git and node_modules by, but not as its root", async () => {
  await using folder = await temporaryFolder();
  await folder.write({ ".git/a": "", "x/node_modules/b": "", "x/.gitkeep": "", "c": "" });
  assert.equal(await walked(folder.path), ["c", "x/.gitkeep"]);
  assert.equal(await walked(`${folder.path}/x/node_modules`), ["b"]);
});

test("walk() asks what is wanted, and does not enter what is excluded", async () => {
  await using folder = await temporaryFolder();
  await folder.write({ "a/x.yaml": "", "a/x.md": "", "b/x.yaml": "" });
  let excluded = 0;
  const found = await walked(folder.path, {
    wants: (_name, fileName) => fileName.endsWith(".yaml"),
    excludes: (name) => name.endsWith("/b") || name.endsWith(".md"),
    onExcluded: () => excluded++,
  });
  assert.equal(found, ["a/x.yaml"]);
  assert.is(excluded, 1, "the folder b; x.md was not wanted anyway");
});

test("walk() enters no more folders than maxDepth", async () => {
  await using folder = await temporaryFolder();
  await folder.write({ "0": "", "a/1": "", "a/b/2": "" });
  assert.equal(await walked(folder.path, { maxDepth: 0 }), ["0"]);
  assert.equal(await walked(folder.path, { maxDepth: 1 }), ["0", "a/1"]);
});

test("walk() survives links to folders in a circle and meets no file twice by them", async () => {
  await using folder = await temporaryFolder();
  await folder.write({ "a/b/x": "" });
  await folder.link("a/b/up", "..");
  await folder.link("a/self", ".");
  await folder.link("loop", "loop");
  assert.equal(await walked(folder.path), ["a/b/x", "loop: input.unreadable"]);
});

test("walk() says where a link to a folder leads out, if it would enter the folder", async () => {
  await using folder = await temporaryFolder();
  await folder.write({ "root/sub/x.yaml": "", "out/y.yaml": "" });
  await folder.link("root/a-out", "../out");
  await folder.link("root/b-within", "sub");
  await folder.link("root/node_modules", "../out");
  await folder.link("root/sub/deep-out", folder.path);
  const root = `${folder.path}/root`;
  const wants = (name: string) => name.endsWith(".yaml");
  assert.equal(await walked(root, { wants }), [
    "a-out: input.unreadable",
    "sub/deep-out: input.unreadable",
    "sub/x.yaml",
  ]);
  assert.equal(await walked(root, { wants, maxDepth: 1 }), [
    "a-out: input.unreadable",
    "sub/x.yaml",
  ]);
  const excludes = (name: string) => name.endsWith("-out");
  assert.equal(await walked(root, { wants, excludes }), ["sub/x.yaml"]);
});

test("walk() follows links to files within its root, and says where one leads out", async () => {
  await using folder = await temporaryFolder();
  await folder.write({ "root/sub/x": "", "outside": "", "folder/y": "", "root2/z": "" });
  await folder.link("root/a-within", "sub/x");
  await folder.link("root/b-outside", "../outside");
  await folder.link("root/c-absolute", `${folder.path}/outside`);
  await folder.link("root/d-nowhere", "gone");
  await folder.link("root/e-folder", "../folder");
  await folder.link("root/f-sibling", "../root2/z");
  assert.equal(await walked(`${folder.path}/root`), [
    "a-within",
    "b-outside: input.unreadable",
    "c-absolute: input.unreadable",
    "d-nowhere: input.not-found",
    "e-folder: input.unreadable",
    "f-sibling: input.unreadable",
    "sub/x",
  ]);
});

test("walk() takes a root that is a link itself", async () => {
  await using folder = await temporaryFolder();
  await folder.write({ "real/x": "" });
  await folder.link("root", "real");
  await folder.link("real/y", "x");
  assert.equal(await walked(`${folder.path}/root`), ["x", "y"]);
});

test("walk() refuses a pipe that is wanted", async () => {
  if (process.platform === "win32") return;
  await using folder = await temporaryFolder();
  await promisify(execFile)("mkfifo", [`${folder.path}/pipe.yaml`]);
  await folder.link("link.yaml", "pipe.yaml");
  assert.equal(await walked(folder.path), [
    "link.yaml: input.unreadable",
    "pipe.yaml: input.unreadable",
  ]);
});

test("walk() reports a folder that cannot be listed and goes on", async () => {
  await using folder = await temporaryFolder();
  await folder.write({ "a": "", "z": "" });
  assert.equal(await walked(`${folder.path}/gone`), [".: input.not-found"]);
  // The super-user may list everything, so there is nothing to see for it.
  if (process.getuid?.() === 0) return;
  await folder.write({ "locked/x": "" });
  await folder.lock("locked");
  assert.equal(await walked(folder.path), ["a", "locked: input.unreadable", "z"]);
});

test("walk() is not ended by the depth of a tree", async () => {
  await using folder = await temporaryFolder();
  const deep = "d/".repeat(500);
  await folder.write({ [`${deep}x`]: "" });
  assert.equal(await walked(folder.path), [`${deep}x`]);
});

test.run();

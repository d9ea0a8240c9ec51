import {
  chmod,
  link,
  mkdir,
  readdir,
  realpath,
  rename,
  stat,
  symlink,
  writeFile,
} from "node:fs/promises";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { directory } from "../../src/capability/directory.ts";
import type { DirectoryGrant } from "../../src/capability/directory-children.ts";
import { FUNCTION_NAMES } from "../../src/capability/function-names.ts";
import type { OpenedCapability } from "../../src/capability/host-function.ts";
import { PluginError } from "../../src/plugin-error.ts";
import { ask, closedAfter, hostCall, pluginNamed } from "../support/capability.ts";
import { makeFolder, type TestFolder } from "../support/folder.ts";
import { suite } from "../support/suite.ts";

const test = suite("directory");

const folders: TestFolder[] = [];
const closing = closedAfter(test);

test.after(async () => {
  for (const one of folders) await one.remove();
});

/** A capability on an empty root. */
async function openRoot(
  grant: Partial<DirectoryGrant> = {},
): Promise<{ d: OpenedCapability; root: string; outside: string }> {
  const folder = await makeFolder();
  folders.push(folder);
  const root = join(await realpath(folder.path), "root");
  const outside = join(await realpath(folder.path), "outside");
  await mkdir(root, { mode: 0o755 });
  await mkdir(outside);
  const d = closing(await directory.open({ root, ...grant }, pluginNamed("x")));
  return { d, root, outside };
}

test("it gives the functions it names", async () => {
  const { d } = await openRoot();
  assert.equal(d.functions.map((one) => one.name), [...FUNCTION_NAMES.directory]);
});

test("directory_create, _path, _list and _remove make, name, show and take away", async () => {
  const { d, root } = await openRoot();
  assert.equal(await ask(d, "directory_create", { name: "vol1" }), { ok: { created: true } });
  assert.equal(await ask(d, "directory_create", { name: "vol1" }), { ok: { created: false } });
  assert.equal(await ask(d, "directory_path", { name: "vol1" }), {
    ok: { path: join(root, "vol1") },
  });
  assert.ok((await stat(join(root, "vol1"))).isDirectory());
  assert.equal(await ask(d, "directory_list", {}), { ok: { names: ["vol1"] } });
  assert.equal(await ask(d, "directory_remove", { name: "vol1" }), { ok: {} });
  assert.equal(await readdir(root), []);
  for (const name of ["remove", "path", "stat"]) {
    const answer = await ask(d, `directory_${name}`, { name: "vol1" });
    assert.is(answer.error?.code, "capability.not-found", name);
  }
});

test("a name is one plain step, whichever function it is for", async () => {
  const { d, root } = await openRoot();
  const names = [
    "",
    ".",
    "..",
    "../outside",
    "/etc",
    "a/b",
    "a\\b",
    ".hidden",
    "-rf",
    "a\0",
    "a b",
  ];
  names.push("a\n", "\u00e9", "a".repeat(256), "__proto__", ".cofferdam-removed-1");
  for (const name of names) {
    for (const verb of ["create", "stat", "remove", "path"]) {
      const answer = await ask(d, `directory_${verb}`, { name });
      assert.is(answer.error?.code, "capability.invalid", `${verb} ${JSON.stringify(name)}`);
    }
  }
  assert.equal(await readdir(root), []);
  for (const name of ["a", "A..b", "0", "constructor", "a".repeat(255)]) {
    assert.is((await ask(d, "directory_create", { name })).error, undefined, name);
  }
});

test("a link is no child, wherever it leads", async () => {
  const { d, root, outside } = await openRoot();
  await writeFile(join(outside, "kept"), "kept");
  await mkdir(join(root, "real"));
  await symlink(outside, join(root, "out"));
  await symlink("real", join(root, "in"));
  await symlink("nowhere", join(root, "broken"));
  await writeFile(join(root, "file"), "");
  for (const name of ["out", "in", "broken", "file"]) {
    for (const verb of ["create", "stat", "remove", "path"]) {
      const answer = await ask(d, `directory_${verb}`, { name });
      assert.is(answer.error?.code, "capability.denied", `${verb} ${name}`);
    }
  }
  assert.equal(await ask(d, "directory_list", {}), { ok: { names: ["real"] } });
  assert.equal(await readdir(outside), ["kept"]);
});

test("directory_remove removes links in a tree, not where they lead", async () => {
  const { d, root, outside } = await openRoot();
  await writeFile(join(outside, "kept"), "kept");
  await mkdir(join(root, "vol", "a", "b"), { recursive: true });
  await writeFile(join(root, "vol", "a", "b", "file"), "x");
  await symlink(outside, join(root, "vol", "a", "out"));
  await symlink(join(outside, "kept"), join(root, "vol", "file"));
  assert.equal(await ask(d, "directory_remove", { name: "vol" }), { ok: {} });
  assert.equal(await readdir(root), []);
  assert.equal(await readdir(outside), ["kept"]);
});

test("directory_remove finishes what an earlier one could not", async () => {
  const { d, root } = await openRoot();
  await mkdir(join(root, ".cofferdam-removed-1", "deep"), { recursive: true });
  await mkdir(join(root, "vol"));
  assert.equal(await ask(d, "directory_list", {}), { ok: { names: ["vol"] } });
  await ask(d, "directory_remove", { name: "vol" });
  assert.equal(await readdir(root), []);
});

test("two removals at once do not disturb each other", async () => {
  const { d, root } = await openRoot();
  for (const name of ["a", "b", "c"]) {
    await mkdir(join(root, name));
    for (let n = 0; n < 50; n++) await writeFile(join(root, name, String(n)), "");
  }
  const answers = await Promise.all(
    ["a", "b", "c", "a"].map((name) => ask(d, "directory_remove", { name })),
  );
  assert.equal(answers.filter((one) => one.ok !== undefined).length, 3);
  assert.equal(answers.find((one) => one.error)?.error?.code, "capability.not-found");
  assert.equal(await readdir(root), []);
});

test("directory_stat measures a tree without following links", async () => {
  const { d, root, outside } = await openRoot();
  await writeFile(join(outside, "large"), "x".repeat(10_000));
  await mkdir(join(root, "vol", "sub"), { recursive: true });
  await writeFile(join(root, "vol", "one"), "x".repeat(100));
  await link(join(root, "vol", "one"), join(root, "vol", "sub", "again"));
  await writeFile(join(root, "vol", "sub", "two"), "x".repeat(11));
  await symlink(outside, join(root, "vol", "out"));
  await symlink("..", join(root, "vol", "loop"));
  const { ok } = await ask(d, "directory_stat", { name: "vol" });
  const { createdAt, ...rest } = ok!;
  assert.equal(rest, { name: "vol", bytes: 111, files: 3, directories: 1, complete: true });
  if (createdAt !== undefined) assert.match(createdAt as string, /^\d{4}-.*Z$/);
  const short = (await ask(d, "directory_stat", { name: "vol", measure: false })).ok!;
  assert.is(short["name"], "vol");
  assert.is(short["bytes"], undefined);
});

test("directory_list pages in the order of names", async () => {
  const { d } = await openRoot();
  for (const name of ["b", "a", "B", "c"]) await ask(d, "directory_create", { name });
  assert.equal(await ask(d, "directory_list", { limit: 2 }), {
    ok: { names: ["B", "a"], next: "a" },
  });
  assert.equal(await ask(d, "directory_list", { limit: 2, after: "a" }), {
    ok: { names: ["b", "c"] },
  });
  assert.is((await ask(d, "directory_list", { after: "../x" })).error?.code, "capability.invalid");
  assert.is((await ask(d, "directory_list", { limit: 1e6 })).error?.code, "capability.invalid");
  assert.is((await ask(d, "directory_list", [])).error?.code, "capability.invalid");
});

test("no more children are made than granted, also at once", async () => {
  const { d, root } = await openRoot({ maxEntries: 3 });
  const answers = await Promise.all(
    Array.from({ length: 8 }, (_, n) => ask(d, "directory_create", { name: `v${n}` })),
  );
  assert.is(answers.filter((one) => one.ok?.["created"] === true).length, 3);
  assert.is(answers.filter((one) => one.error?.code === "capability.limit").length, 5);
  assert.is((await readdir(root)).length, 3);
  assert.equal(await ask(d, "directory_create", { name: "v0" }), { ok: { created: false } });
});

test("no child is made where the granted bytes are in use", async () => {
  const { d, root } = await openRoot({ maxBytes: 100 });
  await ask(d, "directory_create", { name: "a" });
  await writeFile(join(root, "a", "file"), "x".repeat(99));
  assert.equal(await ask(d, "directory_create", { name: "b" }), { ok: { created: true } });
  await writeFile(join(root, "b", "file"), "x");
  assert.is((await ask(d, "directory_create", { name: "c" })).error?.code, "capability.limit");
});

test("a call that is over changes nothing", async () => {
  const { d, root } = await openRoot();
  await mkdir(join(root, "kept"));
  const call = hostCall({ signal: AbortSignal.abort() });
  const create = await ask(d, "directory_create", { name: "a" }, call);
  const remove = await ask(d, "directory_remove", { name: "kept" }, call);
  assert.is(create.error?.code, "capability.timeout");
  assert.is(remove.error?.code, "capability.timeout");
  assert.equal(await readdir(root), ["kept"]);
});

test("refusals name no path of the host", async () => {
  const { d, root } = await openRoot({ maxEntries: 1, maxBytes: 1 });
  await symlink("/etc", join(root, "out"));
  await ask(d, "directory_create", { name: "a" });
  await rename(root, `${root}-away`);
  for (const name of ["a", "b", "out"]) {
    for (const verb of ["create", "stat", "remove", "path"]) {
      const answer = await ask(d, `directory_${verb}`, { name });
      assert.not.match(answer.error?.message ?? "", /\//, `${verb} ${name}`);
    }
  }
});

test("the path of a root that was moved away is not given", async () => {
  const { d, root } = await openRoot();
  await ask(d, "directory_create", { name: "a" });
  await rename(root, `${root}-away`);
  await mkdir(join(root, "a"), { recursive: true });
  assert.is((await ask(d, "directory_path", { name: "a" })).error?.code, "capability.failed");
});

test("a root must be there, be a folder, and be written by its owner alone", async () => {
  const { root } = await openRoot();
  await writeFile(join(root, "file"), "");
  await mkdir(join(root, "open"));
  await chmod(join(root, "open"), 0o777);
  const cases: [unknown, string][] = [
    [{ root: join(root, "nowhere") }, "config.invalid"],
    [{ root: join(root, "file") }, "config.invalid"],
    [{ root: join(root, "open") }, "trust.writable"],
    [{ root: "" }, "config.invalid"],
    [{ root, maxentries: 1 }, "config.invalid"],
    [{ root, maxBytes: -1 }, "config.invalid"],
  ];
  for (const [grant, code] of cases) {
    try {
      await directory.open(grant as DirectoryGrant, pluginNamed("x"));
      assert.unreachable(JSON.stringify(grant));
    } catch (error) {
      assert.is((error as PluginError).code, code, JSON.stringify(grant));
    }
  }
});

test("after closing, everything is refused", async () => {
  const { d } = await openRoot();
  await d.close();
  await d.close();
  assert.is((await ask(d, "directory_list", {})).error?.code, "capability.failed");
});

test.run();

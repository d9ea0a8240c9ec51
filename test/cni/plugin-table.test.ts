import { copyFileSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import * as assert from "uvu/assert";
import type { InstalledPlugin } from "../../src/cni/installed-plugin.ts";
import { PluginTable } from "../../src/cni/plugin-table.ts";
import { PluginError } from "../../src/plugin-error.ts";
import { makeFolder, type TestFolder } from "../support/folder.ts";
import { suite } from "../support/suite.ts";
import { type FakeNetwork, fakeNetwork } from "./fake-network.ts";
import { INSTALLED, writeInstalled } from "./installation.ts";

interface Context {
  folder: TestFolder;
}

const test = suite<Context>("plugin-table");

test.before(async (context) => {
  context.folder = await makeFolder();
});
test.after(({ folder }) => folder.remove());

/** A table, and what it loaded and closed, by the plugins' settings. */
async function makeTable({ folder }: Context, name: string) {
  const bin = join(folder.path, name);
  await mkdir(bin);
  const loaded: unknown[] = [];
  const closed: unknown[] = [];
  const faults = new Set<unknown>();
  const table = new PluginTable(bin, async ({ plugin: { settings } }) => {
    loaded.push(settings);
    await new Promise((resolve) => setTimeout(resolve, 1));
    if (faults.has(settings)) throw new PluginError("bundle.digest-mismatch", "another file");
    return { network: fakeNetwork(), close: () => Promise.resolve(void closed.push(settings)) };
  });
  const install = (type: string, settings: string) => {
    const installed: InstalledPlugin = { ...INSTALLED, plugin: { ...INSTALLED.plugin, settings } };
    return writeInstalled(bin, type, installed);
  };
  return { table, loaded, closed, faults, install };
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  return await work.then(() => "none", (error) => error.code);
}

test("a plugin is loaded once, also where several ask for it at once", async (context) => {
  const { table, loaded, closed, install } = await makeTable(context, "once");
  await install("a", "a");
  await install("b", "b");
  const uses = await Promise.all(["a", "a", "b", "a"].map((type) => table.acquire(type)));
  assert.equal([...loaded].sort(), ["a", "b"]);
  assert.is(uses[0]!.network, uses[1]!.network);
  assert.is.not(uses[0]!.network, uses[2]!.network as FakeNetwork);
  for (const { release } of uses) release();
  assert.equal(closed, []);
  await table.close();
  assert.equal([...closed].sort(), ["a", "b"]);
});

test("a plugin that is installed again is loaded again, and the old one ends with its last call", async (context) => {
  const { table, loaded, closed, install } = await makeTable(context, "again");
  await install("a", "old");
  const [first, second] = [await table.acquire("a"), await table.acquire("a")];
  await install("a", "new");
  const third = await table.acquire("a");
  assert.equal(loaded, ["old", "new"]);
  assert.is.not(third.network, first.network);
  first.release();
  await Promise.resolve();
  assert.equal(closed, []);
  second.release();
  third.release();
  await table.close();
  assert.equal(closed, ["old", "new"]);
});

test("who has just found a plugin keeps it, whoever finds another one right behind", async (context) => {
  const { table, closed, install } = await makeTable(context, "behind");
  await install("b", "new");
  const path = await install("a", "old");
  (await table.acquire("a")).release();
  const first = table.acquire("a");
  // Both have read before either goes on.
  copyFileSync(path.replace("a.json", "b.json"), path);
  const second = table.acquire("a");
  const uses = await Promise.all([first, second]);
  assert.equal(closed, []);
  for (const { release } of uses) release();
  await table.close();
  assert.equal(closed, ["old", "new"]);
});

test("a plugin that is uninstalled is gone", async (context) => {
  const { table, closed, install } = await makeTable(context, "gone");
  const path = await install("a", "a");
  (await table.acquire("a")).release();
  await rm(path);
  assert.is(await codeOf(table.acquire("a")), "input.not-found");
  await table.close();
  assert.equal(closed, ["a"]);
});

test("a plugin that cannot be loaded is tried again", async (context) => {
  const { table, loaded, closed, faults, install } = await makeTable(context, "faulty");
  await install("a", "a");
  faults.add("a");
  const codes = await Promise.all([1, 2].map(() => codeOf(table.acquire("a"))));
  assert.equal(codes, ["bundle.digest-mismatch", "bundle.digest-mismatch"]);
  faults.clear();
  (await table.acquire("a")).release();
  assert.equal(loaded, ["a", "a"]);
  await table.close();
  assert.equal(closed, ["a"]);
});

test("what is no type is nobody's configuration", async (context) => {
  const { table } = await makeTable(context, "types");
  for (const type of ["", "..", "../a", "a/b", ".cofferdam", "a\0"]) {
    assert.is(await codeOf(table.acquire(type)), "config.invalid", type);
  }
});

test("loadAll() says of each type whether it could be loaded", async (context) => {
  const { table, faults, install } = await makeTable(context, "all");
  for (const name of ["a", "b", "c"]) await install(name, name);
  faults.add("b");
  const result = [...await table.loadAll()].map(([type, error]) => [type, error?.code]);
  assert.equal(result, [["a", undefined], ["b", "bundle.digest-mismatch"], ["c", undefined]]);
  await table.close();
});

test.run();

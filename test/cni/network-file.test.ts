import { symlink } from "node:fs/promises";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { findNetwork, readNetworkFile, readPluginFile } from "../../src/cni/network-file.ts";
import { makeFolder, type TestFolder } from "../support/folder.ts";
import { rejection } from "../support/process-fixture.ts";
import { suite } from "../support/suite.ts";

const test = suite("cni/network-file");

const list = (name: string, type = "bridge", more: object = {}) =>
  JSON.stringify({ cniVersion: "1.0.0", name, plugins: [{ type }], ...more });
const plugin = (name: string, type: string) => JSON.stringify({ cniVersion: "0.4.0", name, type });

/** Runs `check` with a folder of these files. */
async function withFiles(
  files: Record<string, string>,
  check: (path: string, folder: TestFolder) => Promise<void>,
): Promise<void> {
  const folder = await makeFolder();
  try {
    await folder.write(files);
    await check(folder.path, folder);
  } finally {
    await folder.remove();
  }
}

test("findNetwork() takes conflists first, then .conf and .json, by name (cni 28)", async () => {
  const files = {
    "10-a.conf": plugin("a", "from-conf"),
    "20-a.conflist": list("a", "from-list"),
    "30-b.json": plugin("b", "from-json"),
    "05-c.conflist": list("c", "first"),
    "06-c.conflist": list("c", "second"),
    "07-d.txt": "{",
    "sub/e.conflist": list("e"),
    "f.conflist/x": "",
  };
  await withFiles(files, async (path) => {
    const typeOf = async (name: string) => (await findNetwork(path, name)).plugins[0]!.type;
    assert.is(await typeOf("a"), "from-list");
    assert.is(await typeOf("b"), "from-json");
    assert.is(await typeOf("c"), "first");
    await rejection(findNetwork(path, "e"), "cni.config-not-found");
    const { message } = await rejection(findNetwork(path, "nope"), "cni.config-not-found");
    assert.ok(message.includes(path));
  });
});

test("findNetwork() finds nothing where there is nothing", async () => {
  await withFiles({}, async (path) => {
    await rejection(findNetwork(path, "n"), "cni.config-not-found");
    await rejection(findNetwork(join(path, "nowhere"), "n"), "cni.config-not-found");
  });
});

test("findNetwork() ends at a file that cannot be used, and names it", async () => {
  const files = { "10.conflist": list("a"), "20.conflist": "{", "30.conflist": list("c") };
  await withFiles(files, async (path) => {
    assert.is((await findNetwork(path, "a")).name, "a");
    const error = await rejection(findNetwork(path, "c"), "cni.config-malformed");
    assert.ok(error.message.startsWith(`${join(path, "20.conflist")}: `), error.message);
    assert.is(error.details["file"], join(path, "20.conflist"));
  });
});

test("readNetworkFile() adds the plugins that stand beside it (cni 28)", async () => {
  const files = {
    "n.conflist": list("n", "inlined"),
    "only.conflist": list("only", "inlined", { loadOnlyInlinedPlugins: "true" }),
    "none.conflist": JSON.stringify({ name: "none" }),
    "beside.conflist": JSON.stringify({ name: "beside", cniVersion: "1.0.0" }),
    "n/20.conf": JSON.stringify({ type: "second" }),
    "n/10.conf": JSON.stringify({ type: "first" }),
    "n/30.json": JSON.stringify({ type: "not-loaded" }),
    "n/40.conf/x": "",
    "only/10.conf": JSON.stringify({ type: "not-loaded" }),
    "beside/10.conf": JSON.stringify({ type: "alone" }),
  };
  await withFiles(files, async (path) => {
    const types = async (file: string) =>
      (await readNetworkFile(join(path, file))).plugins.map(({ type }) => type);
    assert.equal(await types("n.conflist"), ["inlined", "first", "second"]);
    assert.equal(await types("only.conflist"), ["inlined"]);
    assert.equal(await types("beside.conflist"), ["alone"]);
    const { message } = await rejection(types("none.conflist"), "cni.config-malformed");
    assert.match(message, /no plugins are in it or beside it$/);
  });
});

test("readNetworkFile() does not let a name lead elsewhere", async () => {
  const files = {
    "in/n.conflist": JSON.stringify({ name: "../out" }),
    "out/10.conf": JSON.stringify({ type: "stolen" }),
  };
  await withFiles(files, async (path) => {
    await rejection(readNetworkFile(join(path, "in/n.conflist")), "cni.config-malformed");
  });
});

test("readNetworkFile() follows links, as clusters lay out their files, and bounds what it reads", async () => {
  const huge = `{"name":"n","x":"${"x".repeat(2 ** 20)}"}`;
  await withFiles({ "data/n": list("n"), "huge.conflist": huge }, async (path) => {
    await symlink(join(path, "data/n"), join(path, "n.conflist"));
    await symlink(join(path, "nowhere"), join(path, "z.conflist"));
    assert.is((await readNetworkFile(join(path, "n.conflist"))).name, "n");
    await rejection(readNetworkFile(join(path, "huge.conflist")), "input.too-large");
    await rejection(readNetworkFile(join(path, "z.conflist")), "input.not-found");
  });
});

test("readPluginFile() reads one plugin", async () => {
  await withFiles({ "x.conf": plugin("n", "x"), "y.conf": "{}" }, async (path) => {
    assert.is((await readPluginFile(join(path, "x.conf"))).type, "x");
    await rejection(readPluginFile(join(path, "y.conf")), "cni.config-malformed");
  });
});

test.run();

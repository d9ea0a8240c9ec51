import { chmod, mkdir, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as assert from "uvu/assert";
import {
  attachmentOf,
  makeWorld,
  networkOf,
  resultWith,
  type World,
} from "../support/cni-world.ts";
import { rejection } from "../support/process-fixture.ts";
import { suite } from "../support/suite.ts";

const test = suite("cni/attaching");

const RESULT = resultWith("10.0.0.2/24");

const fileOf = ({ cacheFolder }: World, name = "net-c1-eth0") => join(cacheFolder, "results", name);
const entryOf = async (world: World, name?: string) =>
  JSON.parse(await readFile(fileOf(world, name), "utf8"));
const filesOf = ({ cacheFolder }: World) => readdir(join(cacheFolder, "results")).catch(() => []);
const begunFile = ({ cacheFolder }: World) => join(cacheFolder, "cofferdam-begun", "net-c1-eth0");
const begunOf = ({ cacheFolder }: World) => readdir(join(cacheFolder, "cofferdam-begun"));

/** Attaches c1, and forgets what was called. */
async function attached(world: World, network = networkOf(["first", "second"])): Promise<void> {
  const { plugins, runtime } = world;
  await plugins.answer("second", "ADD", { stdout: JSON.stringify(RESULT) });
  await runtime.add(network, attachmentOf());
  await plugins.calls();
}

test("add() remembers the last result with all it was given (cni 19, 27)", async () => {
  await using world = await makeWorld();
  const network = networkOf(["first", "second"]);
  await world.plugins.answer("second", "ADD", { stdout: JSON.stringify(RESULT) });
  const given = { args: [["K", "V"]] as const, capabilityArgs: { mac: "02:00:00:00:00:01" } };
  await world.runtime.add(network, attachmentOf("c1", given));
  assert.equal(await entryOf(world), {
    ...{ kind: "cniCacheV1", containerId: "c1", ifName: "eth0", networkName: "net" },
    config: btoa(new TextDecoder().decode(network.bytes)),
    netns: "/run/netns/c1",
    cniArgs: [["K", "V"]],
    capabilityArgs: given.capabilityArgs,
    result: RESULT,
  });
  const attachment = attachmentOf();
  assert.equal(await world.runtime.cachedResult(network, attachment), RESULT as never);
  const cached = (await world.runtime.cachedConfig(network, attachment))!;
  assert.equal([...cached.config], [...network.bytes]);
  assert.equal(cached.attachment, { ...attachment, ...given });
});

test("add() remembers nothing of a failure (cni 19)", async () => {
  await using world = await makeWorld();
  await world.plugins.answer("second", "ADD", { exit: 1 });
  const failed = world.runtime.add(networkOf(["first", "second"]), attachmentOf());
  await rejection(failed, "cni.plugin-failed");
  assert.equal(await filesOf(world), []);
});

test("each plugin finds written down whom it attaches, and how far that came", async () => {
  await using world = await makeWorld([]);
  const copy = `cat "${begunFile(world)}" >"$0.seen"`;
  const answer = `echo '${JSON.stringify(RESULT)}'`;
  const first = await world.plugins.script("spy", `cat >/dev/null; ${copy}; ${answer}`);
  const second = await world.plugins.script("other", `cat >/dev/null; ${copy}; echo '{}'`);
  await world.runtime.add(networkOf(["spy", "other"]), attachmentOf());
  const { result, ...rest } = await entryOf(world);
  assert.equal(result, { cniVersion: "1.0.0" });
  const seen = async (path: string) => JSON.parse(await readFile(`${path}.seen`, "utf8"));
  assert.equal(await seen(first), rest);
  assert.equal(await seen(second), { ...rest, result: RESULT });
  assert.equal(await begunOf(world), []);
});

test("del() behind a failure knows how far add() came, and forgets that", async () => {
  await using world = await makeWorld();
  const { plugins, runtime } = world;
  const network = networkOf(["first", "second"]);
  await plugins.answer("first", "ADD", { stdout: JSON.stringify(RESULT) });
  await plugins.answer("second", "ADD", { exit: 1 });
  await rejection(runtime.add(network, attachmentOf()), "cni.plugin-failed");
  assert.equal([await filesOf(world), await begunOf(world)], [[], ["net-c1-eth0"]]);
  assert.equal(await runtime.attachments(), []);
  assert.is(await runtime.cachedResult(network, attachmentOf()), undefined);
  await plugins.calls();
  await runtime.del(network, attachmentOf());
  const calls = await plugins.calls();
  assert.equal(calls.map(({ config }) => config["prevResult"]), [RESULT, RESULT]);
  assert.equal(await begunOf(world), []);
});

test("gc() behind a failure undoes it", async () => {
  await using world = await makeWorld();
  const { plugins, runtime } = world;
  const network = networkOf(["first", "second"]);
  await plugins.answer("second", "ADD", { exit: 1 });
  await rejection(runtime.add(network, attachmentOf()), "cni.plugin-failed");
  await plugins.answer("second", "ADD", {});
  await runtime.add(network, attachmentOf("c2"));
  await plugins.calls();
  await runtime.gc(network, [{ containerID: "c2", ifname: "eth0" }]);
  const calls = await plugins.calls();
  assert.equal(calls.map(({ command, containerId }) => [command, containerId]), [
    ["DEL", "c1"],
    ["DEL", "c1"],
  ]);
  assert.equal(await begunOf(world), []);
});

test("add() again keeps what is known of the first, where it fails", async () => {
  await using world = await makeWorld();
  const network = networkOf(["first", "second"]);
  await attached(world, network);
  await world.plugins.answer("first", "ADD", { exit: 1 });
  await rejection(world.runtime.add(network, attachmentOf()), "cni.plugin-failed");
  assert.equal((await entryOf(world)).result, RESULT);
});

test("add() does not begin where it could not remember (cni 19)", async () => {
  await using world = await makeWorld();
  await world.plugins.answer("first", "ADD", {});
  const add = () => world.runtime.add(networkOf(["first"]), attachmentOf());
  await mkdir(join(world.cacheFolder, "results"), { recursive: true });
  await symlink("/etc/passwd", fileOf(world));
  await rejection(add(), "output.unwritable");
  await rm(fileOf(world));
  await mkdir(fileOf(world));
  await rejection(add(), "output.unwritable");
  await rm(join(world.cacheFolder, "results"), { recursive: true });
  await writeFile(join(world.cacheFolder, "results"), "");
  await rejection(add(), "output.unwritable");
  await rm(world.cacheFolder, { recursive: true });
  await mkdir(world.cacheFolder);
  await chmod(world.cacheFolder, 0o777);
  await rejection(add(), "trust.writable");
  assert.equal(await world.plugins.log(), []);
});

test("add() refuses bad names before anything runs (cni 20)", async () => {
  await using world = await makeWorld();
  const add = (network: string, containerId: string, ifname: string) =>
    world.runtime.add(
      networkOf(["first"], { name: network }),
      attachmentOf(containerId, { ifname }),
    );
  await rejection(add("net", "../c1", "eth0"), "cni.attachment-invalid");
  await rejection(add("../net", "c1", "eth0"), "cni.attachment-invalid");
  await rejection(add("net", "c1", "1/2"), "cni.attachment-invalid");
  assert.equal(await world.plugins.log(), []);
});

test("two attachments whose names make one file do not disturb each other", async () => {
  await using world = await makeWorld();
  const [one, other] = [networkOf(["first"], { name: "a-b" }), networkOf(["first"], { name: "a" })];
  await world.runtime.add(one, attachmentOf("c"));
  const { message } = await rejection(
    world.runtime.add(other, attachmentOf("b-c")),
    "cni.attachment-invalid",
  );
  assert.match(message, /for c \(eth0\) in a-b$/);
  assert.equal(await world.plugins.log(), ["first ADD"]);
  await world.runtime.del(other, attachmentOf("b-c"));
  assert.not("prevResult" in (await world.plugins.calls())[0]!.config);
  assert.is((await entryOf(world, "a-b-c-eth0")).networkName, "a-b");
  assert.is(await world.runtime.cachedResult(other, attachmentOf("b-c")), undefined);
});

test("del() hands the result to all, and then forgets it (cni 22)", async () => {
  await using world = await makeWorld();
  const network = networkOf(["first", "second"]);
  await attached(world, network);
  await world.runtime.del(network, attachmentOf());
  await world.runtime.del(network, attachmentOf());
  const calls = await world.plugins.calls();
  assert.equal(calls.map(({ plugin, config }) => [plugin, config["prevResult"]]), [
    ["second", RESULT],
    ["first", RESULT],
    ["second", undefined],
    ["first", undefined],
  ]);
  assert.equal(await filesOf(world), []);
});

test("del() keeps what it knows where a plugin fails", async () => {
  await using world = await makeWorld();
  const network = networkOf(["first", "second"]);
  await attached(world, network);
  await world.plugins.answer("first", "DEL", { exit: 1 });
  await rejection(world.runtime.del(network, attachmentOf()), "cni.plugin-failed");
  assert.equal(await filesOf(world), ["net-c1-eth0"]);
});

test("del() hands on no result before version 0.4.0 (cni 22)", async () => {
  await using world = await makeWorld();
  const network = networkOf(["first"], { cniVersion: "0.3.1" });
  await world.plugins.answer("first", "ADD", { stdout: "{}" });
  await world.runtime.add(network, attachmentOf());
  await world.runtime.del(network, attachmentOf());
  assert.not("prevResult" in (await world.plugins.calls())[1]!.config);
  assert.equal(await filesOf(world), []);
});

const BROKEN: [name: string, breakIt: (world: World) => Promise<unknown>][] = [
  ["is garbage", (world) => writeFile(fileOf(world), "garbage")],
  ["is huge", (world) => writeFile(fileOf(world), "x".repeat(9 * 2 ** 20))],
  [
    "is a link",
    async (world) => {
      await rm(fileOf(world));
      await symlink("/etc/passwd", fileOf(world));
    },
  ],
  [
    "has a result of an unknown version",
    async (world) => {
      const entry = await entryOf(world);
      entry.result.cniVersion = "0.4567.0";
      await writeFile(fileOf(world), JSON.stringify(entry));
    },
  ],
];
for (const [name, breakIt] of BROKEN) {
  test(`del() bears a cache that ${name} (cni 22)`, async () => {
    await using world = await makeWorld();
    const network = networkOf(["first", "second"]);
    await attached(world, network);
    await breakIt(world);
    await world.runtime.del(network, attachmentOf());
    const calls = await world.plugins.calls();
    assert.equal(calls.map(({ config }) => "prevResult" in config), [false, false]);
    assert.equal(await filesOf(world), []);
  });

  test(`check() does not bear a cache that ${name} (cni 21)`, async () => {
    await using world = await makeWorld();
    const network = networkOf(["first", "second"]);
    await attached(world, network);
    await breakIt(world);
    const error = await world.runtime.check(network, attachmentOf()).catch((thrown) => thrown);
    assert.match(
      error.code,
      /^(?:cni\.(?:cache-malformed|version-unsupported)|input\.(?:too-large|unreadable))$/,
    );
    assert.equal(await world.plugins.log(), []);
  });
}

test.run();

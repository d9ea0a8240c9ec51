import { type ChildProcess, spawn } from "node:child_process";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import * as assert from "uvu/assert";
import { createExec } from "../../src/cni/exec.ts";
import type { PluginError } from "../../src/plugin-error.ts";
import { type Command, pairOf } from "../support/both-runtimes.ts";
import { plainEnvironment } from "../support/cli.ts";
import {
  attachmentOf,
  makeWorld,
  networkOf,
  resultWith,
  type World,
} from "../support/cni-world.ts";
import { checkEnds, readLineOf, rejection } from "../support/process-fixture.ts";
import { suite } from "../support/suite.ts";

const test = suite("cni/runtime");

const RESULT = resultWith("10.0.0.2/24");
const THREE = ["first", "second", "third"];
const valid = (...ids: string[]) => ids.map((containerID) => ({ containerID, ifname: "eth0" }));

test("check() hands the remembered result to all plugins (cni 21)", async () => {
  await using world = await makeWorld();
  const { plugins, runtime } = world;
  await plugins.answer("third", "ADD", { stdout: JSON.stringify(RESULT) });
  await runtime.add(networkOf(THREE), attachmentOf());
  await plugins.calls();
  await runtime.check(networkOf(THREE), attachmentOf());
  const calls = await plugins.calls();
  assert.equal(
    calls.map(({ plugin, command, config }) => [plugin, command, config["prevResult"]]),
    [
      ["first", "CHECK", RESULT],
      ["second", "CHECK", RESULT],
      ["third", "CHECK", RESULT],
    ],
  );
});

test("check() has the result in the version that the configuration has by now (cni 21)", async () => {
  await using world = await makeWorld();
  await world.plugins.answer("first", "ADD", { stdout: JSON.stringify(RESULT) });
  await world.runtime.add(networkOf(["first"]), attachmentOf());
  await world.runtime.check(networkOf(["first"], { cniVersion: "0.4.0" }), attachmentOf());
  assert.equal((await world.plugins.calls())[1]!.config["prevResult"], {
    cniVersion: "0.4.0",
    ips: [{ version: "4", address: "10.0.0.2/24" }],
  });
  const odd = networkOf(["first"], { cniVersion: "0.4567.0" });
  await rejection(world.runtime.check(odd, attachmentOf()), "cni.version-unsupported");
  assert.equal(await world.plugins.log(), []);
});

test("check() runs nothing before 0.4.0, and where the network says so (cni 21)", async () => {
  await using world = await makeWorld();
  const { plugins, runtime } = world;
  for (const cniVersion of ["", "0.3.1"]) {
    const old = networkOf(["first"], { cniVersion });
    const { message } = await rejection(
      runtime.check(old, attachmentOf()),
      "cni.version-unsupported",
    );
    assert.match(message, /CHECK came with version 0\.4\.0/);
  }
  await runtime.check(networkOf(["first"], { disableCheck: true }), attachmentOf());
  assert.equal(await plugins.log(), []);
});

test("check() passes on a plugin's error (cni 21)", async () => {
  await using world = await makeWorld();
  await world.plugins.answer("first", "CHECK", { stdout: '{"code":7,"msg":"gone"}', exit: 1 });
  const checked = world.runtime.check(networkOf(THREE), attachmentOf());
  assert.equal((await rejection(checked, "cni.plugin-failed")).details["cni"], {
    code: 7,
    msg: "gone",
  });
  assert.equal(await world.plugins.log(), ["first CHECK"]);
});

test("gc() detaches who is not valid, and tells the plugins who is (cni 24)", async () => {
  await using world = await makeWorld();
  const { plugins, runtime } = world;
  const network = networkOf(["first"], { cniVersion: "1.1.0" });
  await runtime.add(network, attachmentOf("c1", { args: [["K", "V"]] }));
  await runtime.gc(network, valid("c1"));
  await runtime.gc(network, []);
  const calls = await plugins.calls();
  assert.equal(calls.map(({ command }) => command), ["ADD", "GC", "DEL", "GC"]);
  const [, kept, del, emptied] = calls;
  assert.equal(kept, {
    ...{ plugin: "first", command: "GC", containerId: "", netns: "", ifname: "", args: "" },
    path: plugins.path,
    config: {
      ...{ cniVersion: "1.1.0", name: "net", type: "first" },
      ...{ "cni.dev/valid-attachments": valid("c1"), "cni.dev/attachments": valid("c1") },
    },
  });
  assert.equal([del!.containerId, del!.netns, del!.args], ["c1", "/run/netns/c1", "K=V"]);
  assert.equal(emptied!.config["cni.dev/valid-attachments"], []);
  assert.equal(await runtime.attachments(), []);
});

test("gc() detaches by the arguments of that time, and only of its own network", async () => {
  await using world = await makeWorld();
  const { plugins, runtime } = world;
  const config = { type: "first", capabilities: { mac: true } };
  const [network, other] = [networkOf([config]), networkOf([config], { name: "other" })];
  const attachment = attachmentOf("c1", { capabilityArgs: { mac: "02:00:00:00:00:01" } });
  await runtime.add(network, attachment);
  await runtime.add(other, attachment);
  await plugins.calls();
  await runtime.gc(network, valid("c2"));
  const calls = await plugins.calls();
  assert.equal(calls.map(({ command, config }) => [command, config["name"]]), [["DEL", "net"]]);
  assert.equal(calls[0]!.config["runtimeConfig"], attachment.capabilityArgs);
  assert.equal((await runtime.attachments()).map((entry) => entry.network), ["other"]);
});

test("gc() does nothing where the network says so, and asks no plugin before 1.1.0 (cni 24)", async () => {
  await using world = await makeWorld();
  const { plugins, runtime } = world;
  const disabled = networkOf(["first"], { cniVersion: "1.1.0", disableGC: true });
  await runtime.add(disabled, attachmentOf());
  await runtime.gc(disabled, []);
  assert.equal(await plugins.log(), ["first ADD"]);
  await runtime.gc(networkOf(["first"]), []);
  assert.equal(await plugins.log(), ["first DEL"]);
});

test("gc() of nothing known tells the plugins nothing; who forgets the list is refused", async () => {
  await using world = await makeWorld();
  const { plugins, runtime } = world;
  const network = networkOf(["first"], { cniVersion: "1.1.0" });
  await runtime.add(network, attachmentOf());
  await rejection(runtime.gc(network, undefined as never), "usage.invalid");
  assert.equal(await plugins.log(), ["first ADD"]);
  await runtime.gc(network, null);
  const [del, gc] = await plugins.calls();
  assert.equal([del!.command, gc!.command], ["DEL", "GC"]);
  assert.equal(gc!.config, { cniVersion: "1.1.0", name: "net", type: "first" });
});

test("gc() goes on behind a failure, and tells all of them", async () => {
  await using world = await makeWorld();
  const { plugins, runtime } = world;
  const network = networkOf(THREE, { cniVersion: "1.1.0" });
  await runtime.add(network, attachmentOf("c1"));
  await runtime.add(network, attachmentOf("c2"));
  await plugins.answer("second", "DEL", { stdout: '{"code":7,"msg":"cannot"}', exit: 1 });
  await plugins.answer("first", "GC", { stdout: '{"code":8,"msg":"will not"}', exit: 1 });
  await plugins.calls();
  const error = await rejection(runtime.gc(network, []), "cni.gc-failed");
  const errors = error.details["errors"] as PluginError[];
  assert.equal(errors.map(({ details }) => details["cni"]), [
    { code: 7, msg: "cannot" },
    { code: 7, msg: "cannot" },
    { code: 8, msg: "will not" },
  ]);
  assert.match(error.message, /^Cleaning up net failed: .*cannot.*cannot.*will not/);
  assert.equal((await plugins.log()).slice(4), ["first GC", "second GC", "third GC"]);
  assert.equal((await runtime.attachments()).length, 2);
});

test("gc() leaves garbage in the cache alone", async () => {
  await using world = await makeWorld();
  const { runtime, cacheFolder } = world;
  await runtime.add(networkOf(["first"]), attachmentOf());
  await writeFile(join(cacheFolder, "results", "net-c2-eth0"), "garbage");
  await runtime.gc(networkOf(["first"]), []);
  assert.equal(await readdir(join(cacheFolder, "results")), ["net-c2-eth0"]);
});

test("validate() tells the capabilities that plugins ask for (cni 18)", async () => {
  await using world = await makeWorld();
  const answer = { cniVersion: "1.0.0", supportedVersions: ["0.1.0", "1.0.0"] };
  for (const name of THREE) {
    await world.plugins.answer(name, "VERSION", { stdout: JSON.stringify(answer) });
  }
  const network = networkOf([
    { type: "first", capabilities: { portMappings: true, mac: false } },
    { type: "second", capabilities: { bandwidth: true, portMappings: true } },
    "third",
  ]);
  assert.equal(await world.runtime.validate(network), ["bandwidth", "portMappings"]);
  assert.equal(await world.runtime.validate(networkOf(["first"], { cniVersion: "" })), []);
});

test("validate() tells all that is wrong (cni 23)", async () => {
  await using world = await makeWorld();
  const answer = { cniVersion: "1.0.0", supportedVersions: ["0.4.0"] };
  await world.plugins.answer("first", "VERSION", { stdout: JSON.stringify(answer) });
  await world.plugins.answer("second", "VERSION", { stdout: "?" });
  const network = networkOf(["first", "absent", "second"]);
  const error = await rejection(world.runtime.validate(network), "cni.network-invalid");
  assert.match(error.message, /^The network net cannot be used: /);
  const errors = error.details["errors"] as PluginError[];
  assert.equal(errors.map(({ code }) => code), [
    ...["cni.version-unsupported", "cni.plugin-not-found", "cni.result-malformed"],
  ]);
  const old = networkOf(["first"], { cniVersion: "" });
  const { message } = await rejection(world.runtime.validate(old), "cni.network-invalid");
  assert.match(message, /does not support the CNI version 0\.1\.0$/);
});

test("versionInfo() asks a plugin by its type (cni 8)", async () => {
  await using world = await makeWorld(["first"]);
  await world.plugins.answer("first", "VERSION", { stdout: '{"cniVersion":"0.2.0"}' });
  const info = await world.runtime.versionInfo("first");
  assert.equal(info.supportedVersions, ["0.1.0", "0.2.0"]);
  await rejection(world.runtime.versionInfo("absent"), "cni.plugin-not-found");
});

test("cachedResult() and cachedConfig() know nothing, or refuse (cni 27)", async () => {
  await using world = await makeWorld();
  const { runtime, cacheFolder } = world;
  const network = networkOf(["first"]);
  assert.is(await runtime.cachedResult(network, attachmentOf()), undefined);
  assert.is(await runtime.cachedConfig(network, attachmentOf()), undefined);
  for (const missing of [{ containerId: "" }, { ifname: "" }]) {
    const attachment = { ...attachmentOf(), ...missing };
    await rejection(runtime.cachedConfig(network, attachment), "cni.attachment-invalid");
    await rejection(runtime.cachedResult(network, attachment), "cni.attachment-invalid");
  }
  await runtime.add(network, attachmentOf());
  const file = join(cacheFolder, "results", "net-c1-eth0");
  await writeFile(file, '{"cniVersion":"1.0.0"}');
  assert.equal(
    await runtime.cachedResult(network, attachmentOf()),
    { cniVersion: "1.0.0" } as never,
  );
  await rejection(runtime.cachedConfig(network, attachmentOf()), "cni.cache-malformed");
  await writeFile(file, "{");
  await rejection(runtime.cachedConfig(network, attachmentOf()), "cni.cache-malformed");
});

test("native plugins find the environment that they are given", async () => {
  await using world = await makeWorld([], { env: { PATH: "/usr/bin:/bin", ONLY: "this" } });
  const path = await world.plugins.script("env", 'cat >/dev/null; env >"$0.seen"; echo "{}"');
  await world.runtime.add(networkOf(["env"]), attachmentOf());
  const names = (await readFile(`${path}.seen`, "utf8")).split("\n").map((line) =>
    line.split("=")[0]
  );
  const own = names.filter((name) => name !== "" && !/^(?:CNI_|_$|PWD$|SHLVL$|DENO_)/.test(name!));
  assert.equal(own.sort(), ["ONLY", "PATH"]);
});

const VERBS: readonly [string, (world: World, signal?: AbortSignal) => Promise<unknown>][] = [
  ["ADD", ({ runtime }, signal) => runtime.add(HANGING, attachmentOf(), { signal })],
  ["DEL", ({ runtime }, signal) => runtime.del(HANGING, attachmentOf(), { signal })],
  ["CHECK", ({ runtime }, signal) => runtime.check(HANGING, attachmentOf(), { signal })],
  ["GC", ({ runtime }, signal) => runtime.gc(HANGING, [], { signal })],
  ["STATUS", ({ runtime }, signal) => runtime.status(HANGING, { signal })],
  ["VERSION", ({ runtime }, signal) => runtime.versionInfo("hang", { signal })],
];
const HANGING = networkOf(["hang"], { cniVersion: "1.1.0" });

for (const [verb, call] of VERBS) {
  test(`a deadline ends a plugin that hangs at ${verb} (cni 26)`, async () => {
    const exec = createExec({ timeoutMs: 300 });
    await using world = await makeWorld([], { exec });
    await world.plugins.script("hang", "while :; do sleep 1000; done");
    const error = await call(world).catch((thrown): PluginError => thrown) as PluginError;
    const all = verb === "GC" ? error.details["errors"] as PluginError[] : [error];
    assert.equal(all.map(({ code }) => code), ["cni.timeout"]);
  });

  test(`an abort ends a plugin that hangs at ${verb}, and what it started (cni 26)`, async () => {
    await using world = await makeWorld([]);
    const path = await world.plugins.script(
      "hang",
      'sleep 1000 & echo $! >"$0.pid"; while :; do sleep 1000; done',
    );
    const controller = new AbortController();
    const called = call(world, controller.signal);
    const pid = Number(await readLineOf(`${path}.pid`));
    controller.abort();
    await rejection(called, "call.aborted");
    await checkEnds(pid);
  });
}

/** A plugin that notes it when anybody else works on the same container, or on any at GC. */
const JEALOUS = `cat >/dev/null
busy="$0.busy-$CNI_CONTAINERID"
case $CNI_COMMAND in
GC) for other in "$0".busy-*; do [ ! -e "$other" ] || echo "GC $other" >>"$0.quarrels"; done ;;
*) if mkdir "$busy" 2>/dev/null; then sleep 0.005; rmdir "$busy"
  else echo "$CNI_COMMAND $busy" >>"$0.quarrels"; fi ;;
esac
echo "$CNI_COMMAND" >>"$0.log"
echo '{}'`;

/** Starts a process of `test/support/cni-runtime.ts`. */
function start([program, ...args]: Command, world: World, ...more: string[]): ChildProcess {
  return spawn(program, [...args, world.cacheFolder, world.plugins.path, ...more], {
    env: plainEnvironment(),
    stdio: ["pipe", "pipe", "inherit"],
  });
}

test("two runtimes on one cache, each a process, do not disturb each other", async () => {
  await using world = await makeWorld([]);
  const path = await world.plugins.script("jealous", JEALOUS);
  const commands = await pairOf("cni-runtime");
  const children = commands.map((command, n) => start(command, world, "race", String(n + 1)));
  const ready = children.map((child) =>
    new Promise((resolve) => child.stdout!.once("data", resolve))
  );
  const ended = children.map((child) => new Promise((resolve) => child.once("close", resolve)));
  await Promise.all(ready);
  for (const child of children) child.stdin!.write("go");
  assert.equal(await Promise.all(ended), [0, 0]);
  assert.is(await readFile(`${path}.quarrels`, "utf8").catch(() => "none"), "none");
  const log = (await readFile(`${path}.log`, "utf8")).split("\n");
  for (const verb of ["ADD", "DEL", "GC"]) assert.ok(log.includes(verb), verb);
});

test("gc() undoes what a runtime began that was killed in the middle", async () => {
  await using world = await makeWorld([]);
  const slow = await world.plugins.script(
    "jealous",
    'cat >/dev/null; echo $$ >"$0.pid"; sleep 1000',
  );
  const [command] = await pairOf("cni-runtime");
  const child = start(command, world, "add", "c1");
  const ended = new Promise((resolve) => child.once("close", resolve));
  const pid = Number(await readLineOf(`${slow}.pid`));
  child.kill("SIGKILL");
  await ended;
  // Nothing ends what a killed process has started.
  process.kill(-pid, "SIGKILL");
  await world.plugins.add("jealous");
  const network = networkOf(["jealous"], { cniVersion: "1.1.0" });
  const begun = () => readdir(join(world.cacheFolder, "cofferdam-begun"));
  assert.equal(await begun(), ["net-c1-eth0"]);
  await world.runtime.gc(network, []);
  const [del, gc] = await world.plugins.calls();
  assert.equal([del!.command, del!.containerId, del!.netns], ["DEL", "c1", "/run/netns/c1"]);
  assert.not("prevResult" in del!.config);
  assert.is(gc!.command, "GC");
  assert.equal(await begun(), []);
});

test.run();

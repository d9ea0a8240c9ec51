import * as assert from "uvu/assert";
import { attachmentOf, makeWorld, networkOf, resultWith } from "../support/cni-world.ts";
import { rejection } from "../support/process-fixture.ts";
import { suite } from "../support/suite.ts";

const test = suite("cni/chain");

const THREE = ["first", "second", "third"];

test("add() gives each plugin the result before it, and its caller the last one (cni 19)", async () => {
  await using world = await makeWorld();
  const { plugins, runtime } = world;
  for (const [n, name] of THREE.entries()) {
    await plugins.answer(name, "ADD", { stdout: JSON.stringify(resultWith(`10.0.0.${n}/24`)) });
  }
  const result = await runtime.add(networkOf(THREE), attachmentOf());
  assert.equal(result, resultWith("10.0.0.2/24") as never);
  const calls = await plugins.calls();
  assert.equal(calls.map(({ plugin }) => plugin), THREE);
  const [first, second, third] = calls;
  assert.equal(first, {
    ...{ plugin: "first", command: "ADD", containerId: "c1", netns: "/run/netns/c1" },
    ...{ ifname: "eth0", args: "", path: plugins.path },
    config: { cniVersion: "1.0.0", name: "net", type: "first" },
  });
  assert.equal(second!.config["prevResult"], resultWith("10.0.0.0/24"));
  assert.equal(third!.config["prevResult"], resultWith("10.0.0.1/24"));
});

test("add() hands on results of another version as they are", async () => {
  await using world = await makeWorld();
  const { plugins, runtime } = world;
  const old = { cniVersion: "0.2.0", ip4: { ip: "10.0.0.2/24" } };
  await plugins.answer("first", "ADD", { stdout: JSON.stringify(old) });
  await plugins.answer("second", "ADD", { stdout: JSON.stringify(old) });
  assert.equal(await runtime.add(networkOf(["first", "second"]), attachmentOf()), old as never);
  assert.equal((await plugins.calls())[1]!.config["prevResult"], old);
});

test("add() gives every plugin the network's name and version, over its own", async () => {
  await using world = await makeWorld();
  const own = { type: "first", name: "other", cniVersion: "0.3.1", prevResult: { a: 1 }, mtu: 7 };
  await world.runtime.add(networkOf([own]), attachmentOf());
  assert.equal((await world.plugins.calls())[0]!.config, {
    ...{ type: "first", name: "net", cniVersion: "1.0.0", prevResult: { a: 1 }, mtu: 7 },
  });
});

test("add() ends at the first failure, and undoes nothing (cni 19)", async () => {
  await using world = await makeWorld();
  const { plugins, runtime } = world;
  await plugins.answer("second", "ADD", { stdout: '{"code":11,"msg":"later"}', exit: 1 });
  const error = await rejection(runtime.add(networkOf(THREE), attachmentOf()), "cni.plugin-failed");
  assert.equal(error.details["cni"], { code: 11, msg: "later" });
  assert.match(error.message, /second" failed at ADD: later \(11\)$/);
  assert.equal(await plugins.log(), ["first ADD", "second ADD"]);
});

test("add() looks for all plugins before it runs one", async () => {
  await using world = await makeWorld();
  const network = networkOf(["first", "absent"]);
  await rejection(world.runtime.add(network, attachmentOf()), "cni.plugin-not-found");
  assert.equal(await world.plugins.log(), []);
});

test("add() refuses what is no result, and a network without plugins", async () => {
  await using world = await makeWorld();
  const { plugins, runtime } = world;
  for (const stdout of ["", "no JSON", "[]", '{"ips":[{}]}', '{"cniVersion":"7.0.0"}']) {
    await plugins.answer("first", "ADD", { stdout });
    const error = await runtime.add(networkOf(["first"]), attachmentOf()).catch((e) => e);
    assert.match(error.code, /^cni\.(?:result-malformed|version-unsupported)$/, stdout);
  }
  await plugins.answer("first", "ADD", { stdout: '{"code":7,"msg":"an error with exit code 0"}' });
  await rejection(runtime.add(networkOf(["first"]), attachmentOf()), "cni.plugin-failed");
  const none = { ...networkOf(["first"]), plugins: [] };
  await rejection(runtime.add(none, attachmentOf()), "cni.config-malformed");
});

const CAPABILITIES = { portMappings: true, mac: true, bandwidth: false };

test("capabilities that are both asked for and given arrive, and no other (cni 18)", async () => {
  await using world = await makeWorld();
  const { plugins, runtime } = world;
  const network = networkOf([
    { type: "first", capabilities: CAPABILITIES },
    { type: "second", capabilities: { bandwidth: true } },
    "third",
  ]);
  const capabilityArgs = {
    portMappings: [{ hostPort: 8080, containerPort: 80 }],
    bandwidth: { ingressRate: 1 },
    ipRanges: [],
  };
  const attachment = attachmentOf("c1", { capabilityArgs });
  await runtime.add(network, attachment);
  const configs = (await plugins.calls()).map(({ config }) => config["runtimeConfig"]);
  const wanted = [
    { portMappings: capabilityArgs.portMappings },
    { bandwidth: capabilityArgs.bandwidth },
    undefined,
  ];
  assert.equal(configs, wanted);
  await runtime.check(network, attachment);
  await runtime.del(network, attachment);
  const later = (await plugins.calls()).map(({ config }) => config["runtimeConfig"]);
  assert.equal(later, [...wanted, ...wanted.toReversed()]);
});

test("no capability arrives that nobody asks for, or gives (cni 18)", async () => {
  await using world = await makeWorld();
  const { plugins, runtime } = world;
  const asking = networkOf([{ type: "first", capabilities: { ...CAPABILITIES, toString: true } }]);
  await runtime.add(asking, attachmentOf("c1", { capabilityArgs: { ipRanges: [] } }));
  await runtime.add(networkOf(["first"]), attachmentOf("c2", { capabilityArgs: { mac: "x" } }));
  for (const { config } of await plugins.calls()) {
    assert.not("runtimeConfig" in config);
  }
});

test("arguments of a container reach its plugins as CNI_ARGS", async () => {
  await using world = await makeWorld();
  const args = [["IgnoreUnknown", "1"], ["K8S_POD_NAME", "web"]] as const;
  await world.runtime.add(networkOf(["first"]), attachmentOf("c1", { args }));
  assert.is((await world.plugins.calls())[0]!.args, "IgnoreUnknown=1;K8S_POD_NAME=web");
});

test("del() goes the other way round, and ends at the first failure (cni 22)", async () => {
  await using world = await makeWorld();
  const { plugins, runtime } = world;
  const network = networkOf(THREE);
  await runtime.del(network, attachmentOf());
  assert.equal(await plugins.log(), ["third DEL", "second DEL", "first DEL"]);
  await plugins.answer("second", "DEL", { stdout: '{"code":7,"msg":"no"}', exit: 1 });
  await rejection(runtime.del(network, attachmentOf()), "cni.plugin-failed");
  assert.equal(await plugins.log(), ["third DEL", "second DEL"]);
});

test("status() ends at the first plugin that could not, with its code (cni 25)", async () => {
  await using world = await makeWorld();
  const { plugins, runtime } = world;
  const network = networkOf(THREE, { cniVersion: "1.1.0" });
  await runtime.status(network);
  const calls = await plugins.calls();
  assert.equal(calls.map(({ plugin, command }) => `${plugin} ${command}`), [
    ...["first STATUS", "second STATUS", "third STATUS"],
  ]);
  assert.equal(calls[0], {
    ...{ plugin: "first", command: "STATUS", containerId: "", netns: "", ifname: "", args: "" },
    path: plugins.path,
    config: { cniVersion: "1.1.0", name: "net", type: "first" },
  });
  await plugins.answer("second", "STATUS", { stdout: '{"code":50,"msg":"down"}', exit: 1 });
  const error = await rejection(runtime.status(network), "cni.plugin-failed");
  assert.equal(error.details["cni"], { code: 50, msg: "down" });
  assert.equal(await plugins.log(), ["first STATUS", "second STATUS"]);
});

test("status() asks nobody before version 1.1.0", async () => {
  await using world = await makeWorld();
  await world.runtime.status(networkOf(["absent"]));
  assert.equal(await world.plugins.log(), []);
});

test.run();

import * as assert from "uvu/assert";
import { FaultError } from "../../src/cni/status.ts";
import { PluginError } from "../../src/plugin-error.ts";
import { suite } from "../support/suite.ts";
import { call, CONFIG } from "./asked-call.ts";
import { fakeNetwork } from "./fake-network.ts";

const test = suite("call");

test("each command asks its own method, with what the runtime said", async () => {
  const attached = {
    config: CONFIG,
    path: "/some/cni/path",
    containerId: "some-container-id",
    netns: "/some/netns/path",
    ifname: "eth0",
    args: "some=extra;more=args",
  };
  for (
    const [command, method] of [
      ["ADD", "add"],
      ["DEL", "del"],
      ["CHECK", "check"],
      ["STATUS", "status"],
      ["GC", "gc"],
    ] as const
  ) {
    const { exitCode, stdout, network } = await call({ env: { CNI_COMMAND: command } });
    assert.is(exitCode, 0);
    assert.equal(network.asked.map((one) => one.method), [method]);
    const input = network.asked[0]!.input as Record<string, unknown>;
    assert.equal({ ...input, ...attached }, input, command);
    assert.is(stdout === "", command !== "ADD", command);
  }
});

test("ADD prints the result as native plugins do, and nothing behind it", async () => {
  const result = { cniVersion: "1.0.0", ips: [{ address: "10.1.0.5/16" }] };
  const { stdout } = await call({ network: fakeNetwork({ add: () => result }) });
  assert.is(stdout, JSON.stringify(result, null, 4));
});

test("DEL may come without a namespace, and again", async () => {
  const network = fakeNetwork();
  for (const CNI_NETNS of ["/some/netns/path", "", undefined]) {
    const env = { CNI_COMMAND: "DEL", CNI_NETNS };
    assert.is((await call({ env, network })).exitCode, 0);
  }
  assert.equal(
    network.asked.map(({ input }) => (input as { netns: string }).netns),
    ["/some/netns/path", "", ""],
  );
});

test("a configuration without a version is 0.1.0, where the plugin speaks it (cni 13)", async () => {
  const { cniVersion: _version, ...config } = CONFIG;
  for (const one of [config, { ...config, cniVersion: "" }, { ...config, cniVersion: null }]) {
    const { exitCode, network } = await call({ config: one });
    assert.is(exitCode, 0);
    assert.equal((network.asked[0]!.input as { config: unknown }).config, config);
    const other = await call({ config: one, plugin: { supportedVersions: ["4.3.2"] } });
    assert.equal(other.fault, {
      code: 1,
      msg: "incompatible CNI versions",
      details: 'config is "0.1.0", plugin supports ["4.3.2"]',
    });
    assert.equal(other.network.asked, []);
  }
});

test("VERSION says which, reads no standard input and asks nobody (cni 15)", async () => {
  const { stdout, stderr, exitCode, network } = await call({
    env: { CNI_COMMAND: "VERSION" },
    stdin: () => Promise.reject(new Error("was read")),
    plugin: { load: () => Promise.reject(new Error("was loaded")) },
  });
  assert.equal([exitCode, stderr], [0, ""]);
  assert.is(
    stdout,
    '{"cniVersion":"1.1.0","supportedVersions":' +
      '["0.1.0","0.2.0","0.3.0","0.3.1","0.4.0","1.0.0","1.1.0"]}\n',
  );
  assert.equal(network.asked, []);
});

test("an unknown command is refused (cni 16)", async () => {
  for (const CNI_COMMAND of ["NOPE", "add", "toString", "__proto__"]) {
    const { fault, network } = await call({ env: { CNI_COMMAND } });
    assert.equal(fault, { code: 4, msg: `unknown CNI_COMMAND: ${CNI_COMMAND}` });
    assert.equal(network.asked, []);
  }
});

test("without a command a person is told what it is; a plugin without words refuses (cni 16)", async () => {
  const env = { CNI_COMMAND: undefined };
  const about = await call({
    env,
    plugin: { about: "CNI plugin mynet v1", supportedVersions: ["1.0.0", "1.1.0"] },
  });
  assert.equal([about.exitCode, about.stdout], [0, ""]);
  assert.is(about.stderr, "CNI plugin mynet v1\nCNI protocol versions supported: 1.0.0, 1.1.0\n");
  const { fault } = await call({ env });
  assert.equal(fault, { code: 4, msg: "required env variables [CNI_COMMAND] missing" });
});

test("what a plugin answers that it cannot do is printed whole, and ends with 1 (cni 17)", async () => {
  const words = `no container of ${"x".repeat(5_000)} may join "größe"`;
  for (const CNI_COMMAND of ["ADD", "DEL", "CHECK", "STATUS", "GC"]) {
    const fail = () => ({ cniVersion: "1.0.0", code: 103, msg: words, details: "rule 7" });
    const network = fakeNetwork({ add: fail, del: fail, check: fail, status: fail, gc: fail });
    const { stdout, exitCode } = await call({ env: { CNI_COMMAND }, network });
    assert.is(exitCode, 1);
    assert.is(stdout, JSON.stringify({ code: 103, msg: words, details: "rule 7" }, null, 4));
  }
});

test("what goes wrong in a plugin, or before it is there, is told by its code (cni 17)", async () => {
  const thrown = (error: unknown) =>
    fakeNetwork({
      add: () => {
        throw error;
      },
    });
  const trap = await call({ network: thrown(new PluginError("sandbox.trap", "unreachable")) });
  assert.equal(trap.fault, { code: 999, msg: "unreachable", details: "sandbox.trap" });
  const typed = await call({ network: thrown(new FaultError(11, "later")) });
  assert.equal(typed.fault, { code: 11, msg: "later" });
  const plain = await call({ network: thrown(new Error("potato")) });
  assert.equal([plain.fault.code, plain.fault.msg], [999, "potato"]);
  const load = () => Promise.reject(new PluginError("input.not-found", "no such file"));
  const missing = await call({ env: { CNI_COMMAND: "STATUS" }, plugin: { load } });
  assert.equal([missing.fault.code, missing.fault.details], [50, "input.not-found"]);
});

test("the plugin's own network namespace is refused behind the call, unless the runtime means it", async () => {
  const own = "/proc/self/ns/net";
  for (const CNI_COMMAND of ["ADD", "DEL"]) {
    const env = { CNI_COMMAND, CNI_NETNS: own };
    const { fault, network } = await call({ env });
    assert.equal(fault, {
      code: 8,
      msg: "plugin's netns and netns from CNI_NETNS should not be the same",
    });
    assert.is(network.asked.length, 1);
    for (const CNI_NETNS_OVERRIDE of ["1", "TRUE", "true"]) {
      assert.is((await call({ env: { ...env, CNI_NETNS_OVERRIDE } })).exitCode, 0);
    }
    assert.is((await call({ env: { ...env, CNI_NETNS_OVERRIDE: "0" } })).exitCode, 1);
  }
  assert.is((await call({ env: { CNI_COMMAND: "CHECK", CNI_NETNS: own } })).exitCode, 0);
  assert.is((await call({ env: { CNI_NETNS: "/run/netns/none" } })).exitCode, 0);
});

test("what the plugin logs goes to standard error, by line, from info on", async () => {
  const network = fakeNetwork({
    add: ({ onLog }) => {
      onLog!({ level: "debug", message: "quiet" });
      onLog!({ level: "info", message: "joins", fields: { who: "c1" } });
      throw new PluginError("sandbox.trap", "unreachable");
    },
    del: ({ onLog }) => onLog!({ level: "warn", message: "was gone" }),
  });
  const add = await call({ network });
  assert.equal([add.exitCode, add.stderr], [1, 'mynet: info: joins {"who":"c1"}\n']);
  const del = await call({ network, env: { CNI_COMMAND: "DEL" } });
  assert.equal([del.exitCode, del.stderr], [0, "mynet: warn: was gone\n"]);
});

test.run();

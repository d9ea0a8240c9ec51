import * as assert from "uvu/assert";
import { answerCall, type CalledPlugin, type CniReply } from "../../src/cni/call.ts";
import { cniEnvironment } from "../../src/cni/environment.ts";
import { FaultError } from "../../src/cni/status.ts";
import { LIMITS } from "../../src/limits.ts";
import { PluginError } from "../../src/plugin-error.ts";
import { suite } from "../support/suite.ts";
import { type FakeNetwork, fakeNetwork } from "./fake-network.ts";

const test = suite("call");

const ENVIRONMENT: Readonly<Record<string, string>> = {
  CNI_COMMAND: "ADD",
  CNI_CONTAINERID: "some-container-id",
  CNI_NETNS: "/some/netns/path",
  CNI_IFNAME: "eth0",
  CNI_ARGS: "some=extra;more=args",
  CNI_PATH: "/some/cni/path",
};
const CONFIG = { cniVersion: "1.1.0", name: "skel-test", type: "mynet", some: "config" };

interface Given {
  /** Over `ENVIRONMENT`; undefined takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly config?: unknown;
  readonly stdin?: (maxBytes: number) => Promise<Uint8Array>;
  readonly network?: FakeNetwork;
  readonly plugin?: Partial<CalledPlugin>;
}

interface Called extends CniReply {
  readonly network: FakeNetwork;
  /** The error that was printed. */
  readonly fault: { code: number; msg: string; details?: string };
}

async function call(given: Given = {}): Promise<Called> {
  const { env, config = CONFIG, network = fakeNetwork(), plugin } = given;
  const text = typeof config === "string" ? config : JSON.stringify(config);
  const bytes = config instanceof Uint8Array ? config : new TextEncoder().encode(text);
  const reply = await answerCall({
    environment: cniEnvironment({ ...ENVIRONMENT, ...env }),
    readStdin: given.stdin ?? ((max) => Promise.resolve(bytes.slice(0, max))),
  }, { type: "mynet", load: () => Promise.resolve(network), ...plugin });
  const fault = reply.exitCode === 1 ? JSON.parse(reply.stdout) : undefined;
  return { ...reply, network, fault };
}

const versioned = (cniVersion: string) => ({ ...CONFIG, cniVersion });

for (
  const [command, required] of [
    ["ADD", ["CNI_CONTAINERID", "CNI_NETNS", "CNI_IFNAME", "CNI_PATH"]],
    ["CHECK", ["CNI_CONTAINERID", "CNI_NETNS", "CNI_IFNAME", "CNI_PATH"]],
    ["DEL", ["CNI_CONTAINERID", "CNI_IFNAME", "CNI_PATH"]],
    ["GC", ["CNI_PATH"]],
    ["STATUS", ["CNI_PATH"]],
    ["VERSION", []],
  ] as const
) {
  test(`${command} wants the variables that it needs, and no other (cni 11)`, async () => {
    for (const name of Object.keys(ENVIRONMENT)) {
      if (name === "CNI_COMMAND") continue;
      for (const value of [undefined, ""]) {
        const { exitCode, fault } = await call({ env: { CNI_COMMAND: command, [name]: value } });
        if (!(required as readonly string[]).includes(name)) {
          assert.is(exitCode, 0, name);
          continue;
        }
        const msg = `required env variables [${name}] missing`;
        assert.equal(fault, { code: 4, msg });
      }
    }
    const none = Object.fromEntries(Object.keys(ENVIRONMENT).map((name) => [name, undefined]));
    const { fault, network } = await call({ env: { ...none, CNI_COMMAND: command } });
    if (required.length === 0) return;
    assert.equal(fault, { code: 4, msg: `required env variables [${required.join(",")}] missing` });
    assert.equal(network.asked, []);
  });
}

for (
  const [env, msg, details] of [
    [
      { CNI_CONTAINERID: "some-%%container-id" },
      "invalid characters in containerID",
      "some-%%container-id",
    ],
    [{ CNI_CONTAINERID: "-a" }, "invalid characters in containerID", "-a"],
    [{ CNI_CONTAINERID: "a\n" }, "invalid characters in containerID", "a\n"],
    [
      { CNI_IFNAME: "1234567890123456" },
      "interface name is too long",
      "interface name should be less than 16 characters",
    ],
    [
      { CNI_IFNAME: "ääääääää" },
      "interface name is too long",
      "interface name should be less than 16 characters",
    ],
    [{ CNI_IFNAME: "." }, "interface name is . or .."],
    [{ CNI_IFNAME: ".." }, "interface name is . or .."],
    [{ CNI_IFNAME: "test/test" }, "interface name contains / or : or whitespace characters"],
    [{ CNI_IFNAME: "test:test" }, "interface name contains / or : or whitespace characters"],
    [{ CNI_IFNAME: "test test" }, "interface name contains / or : or whitespace characters"],
    [{ CNI_IFNAME: "te\u0085st" }, "interface name contains / or : or whitespace characters"],
    // What is wrong is told before what is missing.
    [{ CNI_CONTAINERID: "%", CNI_NETNS: "" }, "invalid characters in containerID", "%"],
  ] as readonly [Record<string, string>, string, string?][]
) {
  test(`${JSON.stringify(env)} is refused (cni 12)`, async () => {
    for (const CNI_COMMAND of ["ADD", "DEL", "CHECK"]) {
      const { fault, network } = await call({ env: { ...env, CNI_COMMAND } });
      assert.equal(fault, { code: 4, msg, ...(details === undefined ? {} : { details }) });
      assert.equal(network.asked, []);
    }
    const { exitCode } = await call({ env: { ...env, CNI_COMMAND: "STATUS" } });
    assert.is(exitCode, 0, "STATUS does not look at it");
  });
}

for (
  const [env, name] of [
    [{ CNI_NETNS: "relative" }, "CNI_NETNS"],
    [{ CNI_NETNS: "/run/netns/../../proc/1/ns/net" }, "CNI_NETNS"],
    [{ CNI_NETNS: "/run/netns/a\nb" }, "CNI_NETNS"],
    [{ CNI_IFNAME: "a\u0007" }, "CNI_IFNAME"],
    [{ CNI_CONTAINERID: "a".repeat(254) }, "CNI_CONTAINERID"],
    [{ CNI_ARGS: "some;extra;args" }, "CNI_ARGS"],
    [{ CNI_ARGS: "A=b\nC=d" }, "CNI_ARGS"],
    [{ CNI_PATH: `/${"a".repeat(65_536)}` }, "CNI_PATH"],
  ] as readonly [Record<string, string>, string][]
) {
  test(`what the contract does not take of ${name} is told before the plugin is asked`, async () => {
    const { fault, network } = await call({ env });
    assert.is(fault.code, 4);
    assert.is(fault.msg, `invalid ${name}`);
    assert.equal(network.asked, []);
  });
}

test("a variable that is no text is refused, since others might read another one", async () => {
  for (const CNI_COMMAND of ["ADD", "DEL", "CHECK", "STATUS"]) {
    for (const name of ["CNI_ARGS", "CNI_NETNS", "CNI_PATH", "CNI_CONTAINERID"]) {
      const { fault, network } = await call({ env: { CNI_COMMAND, [name]: "A=\ufffd" } });
      assert.equal(fault, { code: 4, msg: `invalid ${name}`, details: "it is not UTF-8" });
      assert.equal(network.asked, []);
    }
  }
});

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

for (
  const [command, version, supported, code, msg] of [
    ["CHECK", "0.3.0", undefined, 1, "config version does not allow CHECK"],
    ["CHECK", "", undefined, 1, "config version does not allow CHECK"],
    ["GC", "1.0.0", undefined, 1, "config version does not allow GC"],
    ["STATUS", "1.0.0", undefined, 1, "config version does not allow STATUS"],
    ["CHECK", "0.4.0", ["0.1.0", "0.2.0", "0.3.0"], 1, "plugin version does not allow CHECK"],
    ["CHECK", "1.2.0", undefined, 1, "plugin version does not allow CHECK"],
    ["GC", "1.1.0", ["0.4.0", "1.0.0"], 1, "plugin version does not allow GC"],
    ["STATUS", "1.1.0", ["0.4.0", "1.0.0"], 1, "plugin version does not allow STATUS"],
    ["ADD", "99.0.0", undefined, 1, "incompatible CNI versions"],
    ["ADD", "1.0", undefined, 1, "incompatible CNI versions"],
    ["DEL", "adsfsadf", undefined, 1, "incompatible CNI versions"],
    ["CHECK", "0.4.1", undefined, 1, "incompatible CNI versions"],
  ] as readonly [string, string, string[] | undefined, number, string][]
) {
  test(`${command} of version "${version}" is refused, and nobody is asked (cni 14)`, async () => {
    const { fault, network } = await call({
      env: { CNI_COMMAND: command },
      config: versioned(version),
      plugin: { supportedVersions: supported },
    });
    assert.equal([fault.code, fault.msg], [code, msg]);
    assert.equal(network.asked, []);
  });
}

test("what is no version is undecodable where versions are compared (cni 14)", async () => {
  for (const command of ["CHECK", "GC", "STATUS"]) {
    for (const version of ["adsfsadf", "1.", "..", "1.2.3.4.5"]) {
      const env = { CNI_COMMAND: command };
      const { fault, network } = await call({ env, config: versioned(version) });
      assert.is(fault.code, 6, version);
      assert.equal(network.asked, []);
      const bad = { supportedVersions: ["0.1.0", "adsfasdf"] };
      assert.is((await call({ env, config: versioned("1.1.0"), plugin: bad })).fault.code, 6);
    }
  }
});

for (
  const [config, code, msg] of [
    ["", 6, /unmarshall network config: it is empty/],
    ["{", 6, /unmarshall network config: /],
    ['{"cniVersion":"1.0.0","name":"net","type":"my', 6, /unmarshall network config: /],
    ["not json", 6, /unmarshall network config: /],
    ["[]", 6, /unmarshall network config: it is no object/],
    ['"text"', 6, /unmarshall network config: it is no object/],
    ['{"name":1}', 6, /"name" is no text/],
    ['{"name":"a","name":"b"}', 6, /unmarshall network config: .*"name"/],
    ['{"name":"a","Name":"b"}', 6, /key "Name" for "name"/],
    ['{"name":"a","PREVRESULT":{}}', 6, /key "PREVRESULT" for "prevResult"/],
    ['{"name":"a","cniVer\u017fion":"1.0.0"}', 6, /for "cniVersion"/],
    ['{"name":"a","cniVersion":1}', 6, /decoding version from network config/],
    ['{"name":"a","mtu":1e999}', 6, /unmarshall network config: /],
    ["null", 7, /missing network name/],
    ["{}", 7, /missing network name/],
    ['{"name":""}', 7, /missing network name/],
    ['{"name":null}', 7, /missing network name/],
    ['{"name":"te%%st"}', 7, /invalid characters found in network name/],
    [new Uint8Array([0x7b, 0xff, 0x7d]), 6, /it is not UTF-8/],
    ['{"name":"a"}\0', 6, /unmarshall network config: /],
    ['\ufeff{"name":"a"}', 6, /unmarshall network config: /],
    [`${"[".repeat(100_000)}`, 6, /unmarshall network config: /],
  ] as readonly [string | Uint8Array, number, RegExp][]
) {
  const shown = JSON.stringify(config).slice(0, 60);
  test(`${shown} on standard input is ${code} (cni 14)`, async () => {
    for (const CNI_COMMAND of ["ADD", "DEL", "CHECK", "GC", "STATUS", "NOPE"]) {
      const { fault, network } = await call({ config, env: { CNI_COMMAND } });
      assert.is(fault.code, code);
      assert.match(fault.msg, msg);
      assert.equal(network.asked, []);
    }
  });
}

test("more on standard input than a runtime ever writes is refused, and not kept", async () => {
  const config = `{"name":"a","pad":"${"x".repeat(50 * 1024 * 1024)}"}`;
  let most = 0;
  const { fault, network } = await call({
    stdin: (max) => {
      most = max;
      return Promise.resolve(new TextEncoder().encode(config.slice(0, max)));
    },
  });
  assert.is(most, LIMITS.cniStdinBytes + 1);
  assert.equal([fault.code, /more than 16777216 bytes/.test(fault.msg)], [5, true]);
  assert.equal(network.asked, []);
});

test("standard input that cannot be read is 5 (cni 17)", async () => {
  const { fault, network } = await call({ stdin: () => Promise.reject(new Error("banana")) });
  assert.equal(fault, { code: 5, msg: "error reading from stdin: banana" });
  assert.equal(network.asked, []);
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

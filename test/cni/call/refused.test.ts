import * as assert from "uvu/assert";
import { LIMITS } from "../../../src/limits.ts";
import { suite } from "../../support/suite.ts";
import { call, CONFIG, ENVIRONMENT } from "../asked-call.ts";

const test = suite("call/refused");

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

test.run();

import process from "node:process";
import * as assert from "uvu/assert";
import { Args, ARGS_FROM_ENV } from "../../src/cni/args.ts";
import type { Exec } from "../../src/cni/exec.ts";
import {
  delegateAdd,
  delegateCheck,
  delegateDel,
  delegateGc,
  delegateStatus,
  execPluginWithoutResult,
  execPluginWithResult,
  getVersionInfo,
} from "../../src/cni/invoke.ts";
import { decodeVersionInfo } from "../../src/cni/version-info.ts";
import { PluginError } from "../../src/plugin-error.ts";
import { bytesOf, FakePlugins } from "../support/cni-fake-plugin.ts";
import { rejection } from "../support/process-fixture.ts";
import { suite } from "../support/suite.ts";

const test = suite("cni/invoke");

/** An Exec that starts nothing: it notes what it is asked, and answers what it is given. */
function fakeExec(answer: () => string): Exec & { readonly asked: unknown[] } {
  const asked: unknown[] = [];
  return {
    asked,
    findInPath: (plugin, folders) => {
      asked.push([plugin, ...folders]);
      return Promise.resolve(`/found/${plugin}`);
    },
    execPlugin: (path, stdin, env) => {
      asked.push([path, new TextDecoder().decode(stdin), env?.["CNI_COMMAND"]]);
      return Promise.resolve().then(() => bytesOf(answer()));
    },
    decode: decodeVersionInfo,
  };
}

const ADD = new Args({ command: "ADD", containerId: "c1" });
const CONFIG = { cniVersion: "0.3.1", name: "n", type: "x" };

test("execPluginWithResult() hands on bytes as they are, and reads the result (cni 5)", async () => {
  const exec = fakeExec(() =>
    '{"cniVersion":"0.3.1","ips":[{"version":"4","address":"1.2.3.4/24"}]}'
  );
  const config = bytesOf('{ "cniVersion":"0.3.1", "name" : "n" }');
  assert.equal(await execPluginWithResult("/p", config, ADD, { exec }), {
    cniVersion: "0.3.1",
    ips: [{ version: "4", address: "1.2.3.4/24" }],
  });
  assert.equal(exec.asked, [["/p", '{ "cniVersion":"0.3.1", "name" : "n" }', "ADD"]]);
});

test("execPluginWithResult() gives a result without version the configuration's (cni 7)", async () => {
  const versionOf = async (config: string, printed: string) => {
    const exec = fakeExec(() => printed);
    return (await execPluginWithResult("/p", bytesOf(config), ADD, { exec })).cniVersion;
  };
  assert.is(await versionOf('{"cniVersion":"0.3.1"}', "{}"), "0.3.1");
  assert.is(await versionOf('{"cniVersion":"0.3.1"}', '{"cniVersion":""}'), "0.3.1");
  assert.is(await versionOf('{"cniVersion":"0.3.1"}', "null"), "0.3.1");
  assert.is(await versionOf("{}", "{}"), "0.1.0");
  assert.is(await versionOf('{"cniVersion":""}', "{}"), "0.1.0");
  assert.is(await versionOf('{"cniVersion":"0.3.1"}', '{"cniVersion":"1.0.0"}'), "1.0.0");
});

test("execPluginWithResult() runs nothing by a configuration that it cannot read", async () => {
  for (const config of ["", "[]", '{"cniVersion":1}', '{"a":1,"a":2}', "\xff{}"]) {
    const exec = fakeExec(() => "{}");
    const run = execPluginWithResult("/p", bytesOf(config), ADD, { exec });
    await rejection(run, "cni.config-malformed");
    assert.equal(exec.asked, []);
  }
});

test("exec…() pass on the error of the Exec (cni 6)", async () => {
  const error = new PluginError("cni.plugin-failed", "banana");
  const exec = fakeExec(() => {
    throw error;
  });
  for (const execute of [execPluginWithResult, execPluginWithoutResult]) {
    assert.is(await execute("/p", CONFIG, ADD, { exec }).catch((thrown) => thrown), error);
  }
  assert.is(await getVersionInfo("/p", { exec }).catch((thrown) => thrown), error);
});

test("exec…() without an Exec run processes (cni 6)", async () => {
  const plugins = await FakePlugins.make("x");
  try {
    const result = { cniVersion: "1.0.0", dns: { nameservers: ["1.1.1.1"] } };
    await plugins.answer("x", "ADD", { stdout: JSON.stringify(result) });
    const path = `${plugins.path}/x`;
    assert.equal(await execPluginWithResult(path, CONFIG, ADD), result as never);
    await execPluginWithoutResult(path, CONFIG, new Args({ command: "DEL" }));
    const [add, del] = await plugins.calls();
    assert.equal([add!.command, add!.containerId, add!.config], ["ADD", "c1", CONFIG]);
    assert.equal([del!.command, del!.containerId], ["DEL", ""]);
  } finally {
    await plugins.remove();
  }
});

test("execPluginWithoutResult() hands on an inherited environment as none (cni 3)", async () => {
  const seen: unknown[] = [];
  const exec: Exec = {
    ...fakeExec(() => "{}"),
    execPlugin: (_path, _stdin, env) => {
      seen.push(env);
      return Promise.resolve(bytesOf("{}"));
    },
  };
  await execPluginWithoutResult("/p", CONFIG, ARGS_FROM_ENV, { exec });
  assert.equal(seen, [undefined]);
});

test("getVersionInfo() asks with what old plugins want (cni 8)", async () => {
  let env: Record<string, string> | undefined;
  let stdin = "";
  const exec: Exec = {
    ...fakeExec(() => ""),
    execPlugin: (_path, input, given) => {
      env = { ...given };
      stdin = new TextDecoder().decode(input);
      return Promise.resolve(bytesOf('{"cniVersion":"1.0.0","supportedVersions":["0.4.0"]}'));
    },
  };
  assert.equal(await getVersionInfo("/p", { exec, env: {} }), { supportedVersions: ["0.4.0"] });
  assert.is(stdin, '{"cniVersion":"1.1.0"}');
  assert.equal(env, {
    CNI_COMMAND: "VERSION",
    CNI_CONTAINERID: "",
    CNI_NETNS: "dummy",
    CNI_ARGS: "",
    CNI_IFNAME: "dummy",
    CNI_PATH: "dummy",
  });
});

test("getVersionInfo() takes a plugin that does not know the question for a first one (cni 8)", async () => {
  const plugins = await FakePlugins.make("old");
  try {
    const path = `${plugins.path}/old`;
    const say = (error: unknown) =>
      plugins.answer("old", "VERSION", { stdout: JSON.stringify(error), exit: 1 });
    await say({ code: 100, msg: "unknown CNI_COMMAND: VERSION" });
    assert.equal((await getVersionInfo(path)).supportedVersions, ["0.1.0"]);
    for (
      const error of [
        { code: 100, msg: "unknown CNI_COMMAND: VERSION", details: "and more" },
        { code: 100, msg: "unknown CNI_COMMAND: version" },
        { code: 4, msg: "other" },
      ]
    ) {
      await say(error);
      await rejection(getVersionInfo(path), "cni.plugin-failed");
    }
  } finally {
    await plugins.remove();
  }
});

const DELEGATES = [
  ["ADD", delegateAdd],
  ["CHECK", delegateCheck],
  ["DEL", delegateDel],
  ["STATUS", delegateStatus],
  ["GC", delegateGc],
] as const;

for (const [command, delegate] of DELEGATES) {
  test(`delegate…() finds a plugin in CNI_PATH and runs it at ${command} (cni 2, 4)`, async () => {
    const plugins = await FakePlugins.make("helper");
    const own = {
      ...{ CNI_COMMAND: "NOPE", CNI_CONTAINERID: "c9", CNI_NETNS: "/some/netns", CNI_ARGS: "A=1" },
      ...{ CNI_IFNAME: "eth7", CNI_PATH: `/nowhere:${plugins.path}:/other` },
    };
    const before = { ...process.env };
    Object.assign(process.env, own);
    try {
      await delegate("helper", CONFIG);
      const [call] = await plugins.calls();
      assert.equal(call, {
        ...{ plugin: "helper", command, containerId: "c9", netns: "/some/netns", ifname: "eth7" },
        ...{ args: "A=1", path: own.CNI_PATH, config: CONFIG },
      });
      assert.is(process.env["CNI_COMMAND"], "NOPE");
      const { message } = await rejection(delegate("absent", CONFIG), "cni.plugin-not-found");
      assert.match(message, /^Cannot find the plugin "absent": it is in none of \/nowhere, /);
      await plugins.answer("helper", command, { stdout: '{"code":7,"msg":"no"}', exit: 1 });
      const { details } = await rejection(delegate("helper", CONFIG), "cni.plugin-failed");
      assert.equal(details["cni"], { code: 7, msg: "no" });
    } finally {
      for (const name of Object.keys(own)) delete process.env[name];
      Object.assign(process.env, before);
      await plugins.remove();
    }
  });
}

test("delegate…() ask the Exec that they are given (cni 4)", async () => {
  process.env["CNI_PATH"] = "/a:/b";
  try {
    const exec = fakeExec(() => "{}");
    await delegateDel("x", CONFIG, { exec });
    assert.equal(exec.asked[0], ["x", "/a", "/b"]);
    assert.equal(exec.asked[1], ["/found/x", JSON.stringify(CONFIG), "DEL"]);
  } finally {
    delete process.env["CNI_PATH"];
  }
});

test.run();

/** A native plugin behind `policy-network`, whatever it does: what a runtime is told of it. */
import { join } from "node:path";
import * as assert from "uvu/assert";
import { builtPlugin } from "../../../scripts/build-plugins.ts";
import { answerCall } from "../../../src/cni/call.ts";
import { createHost } from "../../../src/host/host.ts";
import type { Plugin } from "../../../src/host/plugin.ts";
import { FakePlugins } from "../../support/cni-fake-plugin.ts";
import { suite } from "../../support/suite.ts";
import { callOf } from "../../cni/installation.ts";

interface Context {
  natives: FakePlugins;
  plugin: Plugin;
  close(): Promise<void>;
}

const test = suite<Context>("wasm-plugins/policy-network/attach");

const CONFIG = {
  ...{ cniVersion: "1.0.0", name: "web", type: "policy-network" },
  capabilities: { portMappings: true },
};

test.before(async (context) => {
  context.natives = await FakePlugins.make();
  const host = await createHost();
  context.plugin = await host.load(builtPlugin("policy-network"), {
    instance: "policy",
    mode: "worker",
    settings: { networks: { web: { containers: ["*"], subnets: ["10.88.7.0/24"] } } },
    grants: {
      state: { folder: join(context.natives.path, "state") },
      delegate: {
        ...{ types: ["bridge", "host-local"], folders: [context.natives.path] },
        ...{ timeoutMs: 2_000, maxOutputBytes: 10_000 },
      },
    },
  });
  context.close = async () => {
    await host.close();
    await context.natives.remove();
  };
});
test.after(({ close }) => close());

/** What the runtime gets, with `bridge` being this script. */
async function add({ natives, plugin }: Context, script: string) {
  await natives.script("bridge", script);
  const { environment, stdin } = callOf("policy-network", "ADD", { config: CONFIG });
  const readStdin = () => Promise.resolve(stdin);
  const call = { environment, readStdin };
  const load = () => Promise.resolve(plugin.network);
  const { exitCode, stdout } = await answerCall(call, { type: "policy-network", load });
  return { exitCode, said: JSON.parse(stdout) };
}

const said = (error: object) => `cat >/dev/null; echo '${JSON.stringify(error)}'`;

for (
  const [what, script, code, msg, details] of [
    [
      "says why not",
      `${said({ code: 11, msg: "no", details: "busy" })}; exit 1`,
      11,
      /^no$/,
      "busy",
    ],
    ["says why not and exits with 0", said({ code: 104, msg: "no" }), 104, /^no$/, undefined],
    [
      "says why not in another language than CNI's",
      `${said({ code: -3, msg: "no" })}; exit 1`,
      ...[110, /failed at ADD: no \(-3\)$/, "capability.failed"],
    ],
    ["hangs", "exec sleep 1000", 11, /took longer than|2000/, "capability.timeout"],
    ["floods", "exec yes", 11, /more than 10000 bytes/, "capability.limit"],
    ["prints garbage", "echo '<xml/>'", 110, /not JSON: "<xml\/>"/, "capability.failed"],
    [
      "prints garbage and fails",
      "echo '<xml/>'; exit 3",
      ...[110, /exit code 3, and said "<xml\/>"/, "capability.failed"],
    ],
    [
      "writes to stderr alone",
      "echo 'no such bridge' >&2; exit 1",
      ...[110, /exit code 1; stderr: "no such bridge"/, "capability.failed"],
    ],
    ["says nothing and fails", "exit 3", 110, /failed at ADD: exit code 3$/, "capability.failed"],
    ["says nothing", "exit 0", 110, /it gave no result/, "capability.failed"],
    ["is killed", "kill -9 $$", 110, /signal SIGKILL/, "capability.failed"],
    ["gives null", "echo null", 110, /gave no result/, undefined],
  ] as readonly [string, string, number, RegExp, string | undefined][]
) {
  test(`a native plugin that ${what} is told as ${code}`, async (context) => {
    const { exitCode, said } = await add(context, script);
    assert.is(exitCode, 1);
    assert.is(said.code, code, said.msg);
    assert.match(said.msg, msg);
    assert.is(said.details, details);
  });
}

test("what a native plugin gives beside what CNI knows does not reach the runtime", async (context) => {
  const ips = [{ address: "10.88.7.5/24", gateway: "", vendor: 1 }];
  const result = { cniVersion: "1.0.0", ips, routes: null, vendor: {} };
  const { exitCode, said: given } = await add(context, said(result));
  assert.is(exitCode, 0);
  assert.equal(given, { cniVersion: "1.0.0", ips: [{ address: "10.88.7.5/24" }] });
});

test.run();

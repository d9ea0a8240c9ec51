import * as assert from "uvu/assert";
import { builtPlugin } from "../../scripts/build-plugins.ts";
import type { JsonObject, JsonValue } from "../../src/json.ts";
import { PluginError } from "../../src/plugin-error.ts";
import { Bench, type TestedPlugin } from "../../src/testing/bench.ts";
import { matches, nameOf } from "../../wasm-plugins/policy-network/who.ts";
import { casesOf, testCases } from "../support/cases.ts";
import { suite } from "../support/suite.ts";

const cases = await casesOf("policy-network");

let bench: Bench;

const test = suite("wasm-plugins/policy-network");

test.before(async () => {
  bench = await Bench.open(builtPlugin("policy-network"));
});
test.after(() => bench.close());

testCases(test, cases, () => bench);

const WEB = { containers: ["*"], subnets: ["10.88.7.0/24"] };

const RESULT = { cniVersion: "1.1.0", ips: [{ address: "10.88.7.5/24" }] };
const CONFIG = {
  cniVersion: "1.1.0",
  name: "web",
  type: "policy-network",
  capabilities: { portMappings: true },
};

/** A container that has joined, of a plugin whose native one lets go of all but `kept`. */
async function joined(kept: string, ...ids: string[]) {
  const plugin = bench.plugin(import.meta.url).with({
    answers: {
      delegate_add: () => ({ result: RESULT }),
      delegate_del: ({ containerId }) => {
        if (containerId !== kept) return { result: null };
        throw new PluginError("capability.failed", "busy");
      },
      delegate_gc: () => ({ result: null }),
    },
  });
  const settings = { networks: { web: WEB } };
  const ask = (entry: string, request: JsonObject) =>
    plugin.call(entry, { path: "", config: CONFIG, ...request }, { settings });
  for (const id of ids) {
    const attachment = { containerId: id, netns: `/run/netns/${id}`, ifname: "eth0" };
    await ask("network_add", { ...attachment, args: `A=${id}` });
  }
  return { plugin, ask };
}

/** What a native plugin was asked. */
const asked = (plugin: TestedPlugin, name: string) =>
  plugin.calls.filter((call) => call.function === name).map(({ request }) => request as JsonObject);

test("GC has a container leave from the namespace that it joined, with the result of that", async () => {
  const { plugin, ask } = await joined("", "c1", "c2");
  const [added] = asked(plugin, "delegate_add");
  const valid = { containerID: "c2", ifname: "eth0" };
  assert.equal(await ask("network_gc", { validAttachments: [valid] }), {});
  const config = { ...added!["config"] as JsonObject, prevResult: RESULT };
  assert.equal(asked(plugin, "delegate_del"), [{ ...added, config }]);
  assert.equal(Object.keys(plugin.state), ["d/web/c2/eth0"]);
  const [freed] = asked(plugin, "delegate_gc") as [{ config: JsonObject }];
  assert.equal(freed.config["cni.dev/valid-attachments"], [valid]);
});

test("GC goes on behind a container that does not leave, and frees all but what it may have", async () => {
  const { plugin, ask } = await joined("c2", "c1", "c2", "c3", "c4");
  const valid = { containerID: "c4", ifname: "eth0" };
  const answer = await ask("network_gc", { validAttachments: [valid] });
  assert.equal(answer, { code: 110, msg: "busy", details: "capability.failed" });
  assert.equal(Object.keys(plugin.state), ["d/web/c2/eth0", "d/web/c4/eth0"]);
  const [freed] = asked(plugin, "delegate_gc") as [{ config: JsonObject }];
  const staying = { containerID: "c2", ifname: "eth0" };
  assert.equal(freed.config["cni.dev/valid-attachments"], [valid, staying]);
});

test("DEL has a container leave with the result that it joined with, where the runtime has none", async () => {
  const { plugin, ask } = await joined("", "c1");
  const attachment = { containerId: "c1", netns: "", ifname: "eth0", args: "" };
  assert.equal(await ask("network_del", attachment), {});
  const [{ config, netns }] = asked(plugin, "delegate_del") as [
    { config: JsonObject; netns: string },
  ];
  assert.equal([config["prevResult"], netns], [RESULT, ""]);
});

for (
  const settings of [
    {},
    { networks: [] },
    { networks: { "we%b": WEB } },
    { networks: { web: { containers: ["*"] } } },
    { networks: { web: { subnets: ["10.88.7.0/24"] } } },
    { networks: { web: { ...WEB, subnets: [] } } },
    { networks: { web: { ...WEB, container: ["*"] } } },
    { networks: { web: { ...WEB, ports: [8080] } } },
    { networks: { web: { ...WEB, ports: ["0"] } } },
    { networks: { web: { ...WEB, ports: ["80-"] } } },
    { networks: { web: { ...WEB, ports: ["80/icmp"] } } },
    { networks: { web: { ...WEB, ports: ["80-79"] } } },
    { networks: { web: { ...WEB, ports: ["65535-65536"] } } },
    { networks: { web: { ...WEB, subnets: ["10.88.7.0"] } } },
    { networks: { web: { ...WEB, subnets: ["10.88.7.0/24", "fd00::/129"] } } },
    { networks: { web: { ...WEB, delegate: {} } } },
    { networks: { web: { ...WEB, delegate: { type: "bridge", ipam: {} } } } },
    { networks: { web: { ...WEB, delegate: { type: "bridge", name: "other" } } } },
    { networks: { web: { ...WEB, ipam: { type: "host-local", ranges: [] } } } },
  ] as JsonValue[]
) {
  test(`the settings ${JSON.stringify(settings)} are refused`, async () => {
    const request = { path: "", config: { cniVersion: "1.1.0", name: "web", type: "x" } };
    const error = await bench.plugin(import.meta.url)
      .call("network_status", request, { settings }).then(() => undefined, PluginError.from);
    assert.is(error?.code, "contract.settings-invalid");
  });
}

for (
  const [pattern, yes, no] of [
    ["web", ["web"], ["web1", "aweb", "web/a", ""]],
    ["*", ["web", ""], ["shop/web"]],
    ["*/*", ["shop/web"], ["web", "a/b/c"]],
    ["shop/web-*", ["shop/web-", "shop/web-1"], ["shop/web", "shop/xweb-1", "web-1"]],
    ["a*b*c", ["abc", "aXbYc", "abbcc"], ["ab", "acb", "abcd"]],
    ["*a*a*", ["aa", "banana"], ["a", "bnn"]],
    ["ab*ba", ["abba"], ["aba"]],
    ["a.c", ["a.c"], ["abc"]],
    ["**", ["x", ""], ["x/y"]],
  ] as readonly [string, string[], string[]][]
) {
  test(`matches() takes "${pattern}" for what it says`, () => {
    for (const text of yes) assert.is(matches(pattern, text), true, text);
    for (const text of no) assert.is(matches(pattern, text), false, text);
  });
}

test("matches() takes no longer for a text that was made for it", () => {
  const pattern = `${"*a".repeat(200)}b`;
  assert.is(matches(pattern, "a".repeat(100_000)), false);
});

test("nameOf() is of the pod, of the container, or its id", () => {
  const of = (args: string) => nameOf({ args, containerId: "c1" });
  assert.is(of("IgnoreUnknown=1;K8S_POD_NAMESPACE=shop;K8S_POD_NAME=web"), "shop/web");
  assert.is(of("K8S_POD_NAME=web"), "web");
  assert.is(of("K8S_POD_NAMESPACE=shop"), "c1");
  assert.is(of("K8S_POD_NAME="), "c1");
  assert.is(of("XK8S_POD_NAME=web;K8S_POD_NAMEX=web"), "c1");
  assert.is(of(""), "c1");
});

test.run();

import * as assert from "uvu/assert";
import { builtPlugin } from "../../scripts/build-plugins.ts";
import type { JsonValue } from "../../src/json.ts";
import { PluginError } from "../../src/plugin-error.ts";
import { Bench } from "../../src/testing/bench.ts";
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

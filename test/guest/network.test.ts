import * as assert from "uvu/assert";
import {
  type AttachmentInput,
  NETWORK_METHODS,
  networkRequest,
  readNetworkAnswer,
} from "../../src/contract/network.ts";
import { CapabilityError } from "../../src/guest/capability-error.ts";
import type { Host } from "../../src/guest/host.ts";
import { CniError, network, type NetworkPlugin } from "../../src/guest/network.ts";
import { suite } from "../support/suite.ts";

const test = suite("network");

const HOST = {} as Host;
const INPUT: AttachmentInput = {
  ...{ containerId: "c1", netns: "/run/netns/a", ifname: "eth0" },
  config: { cniVersion: "0.4.0", name: "net", type: "mynet" },
};
const request = networkRequest("add", INPUT, { settings: {}, now: "2026-06-01T00:00:00Z" });

const PLUGIN: NetworkPlugin = {
  add: () => ({ cniVersion: "1.1.0", ips: [{ address: "10.0.0.2/24" }] }),
  del: () => {},
};

const call = (entry: string, plugin: NetworkPlugin) =>
  network(plugin).exports[entry]!(request as never, HOST);
const refusing = (error: Error): NetworkPlugin => ({
  ...PLUGIN,
  add: () => {
    throw error;
  },
});

test("network() exports what the contract names, and no verb that the plugin lacks", () => {
  const all = network({ ...PLUGIN, check: () => {}, status: () => {}, gc: () => {} });
  const names = Object.values(NETWORK_METHODS).map(({ entry }) => entry);
  assert.equal(Object.keys(all.exports).sort(), names.sort());
  assert.equal(Object.keys(network(PLUGIN).exports), ["network_add", "network_del"]);
});

test("network() answers what the host takes", () => {
  const read = (plugin: NetworkPlugin) =>
    readNetworkAnswer(
      "add",
      request,
      new TextEncoder().encode(JSON.stringify(call("network_add", plugin))),
    );
  assert.equal(read(PLUGIN), {
    cniVersion: "0.4.0",
    ips: [{ version: "4", address: "10.0.0.2/24" }],
  });
  assert.equal(read(refusing(new CniError(100, "no", "policy"))), {
    code: 100,
    msg: "no",
    details: "policy",
  });
  assert.equal(read(refusing(new CniError(11, ""))), { code: 11, msg: "error 11" });
  assert.equal(call("network_del", PLUGIN), {});
});

test("network() answers what a delegate said, word for word, and no other refusal", () => {
  const cni = { code: 103, msg: "no", details: "rule 7" };
  const failed = new CapabilityError("capability.failed", "it failed", cni);
  assert.equal(call("network_add", refusing(failed)), cni);
  const denied = new CapabilityError("capability.denied", "not granted");
  assert.throws(() => call("network_add", refusing(denied)), /^not granted$/);
});

test("network() leaves any other error what it is", () => {
  assert.throws(() => call("network_add", refusing(new Error("a slip"))), /^a slip$/);
});

test("network() says which method is missing", () => {
  assert.throws(() => network({ add: PLUGIN.add } as never), /has no method "del"$/);
});

test("network() refuses a function that nothing calls, of objects and of classes", () => {
  class Plugin {
    readonly name = "fields may be there";
    add(): { cniVersion: "1.1.0" } {
      return { cniVersion: this.#version() };
    }
    del(): void {}
    #version(): "1.1.0" {
      return "1.1.0";
    }
  }
  class Mistyped extends Plugin {
    statuz(): void {}
  }
  class Heir extends Mistyped {}
  const whys: readonly (readonly [unknown, RegExp])[] = [
    [{ ...PLUGIN, statuz: () => {} }, /has a function "statuz", which nothing calls; .*status/],
    [new Heir(), /has a function "statuz"/],
    [undefined, /^the network plugin is undefined, wanted an object$/],
    [() => {}, /is \[function \], wanted an object$/],
  ];
  for (const [plugin, why] of whys) assert.throws(() => network(plugin as never), why);
  assert.equal(call("network_add", new Plugin()), { cniVersion: "1.1.0" });
});

for (const code of [0, -1, 1.5, NaN, 2 ** 32]) {
  test(`CniError refuses the code ${code}`, () => {
    assert.throws(() => new CniError(code, "a"), (error: Error) => error instanceof RangeError);
  });
}

test.run();

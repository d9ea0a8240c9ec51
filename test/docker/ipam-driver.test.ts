import * as assert from "uvu/assert";
import { handlerOf } from "../../src/docker/handler.ts";
import { callDocker, fakeDriver } from "../support/docker.ts";
import { type DriverCall, testDriverCalls } from "../support/driver-calls.ts";
import { suite } from "../support/suite.ts";

const test = suite("docker/ipam-driver");

const GATEWAY = { RequestAddressType: "com.docker.network.gateway" };

const CALLS: readonly DriverCall[] = [
  ["GetCapabilities", {}, ["getCapabilities", {}], {}, {
    RequiresMACAddress: false,
    RequiresRequestReplay: false,
  }],
  ["GetCapabilities", {}, ["getCapabilities", {}], { requiresMacAddress: true }, {
    RequiresMACAddress: true,
    RequiresRequestReplay: false,
  }],
  ["GetDefaultAddressSpaces", {}, ["getDefaultAddressSpaces", {}], {
    localDefaultAddressSpace: "local",
    globalDefaultAddressSpace: "global",
  }, { LocalDefaultAddressSpace: "local", GlobalDefaultAddressSpace: "global" }],
  [
    "RequestPool",
    { AddressSpace: "local", Pool: "", SubPool: "", Options: null, V6: false },
    ["requestPool", { addressSpace: "local", options: {}, v6: false }],
    { poolId: "p1", pool: "10.1.0.0/24" },
    { PoolID: "p1", Pool: "10.1.0.0/24", Data: {} },
  ],
  [
    "RequestPool",
    {
      addressspace: "local",
      pool: "fd00::/64",
      subpool: "fd00::/80",
      options: { Key: "v" },
      v6: true,
    },
    ["requestPool", {
      addressSpace: "local",
      pool: "fd00::/64",
      subPool: "fd00::/80",
      options: { Key: "v" },
      v6: true,
    }],
    { poolId: "p1", pool: "fd00::/64", data: { a: "b" } },
    { PoolID: "p1", Pool: "fd00::/64", Data: { a: "b" } },
  ],
  ["ReleasePool", { PoolID: "p1" }, ["releasePool", { poolId: "p1" }], {}, {}],
  [
    "RequestAddress",
    { PoolID: "p1", Address: "", Options: GATEWAY },
    ["requestAddress", { poolId: "p1", options: GATEWAY }],
    { address: "10.1.0.1/24", data: {} },
    { Address: "10.1.0.1/24", Data: {} },
  ],
  [
    "RequestAddress",
    { PoolID: "p1", Address: "10.1.0.7", Options: {} },
    ["requestAddress", { poolId: "p1", address: "10.1.0.7", options: {} }],
    { address: "10.1.0.7/24" },
    { Address: "10.1.0.7/24", Data: {} },
  ],
  [
    "ReleaseAddress",
    { PoolID: "p1", Address: "10.1.0.7" },
    ["releaseAddress", {
      poolId: "p1",
      address: "10.1.0.7",
    }],
    {},
    {},
  ],
];

testDriverCalls(test, "ipam", CALLS, {
  fault: { code: "limit", message: "there is no address left" },
  statement: "(moby 25)",
});

test("capabilities and address spaces go without a body, no other method does", async () => {
  const { plugin } = fakeDriver("ipam", {
    getCapabilities: {},
    getDefaultAddressSpaces: { localDefaultAddressSpace: "l", globalDefaultAddressSpace: "g" },
  });
  const handler = handlerOf([plugin]);
  for (const name of new Set(CALLS.map(([name]) => name))) {
    const { status } = await callDocker(handler, `IpamDriver.${name}`);
    assert.is(status, name.startsWith("Get") ? 200 : 400, name);
  }
});

test.run();

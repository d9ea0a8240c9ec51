import * as assert from "uvu/assert";
import { handlerOf } from "../../src/docker/handler.ts";
import { callDocker, fakeDriver } from "../support/docker.ts";
import { type DriverCall, testDriverCalls } from "../support/driver-calls.ts";
import { suite } from "../support/suite.ts";

const test = suite("docker/network-driver");

const NETWORK = { NetworkID: "n1" };
const ENDPOINT = { ...NETWORK, EndpointID: "e1" };
const endpoint = { networkId: "n1", endpointId: "e1" };
const POOLS = {
  IPv4Data: [{
    AddressSpace: "LocalDefault",
    Pool: "10.1.0.0/24",
    Gateway: "10.1.0.1/24",
    AuxAddresses: { router: "10.1.0.2/24" },
  }],
  IPv6Data: [{ AddressSpace: "", Pool: "fd00::/64" }],
};
const pools = {
  ipv4Data: [{
    addressSpace: "LocalDefault",
    pool: "10.1.0.0/24",
    gateway: "10.1.0.1/24",
    auxAddresses: { router: "10.1.0.2/24" },
  }],
  ipv6Data: [{ addressSpace: "", pool: "fd00::/64" }],
};
const OPTIONS = {
  "com.docker.network.enable_ipv6": false,
  "com.docker.network.generic": { Parent: "eth0" },
};
const NODE = { Address: "10.0.0.1", BindAddress: "", Self: true };
const JOINED = {
  Gateway: "",
  GatewayIPv6: "",
  StaticRoutes: [],
  DisableGatewayService: false,
};

const CALLS: readonly DriverCall[] = [
  ["GetCapabilities", {}, ["getCapabilities", {}], { scope: "local" }, {
    Scope: "local",
    ConnectivityScope: "local",
    GwAllocChecker: false,
  }],
  ["GetCapabilities", {}, ["getCapabilities", {}], {
    scope: "local",
    connectivityScope: "global",
    gwAllocChecker: true,
  }, { Scope: "local", ConnectivityScope: "global", GwAllocChecker: true }],
  [
    "AllocateNetwork",
    { ...NETWORK, Options: { a: "b" }, ...POOLS },
    ["allocateNetwork", {
      networkId: "n1",
      ...pools,
      options: { a: "b" },
    }],
    { options: { vni: "7" } },
    { Options: { vni: "7" } },
  ],
  ["FreeNetwork", NETWORK, ["freeNetwork", { networkId: "n1" }], {}, {}],
  ["GwAllocCheck", { Options: OPTIONS }, ["gwAllocCheck", { options: OPTIONS }], {
    skipIpv4: true,
  }, { SkipIPv4: true, SkipIPv6: false }],
  [
    "CreateNetwork",
    { ...NETWORK, Options: OPTIONS, ...POOLS },
    ["createNetwork", {
      networkId: "n1",
      ...pools,
      options: OPTIONS,
    }],
    {},
    {},
  ],
  [
    "CreateNetwork",
    { ...NETWORK, Options: null, IPv4Data: null },
    ["createNetwork", {
      networkId: "n1",
      ipv4Data: [],
      ipv6Data: [],
      options: {},
    }],
    {},
    {},
  ],
  ["DeleteNetwork", NETWORK, ["deleteNetwork", { networkId: "n1" }], {}, {}],
  [
    "CreateEndpoint",
    {
      ...ENDPOINT,
      Interface: { Address: "10.1.0.5/24", AddressIPv6: "", MacAddress: "" },
      Options: {},
    },
    ["createEndpoint", { ...endpoint, interface: { address: "10.1.0.5/24" }, options: {} }],
    { interface: { macAddress: "02:42:0a:01:00:05" } },
    { Interface: { Address: "", AddressIPv6: "", MacAddress: "02:42:0a:01:00:05" } },
  ],
  [
    "CreateEndpoint",
    { ...ENDPOINT, Interface: null },
    ["createEndpoint", {
      ...endpoint,
      interface: {},
      options: {},
    }],
    {},
    {},
  ],
  ["EndpointOperInfo", ENDPOINT, ["endpointOperInfo", endpoint], { value: { up: true } }, {
    Value: { up: true },
  }],
  ["DeleteEndpoint", ENDPOINT, ["deleteEndpoint", endpoint], {}, {}],
  ["Join", { ...ENDPOINT, SandboxKey: "/var/run/docker/netns/x", Options: OPTIONS }, ["join", {
    ...endpoint,
    sandboxKey: "/var/run/docker/netns/x",
    options: OPTIONS,
  }], {
    interfaceName: { srcName: "veth1", dstPrefix: "eth" },
    gateway: "10.1.0.1",
    gatewayIpv6: "fd00::1",
    staticRoutes: [
      { destination: "10.2.0.0/16", routeType: "nexthop", nextHop: "10.1.0.9" },
      { destination: "10.3.0.0/16", routeType: "connected" },
    ],
    disableGatewayService: true,
  }, {
    InterfaceName: { SrcName: "veth1", DstPrefix: "eth" },
    Gateway: "10.1.0.1",
    GatewayIPv6: "fd00::1",
    StaticRoutes: [
      { Destination: "10.2.0.0/16", RouteType: 0, NextHop: "10.1.0.9" },
      { Destination: "10.3.0.0/16", RouteType: 1, NextHop: "" },
    ],
    DisableGatewayService: true,
  }],
  [
    "Join",
    { ...ENDPOINT, SandboxKey: "/x" },
    ["join", {
      ...endpoint,
      sandboxKey: "/x",
      options: {},
    }],
    {},
    JOINED,
  ],
  ["Leave", ENDPOINT, ["leave", endpoint], {}, {}],
  [
    "ProgramExternalConnectivity",
    { ...ENDPOINT, Options: OPTIONS },
    ["programExternalConnectivity", { ...endpoint, options: OPTIONS }],
    {},
    {},
  ],
  ["RevokeExternalConnectivity", ENDPOINT, ["revokeExternalConnectivity", endpoint], {}, {}],
  [
    "DiscoverNew",
    { DiscoveryType: 1, DiscoveryData: NODE },
    ["discoverNew", {
      discoveryType: "node",
      discoveryData: { address: "10.0.0.1", self: true },
    }],
    {},
    {},
  ],
  [
    "DiscoverDelete",
    { discoverytype: 1, discoverydata: { ADDRESS: "10.0.0.1" } },
    [
      "discoverDelete",
      { discoveryType: "node", discoveryData: { address: "10.0.0.1", self: false } },
    ],
    {},
    {},
  ],
];

testDriverCalls(test, "netdriver", CALLS, {
  fault: { code: "not-found", message: "there is no network n1" },
  statement: "(moby 24)",
});

for (
  const [what, body] of [
    ["another discovery", { DiscoveryType: 2, DiscoveryData: {} }],
    ["no data", { DiscoveryType: 1 }],
  ] as const
) {
  test(`DiscoverNew refuses ${what}`, async () => {
    const { plugin, asked } = fakeDriver("netdriver", {});
    const handler = handlerOf([plugin]);
    assert.is((await callDocker(handler, "NetworkDriver.DiscoverNew", body)).status, 400);
    assert.equal(asked, []);
  });
}

test("only GetCapabilities goes without a body", async () => {
  const { plugin } = fakeDriver("netdriver", { getCapabilities: { scope: "local" } });
  const handler = handlerOf([plugin]);
  assert.is((await callDocker(handler, "NetworkDriver.GetCapabilities")).status, 200);
  for (const name of new Set(CALLS.map(([name]) => name))) {
    if (name === "GetCapabilities") continue;
    assert.is((await callDocker(handler, `NetworkDriver.${name}`)).status, 400, name);
  }
});

test.run();

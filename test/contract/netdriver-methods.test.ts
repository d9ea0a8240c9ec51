import * as assert from "uvu/assert";
import type {
  NetdriverInputs,
  NetdriverMethod,
  NetdriverRequest,
} from "../../src/contract/netdriver.ts";
import {
  NETDRIVER_METHODS,
  netdriverRequest,
  readNetdriverAnswer,
} from "../../src/contract/netdriver-methods.ts";
import { answerBytes, sentRequest } from "../support/contract.ts";
import { assertFault } from "../support/fault.ts";
import { suite } from "../support/suite.ts";

const test = suite("netdriver-methods");

const HEADER = { settings: { parent: "eth0" }, now: "2026-06-01T00:00:00Z" };
const networkId = "a".repeat(64);
const endpointId = "b".repeat(64);
const ends = { networkId, endpointId };
const data = {
  ipv4Data: [{
    addressSpace: "LocalDefault",
    pool: "10.77.0.0/24",
    gateway: "10.77.0.1/24",
    auxAddresses: { router: "10.77.0.2/24" },
  }],
  ipv6Data: [{ addressSpace: "", pool: "fd00::/64" }],
};
const NODE = {
  discoveryType: "node",
  discoveryData: { address: "10.0.0.1", bindAddress: "", self: true },
} as const;
const INPUTS: NetdriverInputs = {
  getCapabilities: {},
  allocateNetwork: { networkId, options: { a: "b" }, ...data },
  freeNetwork: { networkId },
  gwAllocCheck: { options: { "com.docker.network.internal": true } },
  createNetwork: { networkId, options: { "com.docker.network.generic": { foo: "bar" } }, ...data },
  deleteNetwork: { networkId },
  createEndpoint: {
    ...ends,
    interface: { address: "10.77.0.3/24", macAddress: "02:42:0a:4d:00:03" },
    options: { "com.docker.network.portmap": [] },
  },
  endpointOperInfo: ends,
  deleteEndpoint: ends,
  join: { ...ends, sandboxKey: "/var/run/docker/netns/0123456789ab", options: {} },
  leave: ends,
  programExternalConnectivity: { ...ends, options: {} },
  revokeExternalConnectivity: ends,
  discoverNew: NODE,
  discoverDelete: NODE,
};
const METHODS = Object.keys(INPUTS) as NetdriverMethod[];

function encode(method: NetdriverMethod, input: unknown): unknown {
  const request = netdriverRequest<NetdriverMethod>(
    input as NetdriverInputs[NetdriverMethod],
    HEADER,
  );
  return sentRequest(NETDRIVER_METHODS[method].request, request);
}

function read(method: NetdriverMethod, answer: unknown, change: object = {}): unknown {
  const request = { ...INPUTS[method], ...HEADER, ...change } as unknown as NetdriverRequest;
  return readNetdriverAnswer(method, request, answerBytes(answer));
}

for (const method of METHODS) {
  test(`netdriverRequest() puts ${method} with contract, version, settings and time`, () => {
    const text = encode(method, INPUTS[method]);
    assert.equal(text, { contract: "netdriver", version: 1, ...HEADER, ...INPUTS[method] });
  });
}

test("entry points are Docker's methods in snake case; seven of them must be there", () => {
  const required = METHODS.filter((method) => !("absent" in NETDRIVER_METHODS[method]));
  assert.equal(required.map((method) => NETDRIVER_METHODS[method].entry), [
    "netdriver_get_capabilities",
    "netdriver_create_network",
    "netdriver_delete_network",
    "netdriver_create_endpoint",
    "netdriver_delete_endpoint",
    "netdriver_join",
    "netdriver_leave",
  ]);
  const optional = METHODS.filter((method) => !required.includes(method));
  assert.equal(optional.map((method) => NETDRIVER_METHODS[method].entry), [
    "netdriver_allocate_network",
    "netdriver_free_network",
    "netdriver_gw_alloc_check",
    "netdriver_endpoint_oper_info",
    "netdriver_program_external_connectivity",
    "netdriver_revoke_external_connectivity",
    "netdriver_discover_new",
    "netdriver_discover_delete",
  ]);
});

test("what holds for a driver without a method is an answer of that method", () => {
  for (const [method, { absent }] of Object.entries(NETDRIVER_METHODS)) {
    if (absent !== undefined) assert.equal(read(method as NetdriverMethod, absent), absent);
  }
});

const pool = (change: object) => ({ ...data, ipv4Data: [{ ...data.ipv4Data[0], ...change }] });
const BAD_INPUTS: readonly (readonly [NetdriverMethod, object, RegExp])[] = [
  ["createNetwork", { networkId: "" }, /"networkId"/],
  ["createNetwork", { networkId: "../a" }, /"networkId"/],
  ["createNetwork", { networkId: "-a" }, /"networkId"/],
  ["createNetwork", { networkId: "a".repeat(256) }, /"networkId"/],
  ["createNetwork", { options: [] }, /"options"/],
  ["createNetwork", { options: null }, /"options"/],
  ["createNetwork", { ipv4Data: null }, /"ipv4Data"/],
  ["createNetwork", { ipv4Data: data.ipv6Data }, /"ipv4Data\.0\.pool"/],
  ["createNetwork", { ipv6Data: data.ipv4Data }, /"ipv6Data\.0\.pool"/],
  ["createNetwork", pool({ pool: "10.77.0.0" }), /"ipv4Data\.0\.pool"/],
  ["createNetwork", pool({ gateway: "10.77.0.1" }), /"ipv4Data\.0\.gateway"/],
  ["createNetwork", pool({ gateway: "" }), /"ipv4Data\.0\.gateway"/],
  ["createNetwork", pool({ auxAddresses: { a: "b" } }), /"ipv4Data\.0\.auxAddresses\.a"/],
  ["createNetwork", pool({ mask: 24 }), /mask/],
  ["createNetwork", { ipv4Data: Array(1_001).fill(data.ipv4Data[0]) }, /at most 1000 items/],
  ["allocateNetwork", { options: { a: 1 } }, /"options\.a"/],
  ["createEndpoint", { endpointId: "a/b" }, /"endpointId"/],
  ["createEndpoint", { interface: null }, /"interface"/],
  ["createEndpoint", { interface: { address: "10.77.0.3" } }, /"interface\.address"/],
  ["createEndpoint", { interface: { address: "" } }, /"interface\.address"/],
  ["createEndpoint", { interface: { addressIpv6: "10.0.0.1/8" } }, /"interface\.addressIpv6"/],
  ["createEndpoint", { interface: { macAddress: "0242" } }, /"interface\.macAddress"/],
  ["join", { sandboxKey: "" }, /"sandboxKey"/],
  ["join", { sandboxKey: "netns/a" }, /"sandboxKey"/],
  ["join", { sandboxKey: "/run/../proc/1/ns/net" }, /"sandboxKey"/],
  ["discoverNew", { discoveryType: 1 }, /"discoveryType"/],
  ["discoverNew", { discoveryData: { address: "a" } }, /"discoveryData\.self"/],
];
for (const [method, change, place] of BAD_INPUTS) {
  test(`encodeRequest() refuses ${method} with ${JSON.stringify(change).slice(0, 80)}`, () => {
    assertFault(
      () => encode(method, { ...INPUTS[method], ...change }),
      "contract.input-invalid",
      place,
    );
  });
}

const interfaceName = { srcName: "veth0123456789a", dstPrefix: "eth" };
const ANSWERS: readonly (readonly [NetdriverMethod, unknown, object?])[] = [
  ["getCapabilities", { scope: "local" }],
  ["getCapabilities", { scope: "global", connectivityScope: "local", gwAllocChecker: true }],
  ["allocateNetwork", { options: { vni: "7" } }],
  ["gwAllocCheck", { skipIpv4: true, skipIpv6: false }],
  ["createEndpoint", {}],
  ["createEndpoint", { interface: {} }],
  ["createEndpoint", { interface: { addressIpv6: "fd00::3/64" } }],
  [
    "createEndpoint",
    { interface: { address: "10.77.0.9/24", macAddress: "02:42:0a:4d:00:09" } },
    { interface: {} },
  ],
  ["endpointOperInfo", { value: { deep: [{ a: null }] } }],
  ["join", {}],
  ["join", { interfaceName, gateway: "10.77.0.1", gatewayIpv6: "fd00::1" }],
  ["join", { interfaceName, disableGatewayService: true }],
  [
    "join",
    {
      staticRoutes: [
        { destination: "10.2.0.0/16", routeType: "nexthop", nextHop: "10.77.0.1" },
        { destination: "fd01::/64", routeType: "nexthop", nextHop: "fd00::1" },
        { destination: "0.0.0.0/0", routeType: "connected" },
      ],
    },
  ],
  ...["freeNetwork", "createNetwork", "deleteNetwork", "deleteEndpoint", "leave"].map((method) =>
    [method as NetdriverMethod, {}] as const
  ),
  ...METHODS.map((method) =>
    [method, { error: { code: "conflict", message: "it is there" } }] as const
  ),
];
for (const [method, answer, change] of ANSWERS) {
  test(`readNetdriverAnswer() takes ${JSON.stringify(answer)} of ${method}`, () => {
    assert.equal(read(method, answer, change), answer);
  });
}

const route = (one: object) => ({ staticRoutes: [one] });
const BAD_ANSWERS: readonly (readonly [NetdriverMethod, unknown, RegExp])[] = [
  ["getCapabilities", "", /empty/],
  ["getCapabilities", {}, /"scope"/],
  ["getCapabilities", { scope: "" }, /"scope"/],
  ["getCapabilities", { scope: "Local" }, /"scope"/],
  ["getCapabilities", { scope: "swarm" }, /"scope"/],
  ["getCapabilities", { scope: "local", connectivityScope: "" }, /"connectivityScope"/],
  ["getCapabilities", { scope: "local", gwAllocChecker: 1 }, /"gwAllocChecker"/],
  ["allocateNetwork", { options: { vni: 7 } }, /"options\.vni"/],
  ["createNetwork", { bridge: "br0" }, /bridge/],
  ["createNetwork", { error: { code: 7, message: "a" } }, /"error\.code"/],
  ["createNetwork", { error: { code: "failed", message: "" } }, /"error\.message"/],
  ["createEndpoint", { interface: null }, /"interface"/],
  ["createEndpoint", { interface: { address: "10.77.0.9/24" } }, /has 10\.77\.0\.3\/24 already/],
  ["createEndpoint", { interface: { macAddress: "02:42:0a:4d:00:03" } }, /already/],
  ["createEndpoint", { interface: { addressIpv6: "fd00::3" } }, /"interface\.addressIpv6"/],
  ["createEndpoint", { interface: { addressIPv6: "fd00::3/64" } }, /addressIPv6/],
  ["createEndpoint", { interface: { macAddress: "01:00:5e:00:00:01" } }, /"interface\.macAddress"/],
  ["createEndpoint", { interface: { macAddress: "" } }, /"interface\.macAddress"/],
  ["endpointOperInfo", { value: [] }, /"value"/],
  ["endpointOperInfo", {}, /"value"/],
  ["join", { interfaceName: { srcName: "a" } }, /"interfaceName\.dstPrefix"/],
  ["join", { interfaceName: { srcName: "", dstPrefix: "eth" } }, /"interfaceName\.srcName"/],
  ["join", { interfaceName: { srcName: "a/b", dstPrefix: "eth" } }, /"interfaceName\.srcName"/],
  ["join", { interfaceName: { srcName: "..", dstPrefix: "eth" } }, /"interfaceName\.srcName"/],
  ["join", { interfaceName: { srcName: "a b", dstPrefix: "eth" } }, /"interfaceName\.srcName"/],
  [
    "join",
    { interfaceName: { srcName: "sixteen-bytes-16", dstPrefix: "eth" } },
    /"interfaceName\.srcName"/,
  ],
  [
    "join",
    { interfaceName: { srcName: "a", dstPrefix: "fifteen-bytes-1" } },
    /"interfaceName\.dstPrefix"/,
  ],
  ["join", { interfaceName: { ...interfaceName, dstName: "eth0" } }, /dstName/],
  ["join", { gateway: "10.77.0.1/24" }, /"gateway"/],
  ["join", { gateway: "fd00::1" }, /"gateway"/],
  ["join", { gateway: "" }, /"gateway"/],
  ["join", { gatewayIpv6: "10.77.0.1" }, /"gatewayIpv6"/],
  ["join", { gatewayIpv6: "::ffff:10.77.0.1" }, /"gatewayIpv6"/],
  ["join", { disableGatewayService: "yes" }, /"disableGatewayService"/],
  ["join", route({ destination: "10.2.0.0/16", routeType: 0, nextHop: "10.0.0.1" }), /routeType/],
  ["join", route({ destination: "10.2.0.0/16", routeType: "nexthop" }), /nextHop/],
  [
    "join",
    route({ destination: "10.2.0.0/16", routeType: "connected", nextHop: "10.0.0.1" }),
    /nextHop/,
  ],
  ["join", route({ destination: "10.2.0.1/16", routeType: "connected" }), /destination/],
  ["join", route({ destination: "10.2.0.1", routeType: "connected" }), /destination/],
  [
    "join",
    route({ destination: "10.2.0.0/16", routeType: "nexthop", nextHop: "fd00::1" }),
    /other family/,
  ],
  ["join", `{"staticRoutes":[${"0,".repeat(300_000)}0]}`, /at most 1000 items/],
  ["leave", "null", /Expected Object/],
  ["leave", '{"error":{"code":"failed","message":"a"},"error":{}}', /twice/],
];
for (const [method, answer, why] of BAD_ANSWERS) {
  test(`readNetdriverAnswer() refuses ${JSON.stringify(answer).slice(0, 80)} of ${method}`, () => {
    assertFault(() => read(method, answer), "contract.output-invalid", why);
  });
}

test.run();

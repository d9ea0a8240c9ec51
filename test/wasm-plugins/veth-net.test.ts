import * as assert from "uvu/assert";
import { builtPlugin } from "../../scripts/build-plugins.ts";
import { type DriverFault, isDriverFault } from "../../src/contract/driver-fault.ts";
import type { JsonObject, JsonValue } from "../../src/json.ts";
import { PluginError } from "../../src/plugin-error.ts";
import { Bench, type TestedPlugin } from "../../src/testing/bench.ts";
import { casesOf, manifestOf, testCases } from "../support/cases.ts";
import { suite } from "../support/suite.ts";
import { FakeIp, type Mishap } from "./veth-net/fake-ip.ts";

const cases = await casesOf("veth-net");
const manifest = await manifestOf("veth-net");

const NETWORK = "0123456789abcdef".repeat(4);
const ENDPOINT = "fedcba9876543210".repeat(4);
const CREATION = {
  networkId: NETWORK,
  options: { "com.docker.network.generic": { mtu: "1400" } },
  ipv4Data: [{ addressSpace: "local", pool: "10.1.0.0/24", gateway: "10.1.0.1/24" }],
  ipv6Data: [{ addressSpace: "local", pool: "fd00::/64", gateway: "fd00::1/64" }],
};
const BRIDGE = "cfb-0123456789a";
const [HOST_END, CONTAINER_END] = ["cfv-fedcba98765", "cfc-fedcba98765"];
const ENDS = { networkId: NETWORK, endpointId: ENDPOINT };
const ENDPOINT_CREATION = { ...ENDS, interface: { address: "10.1.0.5/24" }, options: {} };

let bench: Bench;

const test = suite("wasm-plugins/veth-net");
test.before(async () => {
  bench = await Bench.open(builtPlugin("veth-net"));
});
test.after(() => bench.close());

testCases(test, cases, () => bench);

/** The driver over interfaces of its own. */
function driver(state: Readonly<Record<string, string>> = {}, ip: FakeIp = new FakeIp()): {
  readonly ip: FakeIp;
  readonly plugin: TestedPlugin;
  call(method: string, request: JsonObject): Promise<JsonValue>;
} {
  const answers = { exec_run: ip.run };
  const plugin = bench.plugin(import.meta.url, { state, answers });
  return { ip, plugin, call: (method, request) => plugin.call(`netdriver_${method}`, request) };
}

/** All that there is, by names and values. */
function everything({ ip, plugin }: ReturnType<typeof driver>): JsonObject {
  return JSON.parse(JSON.stringify({ links: Object.fromEntries(ip.links), state: plugin.state }));
}

test("a network is a bridge with its gateways, and an endpoint is a pair at it", async () => {
  const { ip, plugin, call } = driver();
  assert.equal(await call("create_network", CREATION), {});
  assert.equal(Object.fromEntries(ip.links), {
    [BRIDGE]: {
      up: true,
      mtu: 1_400,
      mac: "02:01:23:45:67:89",
      addresses: ["10.1.0.1/24", "fd00::1/64"],
    },
  });
  assert.ok(ip.runs.includes("address-add") && ip.runs.includes("address-add-ipv6"));
  assert.equal(await call("create_endpoint", ENDPOINT_CREATION), {
    interface: { macAddress: "02:fe:dc:ba:98:76" },
  });
  const pair = { mtu: 1_400, addresses: [] };
  assert.equal(ip.links.get(HOST_END), {
    ...{ ...pair, up: true, mac: "kernel's", peer: CONTAINER_END, master: BRIDGE },
  });
  // Docker brings it up when it is in the container.
  assert.equal(ip.links.get(CONTAINER_END), {
    ...{ ...pair, up: false, mac: "02:fe:dc:ba:98:76", peer: HOST_END },
  });
  assert.equal(await call("join", { ...ENDS, sandboxKey: "/run/netns/1", options: {} }), {
    interfaceName: { srcName: CONTAINER_END, dstPrefix: "eth" },
    gateway: "10.1.0.1",
    gatewayIpv6: "fd00::1",
  });
  assert.equal(await call("leave", ENDS), {});
  for (let twice = 0; twice < 2; twice++) {
    assert.equal(await call("delete_endpoint", ENDS), {});
    assert.equal([...ip.links.keys()], [BRIDGE]);
  }
  for (let twice = 0; twice < 2; twice++) {
    assert.equal(await call("delete_network", { networkId: NETWORK }), {});
    assert.equal([...ip.links.keys()], []);
  }
  assert.equal(plugin.state, {});
});

test("a MAC address that Docker gives is taken, and not given back", async () => {
  const { ip, call } = driver();
  await call("create_network", CREATION);
  const creation = { ...ENDPOINT_CREATION, interface: { macAddress: "02:42:0A:01:00:05" } };
  assert.equal(await call("create_endpoint", creation), {});
  assert.is(ip.links.get(CONTAINER_END)!.mac, "02:42:0A:01:00:05");
});

test("an internal network has no gateway", async () => {
  const { ip, call } = driver();
  const options = { "com.docker.network.internal": true };
  await call("create_network", { ...CREATION, options });
  await call("create_endpoint", ENDPOINT_CREATION);
  assert.equal(ip.links.get(BRIDGE)!.addresses, []);
  assert.equal(await call("join", { ...ENDS, sandboxKey: "/run/netns/1", options: {} }), {
    interfaceName: { srcName: CONTAINER_END, dstPrefix: "eth" },
    disableGatewayService: true,
  });
});

test("what is asked for twice is made once", async () => {
  const one = driver();
  for (let twice = 0; twice < 2; twice++) {
    assert.equal(await one.call("create_network", CREATION), {});
    const answer = await one.call("create_endpoint", ENDPOINT_CREATION);
    assert.equal(answer, { interface: { macAddress: "02:fe:dc:ba:98:76" } });
  }
  assert.equal(one.ip.runs.filter((name) => name.endsWith("-add")), [
    ...["bridge-add", "address-add", "veth-add"],
  ]);
  const other = { ...ENDPOINT_CREATION, interface: { macAddress: "02:00:00:00:00:01" } };
  assert.equal(await one.call("create_endpoint", other), {
    error: {
      code: "conflict",
      message: "the endpoint fedcba987654 is there already, and was made otherwise",
    },
  });
});

test("after a restart of the host, a bridge is made again with its next container", async () => {
  const before = driver();
  await before.call("create_network", CREATION);
  await before.call("create_endpoint", ENDPOINT_CREATION);
  const after = driver(before.plugin.state);
  await after.call("create_endpoint", ENDPOINT_CREATION);
  assert.equal(everything(after), everything(before));
  // Of a network without containers, nothing but the state is left to remove.
  const empty = driver(before.plugin.state);
  await empty.call("delete_network", { networkId: NETWORK });
  assert.equal(everything(empty), { links: {}, state: {} });
});

test("a pair that ended with its container is no error", async () => {
  const { ip, call } = driver();
  await call("create_network", CREATION);
  await call("create_endpoint", ENDPOINT_CREATION);
  ip.links.delete(HOST_END);
  ip.links.delete(CONTAINER_END);
  assert.equal(await call("delete_endpoint", ENDS), {});
});

test("a network takes what is left of its endpoints with it", async () => {
  const one = driver();
  await one.call("create_network", CREATION);
  for (const endpointId of [ENDPOINT, "a".repeat(64), "b".repeat(64)]) {
    await one.call("create_endpoint", { ...ENDPOINT_CREATION, endpointId });
  }
  assert.is(one.ip.links.size, 7);
  assert.equal(await one.call("delete_network", { networkId: NETWORK }), {});
  assert.equal(everything(one), { links: {}, state: {} });
});

/** What the answer or the error to a call is. */
async function outcome(call: Promise<JsonValue>): Promise<string> {
  const answer = await call.catch(PluginError.from);
  if (answer instanceof PluginError) return answer.code;
  return isDriverFault(answer) ? answer.error.code : "done";
}

const MISHAPS: readonly Mishap[] = ["refuses", "hangs", "did and hangs"];

for (
  const [method, request, before] of [
    ["create_network", CREATION, []],
    ["create_endpoint", ENDPOINT_CREATION, [["create_network", CREATION]]],
  ] as const
) {
  for (const mishap of MISHAPS) {
    test(`${method}: nothing half-made stays where any ip ${mishap}`, async () => {
      const whole = driver();
      for (const [name, given] of before) await whole.call(name, given);
      const start = whole.ip.runs.length;
      await whole.call(method, request);
      const steps = whole.ip.runs.length - start;
      assert.ok(steps >= 5, `${steps} steps`);
      for (let step = start; step < start + steps; step++) {
        const one = driver();
        for (const [name, given] of before) await one.call(name, given);
        const untouched = everything(one);
        one.ip.mishaps = { [step]: mishap };
        const end = await outcome(one.call(method, request));
        const name = `step ${step}, ${one.ip.runs[step]}`;
        assert.is(end, mishap === "refuses" ? "failed" : "unavailable", name);
        assert.equal(everything(one), untouched, name);
        one.ip.mishaps = {};
        assert.is(await outcome(one.call(method, request)), "done", name);
        assert.equal(everything(one), everything(whole), name);
      }
    });
  }
}

test("what cannot be removed at once is removed with the next call", async () => {
  for (const method of ["create_network", "get_capabilities", "delete_network"]) {
    const one = driver();
    one.ip.broken = ["link-up", "link-delete"];
    assert.is(await outcome(one.call("create_network", CREATION)), "failed");
    assert.equal([...one.ip.links.keys()], [BRIDGE]);
    assert.equal(one.plugin.state, { [`making/${BRIDGE}`]: `network/${NETWORK}` });
    one.ip.broken = [];
    const networkId = "a".repeat(64);
    assert.is(await outcome(one.call(method, { ...CREATION, networkId })), "done");
    assert.not(one.ip.links.has(BRIDGE), method);
    assert.not(Object.keys(one.plugin.state).some((key) => key.startsWith("making/")), method);
  }
});

test("one interface that cannot be removed keeps nobody from making others", async () => {
  const { ip, plugin, call } = driver();
  ip.broken = ["link-up", "link-delete"];
  await call("create_network", CREATION);
  ip.broken = ["link-delete"];
  assert.is(await outcome(call("create_network", CREATION)), "conflict");
  const networkId = "a".repeat(64);
  assert.is(await outcome(call("create_network", { ...CREATION, networkId })), "done");
  assert.ok(`making/${BRIDGE}` in plugin.state);
});

test("where the host ended half-way, at whatever point, the next call cleans up", async () => {
  const finished = driver();
  await finished.call("create_network", CREATION);
  const { state } = finished.plugin;
  const making = { [`making/${BRIDGE}`]: `network/${NETWORK}` };
  const link = { up: false, mtu: 1_500, mac: "02:01:23:45:67:89", addresses: [] };
  for (const [left, there] of [[making, false], [making, true], [{ ...making, ...state }, true]]) {
    const ip = new FakeIp();
    if (there) ip.links.set(BRIDGE, { ...link, addresses: [] });
    const one = driver(left as Record<string, string>, ip);
    await one.call("get_capabilities", {});
    assert.equal(everything(one), { links: {}, state: {} });
    assert.is(await outcome(one.call("create_network", CREATION)), "done");
    assert.equal(everything(one), everything(finished));
  }
});

test("an interface of somebody else's is neither used nor removed", async () => {
  const one = driver();
  const foreign = { up: true, mtu: 9_000, mac: "02:00:00:00:00:00", addresses: ["10.9.9.9/8"] };
  one.ip.links.set(BRIDGE, { ...foreign, addresses: ["10.9.9.9/8"] });
  assert.is(await outcome(one.call("create_network", CREATION)), "conflict");
  assert.equal(everything(one), { links: { [BRIDGE]: foreign }, state: {} });
  // One that appears between the look and the making.
  const late = driver();
  const { run } = late.ip;
  const plugin = bench.plugin(import.meta.url, {
    answers: {
      exec_run: (request) => {
        if (request["command"] === "bridge-add") late.ip.links.set(BRIDGE, { ...foreign });
        return run(request);
      },
    },
  });
  assert.is(await outcome(plugin.call("netdriver_create_network", CREATION)), "failed");
  assert.equal(Object.fromEntries(late.ip.links), { [BRIDGE]: foreign });
  assert.equal(plugin.state, {});
});

test("a removal that fails is an error, and is done when it is asked for again", async () => {
  const one = driver();
  await one.call("create_network", CREATION);
  await one.call("create_endpoint", ENDPOINT_CREATION);
  one.ip.broken = ["link-delete"];
  assert.is(await outcome(one.call("delete_endpoint", ENDS)), "failed");
  assert.is(await outcome(one.call("delete_network", { networkId: NETWORK })), "failed");
  one.ip.broken = [];
  assert.is(await outcome(one.call("delete_network", { networkId: NETWORK })), "done");
  assert.equal(everything(one), { links: {}, state: {} });
});

test("the message of a failure is that of the command", async () => {
  const one = driver();
  one.ip.broken = ["bridge-add"];
  const answer = await one.call("create_network", CREATION) as unknown as DriverFault;
  assert.equal(answer.error, {
    code: "failed",
    message: '"bridge-add" ended with 2: RTNETLINK: no',
  });
});

const BAD_SETTINGS: readonly JsonValue[] = [
  { interfacePrefix: "" },
  { interfacePrefix: "a/b" },
  { interfacePrefix: "twelveletters" },
  { mtu: 1_279 },
  { mtu: "1500" },
  { bridge: "br0" },
];
for (const settings of BAD_SETTINGS) {
  test(`settings ${JSON.stringify(settings)} are refused`, async () => {
    const call = bench.plugin(import.meta.url).call("netdriver_leave", ENDS, { settings });
    assert.is(await outcome(call), "contract.settings-invalid");
  });
}

test("the manifest asks for exec and state, and for calls one after the other", () => {
  assert.equal(manifest.capabilities, ["exec", "state"]);
  assert.is(manifest.concurrency, "serial");
});

test.run();

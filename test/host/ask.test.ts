import * as assert from "uvu/assert";
import type { MetadataProvider } from "../../src/capability/metadata-provider.ts";
import { createHost, type Host } from "../../src/host/host.ts";
import { jsonDocument } from "../support/document.ts";
import { answering, answeringEach, bundleOf } from "../support/guest.ts";
import { codeOf } from "../support/sandbox.ts";
import { suite } from "../support/suite.ts";
import { VOLUME, volumeGuest } from "../support/volume-guest.ts";

interface Context {
  host: Host;
}

const test = suite<Context>("ask");

test.before(async (context) => {
  context.host = await createHost({ workers: 2 });
});
test.after(({ host }) => host.close());

const NETWORK = { implements: [{ contract: "network", version: 1 }] };
const IPAM = { implements: [{ contract: "ipam", version: 1 }] };
const NETDRIVER = { implements: [{ contract: "netdriver", version: 1 }] };
const ENDS = { networkId: "n1", endpointId: "e1" };
const ENTRIES = ["create", "remove", "path", "mount", "unmount", "get", "list"];
const ALLOW = '{"allowed":true,"reasons":[]}';
const CONFIG = { cniVersion: "1.1.0", name: "net", type: "mynet" } as const;
const CONTAINER = { containerId: "c1", netns: "/run/netns/a", ifname: "eth0", config: CONFIG };

test("load() gives each contract that a plugin does not implement a refusal", async ({ host }) => {
  const judge = await host.load(bundleOf(answering(ALLOW)));
  assert.is(await codeOf(judge.volume.list()), "contract.not-implemented");
  assert.is(await codeOf(judge.network.add(CONTAINER)), "contract.not-implemented");
  assert.is(await codeOf(judge.netdriver.getCapabilities()), "contract.not-implemented");
  assert.is(await codeOf(judge.ipam.getCapabilities()), "contract.not-implemented");
  const driver = await host.load(bundleOf(volumeGuest(), VOLUME));
  assert.is(await codeOf(driver.admission.check(jsonDocument({}))), "contract.not-implemented");
});

for (
  const [manifest, entries, missing] of [
    [
      VOLUME,
      ENTRIES.filter((name) => name !== "unmount").map((name) => `volume_${name}`),
      "volume_unmount",
    ],
    [NETWORK, ["network_add"], "network_del"],
    [
      NETDRIVER,
      ["get_capabilities", "create_network", "delete_network", "create_endpoint", "join", "leave"]
        .map((name) => `netdriver_${name}`),
      "netdriver_delete_endpoint",
    ],
    [
      IPAM,
      ["get_default_address_spaces", "request_pool", "release_pool", "request_address"]
        .map((name) => `ipam_${name}`),
      "ipam_release_address",
    ],
  ] as const
) {
  test(`load() refuses a module without ${missing}`, async ({ host }) => {
    const guest = answeringEach(Object.fromEntries(entries.map((name) => [name, "{}"])));
    const loading = host.load(bundleOf(guest, manifest));
    const message = await loading.then(() => "loaded", (error) => `${error.code} ${error.message}`);
    assert.match(message, /^contract\.export-missing /);
    assert.match(message, `"${missing}"`);
  });
}

test("a volume driver is asked by its methods, and what it lacks has an answer", async ({ host }) => {
  const { volume } = await host.load(
    bundleOf(volumeGuest({ volume_list: '{"volumes":[{"name":"db"}]}' }), VOLUME),
  );
  assert.equal(await volume.create({ name: "db", options: {} }), {});
  assert.equal(await volume.mount({ name: "db", id: "1" }), { mountpoint: "/srv/a" });
  assert.equal(await volume.unmount({ name: "db", id: "1" }), {});
  assert.equal(await volume.path({ name: "db" }), {});
  assert.equal(await volume.list(), { volumes: [{ name: "db" }] });
  assert.equal(await volume.capabilities(), { scope: "local" });
});

test("a failure that a guest answers is a value, what it breaks is an error", async ({ host }) => {
  const fault = { error: { code: "conflict", message: "it is in use" } };
  const { volume } = await host.load(
    bundleOf(volumeGuest({ volume_remove: JSON.stringify(fault), volume_get: "{}" }), VOLUME),
  );
  assert.equal(await volume.remove({ name: "db" }), fault as never);
  assert.is(await codeOf(volume.get({ name: "db" })), "contract.output-invalid");
  assert.is(await codeOf(volume.get({ name: "" })), "contract.input-invalid");
  assert.is(await codeOf(volume.list({ now: "today" })), "usage.invalid");
  assert.is(await codeOf(volume.list({ signal: AbortSignal.abort() })), "call.aborted");
});

test("a network plugin answers in the configuration's version, or with an error", async ({ host }) => {
  const add = '{"cniVersion":"1.1.0","ips":[{"address":"10.1.0.5/16"}]}';
  const { network } = await host.load(
    bundleOf(
      answeringEach({ network_add: add, network_del: '{"code":11,"msg":"try again later"}' }),
      NETWORK,
    ),
  );
  assert.equal(await network.add({ ...CONTAINER, config: { ...CONFIG, cniVersion: "0.4.0" } }), {
    cniVersion: "0.4.0",
    ips: [{ version: "4", address: "10.1.0.5/16" }],
  });
  assert.equal(await network.del(CONTAINER), { code: 11, msg: "try again later" });
  assert.equal(await network.check(CONTAINER), {});
  assert.equal(await network.status({ config: CONFIG }), {});
  assert.equal(await network.gc({ config: CONFIG }), {});
});

const netdriverGuest = (answers: Record<string, string>) =>
  answeringEach({
    ...Object.fromEntries(
      ["create_network", "delete_network", "create_endpoint", "delete_endpoint", "join", "leave"]
        .map((name) => [`netdriver_${name}`, "{}"]),
    ),
    netdriver_get_capabilities: '{"scope":"local"}',
    ...answers,
  });

test("a network driver is asked by its methods, and what it lacks has an answer", async ({ host }) => {
  const join = { interfaceName: { srcName: "v1", dstPrefix: "eth" }, gateway: "10.1.0.1" };
  const { netdriver } = await host.load(
    bundleOf(netdriverGuest({ netdriver_join: JSON.stringify(join) }), NETDRIVER),
  );
  const network = { networkId: "n1", options: {}, ipv4Data: [], ipv6Data: [] };
  const whole = { ...ENDS, options: {} };
  assert.equal(await netdriver.getCapabilities(), { scope: "local" });
  assert.equal(await netdriver.createNetwork(network), {});
  assert.equal(await netdriver.createEndpoint({ ...whole, interface: {} }), {});
  assert.equal(await netdriver.join({ ...whole, sandboxKey: "/run/netns/a" }), join);
  assert.equal(await netdriver.leave(ENDS), {});
  assert.equal(await netdriver.deleteEndpoint(ENDS), {});
  assert.equal(await netdriver.deleteNetwork({ networkId: "n1" }), {});
  assert.equal(await netdriver.allocateNetwork({ ...network, options: {} }), { options: {} });
  assert.equal(await netdriver.freeNetwork({ networkId: "n1" }), {});
  assert.equal(await netdriver.gwAllocCheck({ options: {} }), {});
  assert.equal(await netdriver.endpointOperInfo(ENDS), { value: {} });
  assert.equal(await netdriver.programExternalConnectivity(whole), {});
  assert.equal(await netdriver.revokeExternalConnectivity(ENDS), {});
  const node = {
    discoveryType: "node",
    discoveryData: { address: "10.0.0.1", self: false },
  } as const;
  assert.equal(await netdriver.discoverNew(node), {});
  assert.equal(await netdriver.discoverDelete(node), {});
});

test("what a network driver breaks is an error", async ({ host }) => {
  const { netdriver } = await host.load(
    bundleOf(
      netdriverGuest({
        netdriver_create_endpoint: '{"interface":{"address":"10.1.0.9/16"}}',
        netdriver_get_capabilities: '{"scope":"everywhere"}',
        netdriver_leave: '{"error":{"code":"failed","message":"ip: no such device"}}',
      }),
      NETDRIVER,
    ),
  );
  const creation = { ...ENDS, options: {}, interface: { address: "10.1.0.5/16" } };
  assert.is(await codeOf(netdriver.createEndpoint(creation)), "contract.output-invalid");
  assert.is(await codeOf(netdriver.getCapabilities()), "contract.output-invalid");
  assert.is(await codeOf(netdriver.leave({ ...ENDS, networkId: "/" })), "contract.input-invalid");
  assert.equal(await netdriver.leave(ENDS), {
    error: { code: "failed", message: "ip: no such device" },
  } as never);
});

test("an ipam driver is asked by its methods, and what it lacks has an answer", async ({ host }) => {
  const { ipam } = await host.load(
    bundleOf(
      answeringEach({
        ipam_get_default_address_spaces:
          '{"localDefaultAddressSpace":"l","globalDefaultAddressSpace":"g"}',
        ipam_request_pool: '{"poolId":"p","pool":"10.1.0.0/16"}',
        ipam_release_pool: "{}",
        ipam_request_address: '{"address":"10.1.0.5/16"}',
        ipam_release_address: '{"error":{"code":"not-found","message":"there is no pool p"}}',
      }),
      IPAM,
    ),
  );
  const pool = { addressSpace: "l", options: {}, v6: false };
  const address = { poolId: "p", address: "10.1.0.5" };
  assert.equal(await ipam.getCapabilities(), {});
  assert.equal(await ipam.getDefaultAddressSpaces(), {
    localDefaultAddressSpace: "l",
    globalDefaultAddressSpace: "g",
  });
  assert.equal(await ipam.requestPool(pool), { poolId: "p", pool: "10.1.0.0/16" });
  assert.equal(await ipam.requestAddress({ ...address, options: {} }), { address: "10.1.0.5/16" });
  assert.equal(await ipam.releaseAddress(address), {
    error: { code: "not-found", message: "there is no pool p" },
  } as never);
  assert.equal(await ipam.releasePool({ poolId: "p" }), {});
  assert.is(
    await codeOf(ipam.requestPool({ ...pool, pool: "10.2.0.0/16" })),
    "contract.output-invalid",
  );
  assert.is(
    await codeOf(ipam.requestAddress({ poolId: "p", address: "10.1.0.6", options: {} })),
    "contract.output-invalid",
  );
});

test("a guest sees settings, time and question as canonical JSON", async () => {
  const lines: string[] = [];
  const host = await createHost({ record: { append: (line) => void lines.push(line) } });
  try {
    const { network } = await host.load(
      bundleOf(answeringEach({ network_add: "{}", network_del: "{}" }), NETWORK),
    );
    await network.del({ ...CONTAINER, netns: "" }, { now: "2026-01-31T12:00:00Z" });
    assert.equal(JSON.parse(lines.at(-1)!).input.json, {
      ...{ contract: "network", version: 1, settings: {}, now: "2026-01-31T12:00:00Z" },
      ...{ ...CONTAINER, netns: "", args: "", path: "" },
    });
  } finally {
    await host.close();
  }
});

/** A driver whose `list` asks for metadata, and so waits in a thread of its own. */
const WAITING = `(module
  (import "extism:host/user" "metadata_list" (func $metadata (param i64) (result i64)))
  (import "extism:host/env" "alloc" (func $alloc (param i64) (result i64)))
  (import "extism:host/env" "store_u8" (func $store (param i64 i32)))
  (import "extism:host/env" "output_set" (func $output (param i64 i64)))
  (memory (export "memory") 1)
  (data (i32.const 0) "{\\"service\\":\\"https://s.example\\",\\"package\\":\\"a\\"}{\\"volumes\\":[]}")
  (func $block (param $from i32) (param $length i32) (result i64)
    (local $to i64) (local $at i32)
    (local.set $to (call $alloc (i64.extend_i32_u (local.get $length))))
    (loop $next
      (call $store (i64.add (local.get $to) (i64.extend_i32_u (local.get $at)))
        (i32.load8_u (i32.add (local.get $from) (local.get $at))))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $at) (local.get $length))))
    (local.get $to))
  (func (export "volume_list") (result i32)
    (drop (call $metadata (call $block (i32.const 0) (i32.const 45))))
    (call $output (call $block (i32.const 45) (i32.const 14)) (i64.const 14))
    (i32.const 0))
  ${
  ENTRIES.filter((name) => name !== "list").map((name) =>
    `(func (export "volume_${name}") (result i32) (i32.const 1))`
  ).join("\n")
})`;

/** Counts the calls that wait for it at once, and lets them go when `wanted` do or a while has passed. */
function counting(wanted: number): MetadataProvider & { most: number } {
  let waiting = 0;
  const release: (() => void)[] = [];
  return {
    most: 0,
    async list() {
      this.most = Math.max(this.most, ++waiting);
      if (waiting >= wanted) release.splice(0).forEach((go) => go());
      else {
        await new Promise<void>((go) => {
          release.push(go);
          // Long enough for a call beside this one to be seen.
          if (wanted > 2) setTimeout(go, 100);
        });
      }
      waiting--;
      return { entries: [] };
    },
  };
}

async function listTwice(host: Host, manifest: object, provider: MetadataProvider): Promise<void> {
  const plugin = await host.load(
    bundleOf(WAITING, { ...VOLUME, ...manifest, capabilities: ["metadata"] }),
    { grants: { metadata: { provider } } },
  );
  const answers = await Promise.all([plugin.volume.list(), plugin.volume.list()]);
  assert.equal(answers, [{ volumes: [] }, { volumes: [] }]);
}

test("calls of a volume driver come one after the other", async ({ host }) => {
  const provider = counting(3);
  await listTwice(host, {}, provider);
  assert.is(provider.most, 1);
});

test("calls of a volume driver that says parallel run at once", async ({ host }) => {
  const provider = counting(2);
  await listTwice(host, { concurrency: "parallel" }, provider);
  assert.is(provider.most, 2);
});

test.run();

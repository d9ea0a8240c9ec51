import * as assert from "uvu/assert";
import { builtPlugin } from "../../scripts/build-plugins.ts";
import type { NetworkPlugin } from "../../src/host/network.ts";
import { createHost, type Host } from "../../src/host/host.ts";
import { isCniFault } from "../../src/contract/cni-fault.ts";
import type { CniResult1 } from "../../src/contract/cni-result.ts";
import type { JsonObject, JsonValue } from "../../src/json.ts";
import { Bench, type TestedPlugin } from "../../src/testing/bench.ts";
import { casesOf, testCases } from "../support/cases.ts";
import { makeFolder } from "../support/folder.ts";
import { suite } from "../support/suite.ts";

const cases = await casesOf("wasm-ipam");

let bench: Bench;

const test = suite("wasm-plugins/wasm-ipam");

test.before(async () => {
  bench = await Bench.open(builtPlugin("wasm-ipam"));
});
test.after(() => bench.close());

testCases(test, cases, () => bench);

const NETWORK = { cniVersion: "1.1.0", name: "net", type: "bridge" } as const;

/** Puts questions about one network to a plugin. */
class Asker {
  readonly plugin: TestedPlugin;
  readonly config: JsonObject;

  constructor(ipam: JsonObject) {
    this.plugin = bench.plugin(import.meta.url);
    this.config = { ...NETWORK, ipam };
  }

  /** @returns The addresses, or the code of the error. */
  async add(containerId: string, more: JsonObject = {}): Promise<string[] | number> {
    const answer = await this.#ask("add", containerId, more);
    const { code, ips = [] } = answer as { code?: number; ips?: { address: string }[] };
    return code ?? ips.map(({ address }) => address);
  }

  async del(containerId: string): Promise<JsonValue> {
    return await this.#ask("del", containerId, { netns: "" });
  }

  /** The time that the plugin sees; undefined for the time of the call. */
  now: string | undefined;

  async #ask(verb: string, containerId: string, more: JsonObject): Promise<JsonValue> {
    return await this.plugin.call(`network_${verb}`, {
      ...{ containerId, netns: "/run/netns/x", ifname: "eth0", args: "", path: "" },
      config: this.config,
      ...more,
    }, { now: this.now });
  }
}

test("a range is given out once each, then refused, then round and round", async () => {
  const asker = new Asker({ ranges: [[{ subnet: "10.1.2.0/29", gateway: "10.1.2.3" }]] });
  const given: unknown[] = [];
  for (const id of ["a", "b", "c", "d", "e"]) given.push(await asker.add(id));
  assert.equal(given.flat(), [1, 2, 4, 5, 6].map((n) => `10.1.2.${n}/29`));
  assert.is(await asker.add("f"), 101);
  await asker.del("b");
  await asker.del("a");
  assert.equal(await asker.add("f"), ["10.1.2.1/29"]);
  assert.equal(await asker.add("g"), ["10.1.2.2/29"]);
  assert.is(await asker.add("h"), 101);
});

test("a clock that goes backwards changes nothing", async () => {
  const asker = new Asker({ ranges: [[{ subnet: "10.1.2.0/29" }]] });
  const given: unknown[] = [];
  for (const [n, id] of ["a", "b", "c", "a"].entries()) {
    asker.now = `20${40 - n}-01-01T00:00:00Z`;
    if (given.length === 3) assert.equal(await asker.del(id), {});
    given.push(await asker.add(id));
  }
  assert.equal(given.flat(), [2, 3, 4, 5].map((n) => `10.1.2.${n}/29`));
});

test("whoever comes and goes, no address is given to two, and none is lost", async () => {
  const ranges = [
    [{ subnet: "10.1.0.0/28" }, { subnet: "10.2.0.0/29", rangeStart: "10.2.0.3" }],
    [{ subnet: "fd00::/124", rangeEnd: "fd00::b" }],
  ];
  const asker = new Asker({ ranges });
  const held = new Map<string, string[]>();
  let seed = 7;
  const next = (below: number) => {
    seed = seed * 1_103_515_245 + 12_345 & 0x7fff_ffff;
    return (seed >> 8) % below;
  };
  for (let round = 0; round < 200; round++) {
    const id = `c${next(14)}`;
    if (held.has(id) && next(3) > 0) {
      await asker.del(id);
      held.delete(id);
      continue;
    }
    const answer = await asker.add(id);
    const expected = held.has(id) ? 103 : held.size === 10 ? 101 : undefined;
    if (expected !== undefined) {
      assert.is(answer, expected);
      continue;
    }
    assert.is((answer as string[]).length, 2);
    const all = [...held.values()].flat();
    assert.ok((answer as string[]).every((address) => !all.includes(address)), String(answer));
    held.set(id, answer as string[]);
  }
  for (const id of held.keys()) await asker.del(id);
  const left = Object.keys(asker.plugin.state).filter((key) => !key.startsWith("c/"));
  assert.equal(left, []);
});

test("a long row of taken addresses is passed over in few questions", async () => {
  const state = Object.fromEntries(
    Array.from({ length: 5_000 }, (_, n) => {
      const key = `a/net/40a01${(n + 2).toString(16).padStart(4, "0")}`;
      return [key, `c${n}/eth0`];
    }),
  );
  const plugin = bench.plugin(import.meta.url, { state });
  const answer = await plugin.call("network_add", {
    ...{ containerId: "new", netns: "/run/netns/x", ifname: "eth0", args: "", path: "" },
    config: { ...NETWORK, ipam: { subnet: "10.1.0.0/16" } },
  });
  const { ips } = answer as { ips: { address: string }[] };
  assert.is(ips[0]!.address, "10.1.19.138/16");
  assert.ok(plugin.calls.length < 20, String(plugin.calls.length));
});

for (
  const [ipam, words] of [
    [{ subnet: "10.1.2.1/24" }, /has host bits set; its network is 10\.1\.2\.0/],
    [{ subnet: "10.1.2.0/31" }, /too small to allocate from/],
    [{ subnet: "fd00::/127" }, /too small to allocate from/],
    [{ subnet: "10.1.2.0" }, /the subnet "10\.1\.2\.0" is none/],
    [{ subnet: "10.1.2.0/33" }, /is none/],
    [{ subnet: "10.1.02.0/24" }, /is none/],
    [{ subnet: "::ffff:10.1.2.0/120" }, /is none/],
    [{ subnet: "fd00::1::/64" }, /is none/],
    [{ subnet: 5 }, /the subnet 5 is none/],
    [
      { subnet: "10.1.2.0/24", rangeStart: "10.1.3.1" },
      /rangeStart "10\.1\.3\.1" is no address in/,
    ],
    [{ subnet: "10.1.2.0/24", rangeEnd: "fd00::1" }, /rangeEnd "fd00::1" is no address in/],
    [{ subnet: "10.1.2.0/24", gateway: "none" }, /gateway "none" is no address of the family of/],
    [
      { subnet: "10.1.2.0/24", gateway: "fd00::1" },
      /gateway "fd00::1" is no address of the family/,
    ],
    [
      { subnet: "10.1.2.0/24", rangeStart: "10.1.2.9", rangeEnd: "10.1.2.8" },
      /stands before its rangeStart/,
    ],
    [{ ranges: [] }, /no IP ranges specified/],
    [{ ranges: [[]] }, /empty range set/],
    [{ ranges: {} }, /"ranges" is no list/],
    [{ ranges: [{ subnet: "10.1.2.0/24" }] }, /"ranges" is no list/],
    [{ ranges: [["10.1.2.0/24"]] }, /a range is no object/],
    [{ ranges: [[{ subnet: "10.1.2.0/24" }, { subnet: "fd00::/64" }]] }, /IPv4 and IPv6/],
    [{ ranges: [[{ subnet: "10.1.2.0/24" }], [{ subnet: "10.1.0.0/16" }]] }, /overlaps/],
    [{ subnet: "10.1.2.0/24", ranges: [[{ subnet: "10.1.2.0/24" }]] }, /overlaps/],
    [{ subnet: "10.1.2.0/24", routes: {} }, /"routes" is no list of routes/],
    [{ subnet: "10.1.2.0/24", routes: ["0.0.0.0/0"] }, /"routes" is no list of routes/],
  ] as readonly [JsonObject, RegExp][]
) {
  test(`${JSON.stringify(ipam)} is refused, and nothing is kept`, async () => {
    const plugin = bench.plugin(import.meta.url);
    const answer = await plugin.call("network_add", {
      ...{ containerId: "c1", netns: "/run/netns/x", ifname: "eth0", args: "", path: "" },
      config: { ...NETWORK, ipam },
    }) as { code: number; msg: string };
    assert.is(answer.code, 7);
    assert.match(answer.msg, words);
    assert.equal(plugin.state, {});
  });
}

for (
  const [name, more] of [
    ["an argument", { args: "IP=10.1.2" }],
    ["a capability that is no list", { runtimeConfig: { ips: "10.1.2.3" } }],
    ["a capability that is no text", { runtimeConfig: { ips: [5] } }],
    ["the configuration", {
      config: { ...NETWORK, ipam: { subnet: "10.1.2.0/24" }, args: { cni: { ips: ["x"] } } },
    }],
  ] as readonly [string, JsonObject][]
) {
  test(`what is no address in ${name} is refused`, async () => {
    assert.is(await new Asker({ subnet: "10.1.2.0/24" }).add("c1", more), 7);
  });
}

test("names too long for the store hold nothing, and leave", async () => {
  const asker = new Asker({ subnet: "10.1.2.0/24" });
  const config = { ...asker.config, name: "n".repeat(255) };
  const id = "c".repeat(253);
  assert.is(await asker.add(id, { config }), 7);
  const request = { containerId: id, netns: "", ifname: "eth0", args: "", path: "", config };
  assert.equal(await asker.plugin.call("network_del", request), {});
  assert.equal(asker.plugin.state, {});
});

/** A plugin over a state to which another process does something right before the first swap. */
function disturbed(disturb: (values: Map<string, string>) => void) {
  const values = new Map<string, string>();
  let isFirst = true;
  const answers = {
    state_swap_all: ({ changes }: JsonObject): JsonObject => {
      if (isFirst) disturb(values);
      isFirst = false;
      const all = changes as { key: string; expected: string | null; value: string | null }[];
      const current = all.map(({ key }) => values.get(key) ?? null);
      if (all.some(({ expected }, n) => expected !== current[n])) {
        return { swapped: false, current };
      }
      for (const { key, value } of all) {
        if (value === null) values.delete(key);
        else values.set(key, value);
      }
      return { swapped: true, current: all.map(({ value }) => value) };
    },
    state_get: ({ key }: JsonObject) => ({ value: values.get(key as string) ?? null }),
    state_list: ({ prefix, after = "" }: JsonObject) => ({
      keys: [...values.keys()].sort().filter((key) =>
        key.startsWith(prefix as string) && key > (after as string)
      ),
    }),
  };
  return { values, plugin: bench.plugin(import.meta.url, { answers }) };
}

const JOINING = { containerId: "c1", netns: "/run/netns/x", ifname: "eth0", args: "", path: "" };
const SMALL = { ...NETWORK, ipam: { subnet: "10.1.2.0/24" } };

for (
  const [name, others] of [
    ["as the next one", { "a/net/40a010202": "other/eth0", "c/net/0": "40a010202" }],
    ["as a wanted one", { "a/net/40a010202": "other/eth0" }],
    ["and gives it back", { "c/net/0": "40a010202" }],
  ] as readonly [string, Record<string, string>][]
) {
  test(`an address that another process takes first ${name} is passed over`, async () => {
    const { values, plugin } = disturbed((values) => {
      for (const [key, value] of Object.entries(others)) values.set(key, value);
    });
    const answer = await plugin.call("network_add", { ...JOINING, config: SMALL });
    assert.is((answer as unknown as CniResult1).ips![0]!.address, "10.1.2.3/24");
    assert.equal(Object.fromEntries(values), {
      ...others,
      "a/net/40a010203": "c1/eth0",
      "c/net/0": "40a010203",
      "o/net/c1/eth0": '{"addresses":["40a010203"]}',
    });
  });
}

test("a wanted address that another process takes first cannot be had, nor any beside it", async () => {
  const others = { "a/net/6fd000000000000000000000000000005": "other/eth0" };
  const { values, plugin } = disturbed((values) => {
    for (const [key, value] of Object.entries(others)) values.set(key, value);
  });
  const ranges = [[{ subnet: "10.1.2.0/24" }], [{ subnet: "fd00::/64" }]];
  const config = { ...NETWORK, ipam: { ranges } };
  const answer = await plugin.call("network_add", { ...JOINING, args: "IP=fd00::5", config });
  assert.equal(answer, {
    ...{ code: 102, msg: "the address fd00::5 cannot be had" },
    details: "another container has it",
  });
  assert.equal(Object.fromEntries(values), others);
});

test("a container that joins twice at once has one address", async () => {
  const others = { "o/net/c1/eth0": '{"addresses":["40a010202"]}', "a/net/40a010202": "c1/eth0" };
  const { values, plugin } = disturbed((values) => {
    for (const [key, value] of Object.entries(others)) values.set(key, value);
  });
  const answer = await plugin.call("network_add", { ...JOINING, config: SMALL });
  assert.is((answer as { code: number }).code, 103);
  assert.equal(Object.fromEntries(values), others);
});

for (
  const [name, change, left] of [
    ["what is another's by now stays", ["a/net/40a010203", "other/eth0"], {
      "a/net/40a010203": "other/eth0",
    }],
    ["what came to it meanwhile is given back", [
      "o/net/c1/eth0",
      '{"addresses":["40a010202","40a010203","40a010204"]}',
    ], {}],
  ] as readonly [string, readonly [string, string], Record<string, string>][]
) {
  test(`of a container that leaves, ${name}`, async () => {
    const { values, plugin } = disturbed((values) => void values.set(...change));
    values.set("o/net/c1/eth0", '{"addresses":["40a010202","40a010203"]}');
    for (const name of ["40a010202", "40a010203"]) values.set(`a/net/${name}`, "c1/eth0");
    if (change[0].startsWith("o/")) values.set("a/net/40a010204", "c1/eth0");
    assert.equal(await plugin.call("network_del", { ...JOINING, netns: "", config: SMALL }), {});
    assert.equal(Object.fromEntries(values), left);
  });
}

test("more range sets than one swap can hold are refused", async () => {
  const ranges = Array.from({ length: 41 }, (_, n) => [{ subnet: `10.2.${n}.0/24` }]);
  assert.is(await new Asker({ ranges }).add("c1"), 7);
  assert.is((await new Asker({ ranges: ranges.slice(1) }).add("c1") as string[]).length, 40);
});

test("more than one GC can remove is told, and removed in the next", async () => {
  const state: Record<string, string> = {};
  for (let n = 0; n < 450; n++) {
    const name = `40a01${(n + 2).toString(16).padStart(4, "0")}`;
    state[`a/net/${name}`] = `c${n}/eth0`;
    state[`o/net/c${n}/eth0`] = JSON.stringify({ addresses: [name] });
  }
  const plugin = bench.plugin(import.meta.url, { state });
  const gc = () =>
    plugin.call("network_gc", {
      path: "",
      config: NETWORK,
      validAttachments: [{ containerID: "c7", ifname: "eth0" }],
    });
  assert.equal(await gc(), {
    code: 11,
    msg: "there are more containers that have addresses to be given back",
  });
  assert.is(Object.keys(plugin.state).filter((key) => key.startsWith("o/")).length, 150);
  assert.equal(await gc(), {});
  assert.equal(Object.keys(plugin.state), ["a/net/40a010009", "o/net/c7/eth0"]);
});

test("GC finds what is stale among however many containers, and has no fault to find with the others", async () => {
  const ids = Array.from({ length: 11_000 }, (_, n) => `${n}`.padStart(64, "0"));
  const state = Object.fromEntries(ids.map((id) => [`o/net/${id}/eth0`, '{"addresses":[]}']));
  const plugin = bench.plugin(import.meta.url, { state });
  const gc = (...stale: string[]) => {
    const validAttachments = ids.filter((id) => !stale.includes(id))
      .map((containerID) => ({ containerID, ifname: "eth0" }));
    return plugin.call("network_gc", { path: "", config: NETWORK, validAttachments });
  };
  const left = () => Object.keys(plugin.state).length;
  assert.equal(await gc(ids[0]!, ids[7_000]!, ids[10_999]!), {});
  assert.is(left(), ids.length - 3);
  // None is, and then the first one.
  assert.equal(await gc(), {});
  assert.is(left(), ids.length - 3);
  assert.equal(await gc(ids[1]!), {});
  assert.is(left(), ids.length - 4);
});

test("two hosts over one state never give one address twice", async () => {
  const folder = await makeFolder();
  const hosts: Host[] = [];
  try {
    const networks: NetworkPlugin[] = [];
    for (let n = 0; n < 2; n++) {
      const host = await createHost({ workers: 1 });
      hosts.push(host);
      const grants = { state: { folder: folder.path } };
      const plugin = await host.load(builtPlugin("wasm-ipam"), { instance: "ipam", grants });
      networks.push(plugin.network);
    }
    const config = { ...NETWORK, ipam: { subnet: "10.1.2.0/27" } };
    const answers = await Promise.all(Array.from({ length: 40 }, (_, n) =>
      networks[n % 2]!.add({
        ...{ containerId: `c${n}`, netns: "/run/netns/x", ifname: "eth0" },
        config: config as unknown as typeof NETWORK,
      })));
    const given = answers.flatMap((answer) =>
      isCniFault(answer) ? [] : (answer as CniResult1).ips ?? []
    );
    // 32, but for the network's own, the gateway's and everybody's.
    assert.is(new Set(given.map(({ address }) => address)).size, 29);
    assert.is(given.length, 29);
    const refused = answers.filter(isCniFault);
    assert.ok(refused.every(({ code }) => code === 101), JSON.stringify(refused));
  } finally {
    for (const host of hosts) await host.close();
    await folder.remove();
  }
});

test.run();

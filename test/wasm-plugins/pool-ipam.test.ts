import * as assert from "uvu/assert";
import { builtPlugin } from "../../scripts/build-plugins.ts";
import { type DriverFault, isDriverFault } from "../../src/contract/driver-fault.ts";
import type { AssignedAddress } from "../../src/contract/ipam.ts";
import { createHost, type Host } from "../../src/host/host.ts";
import type { IpamDriver } from "../../src/host/ipam.ts";
import type { JsonObject, JsonValue } from "../../src/json.ts";
import { PluginError } from "../../src/plugin-error.ts";
import { Bench } from "../../src/testing/bench.ts";
import { casesOf, manifestOf, testCases } from "../support/cases.ts";
import { makeFolder, type TestFolder } from "../support/folder.ts";
import { suite } from "../support/suite.ts";

const cases = await casesOf("pool-ipam");
const manifest = await manifestOf("pool-ipam");
const PATH = builtPlugin("pool-ipam");

const SETTINGS = { addressSpaces: { local: [{ supernet: "10.64.0.0/12" }] } };
const GATEWAY = { RequestAddressType: "com.docker.network.gateway" };
const ANY_POOL = { addressSpace: "local", options: {}, v6: false };

let bench: Bench;
let folder: TestFolder;
let instances = 0;
const hosts: Host[] = [];

const test = suite("wasm-plugins/pool-ipam");
test.before(async () => {
  bench = await Bench.open(PATH);
  folder = await makeFolder();
});
test.after(async () => {
  await bench.close();
  for (const host of hosts) await host.close();
  await folder.remove();
});

testCases(test, cases, () => bench);

test("cases show every code that the driver answers", () => {
  const codes = cases.flatMap(({ expect }) => {
    const answer = expect.answer as JsonObject | undefined;
    return isDriverFault(answer) ? [answer.error.code] : [];
  });
  const all = ["conflict", "denied", "invalid", "limit", "not-found"];
  assert.equal([...new Set(codes)].sort(), all);
});

/** A driver that keeps its state in a folder, as a daemon has it. */
async function open(
  instance: string,
  settings: JsonValue = SETTINGS,
): Promise<{ readonly ipam: IpamDriver; close(): Promise<void> }> {
  const host = await createHost({ workers: 2 });
  hosts.push(host);
  const { ipam } = await host.load(PATH, {
    instance,
    settings,
    grants: { state: { folder: folder.path, writesPerSecond: 1_000_000 } },
  });
  return { ipam, close: () => host.close() };
}

const newInstance = () => `test-${++instances}`;

/** An answer that is no fault. */
function done<Answer>(answer: Answer | DriverFault): Answer {
  if (isDriverFault(answer)) throw new Error(`${answer.error.code}: ${answer.error.message}`);
  return answer;
}

function codeOf(answer: unknown): string {
  return isDriverFault(answer) ? answer.error.code : "done";
}

test("a network as Docker makes and removes it", async () => {
  const { ipam, close } = await open(newInstance());
  const wanted = { ...ANY_POOL, pool: "10.77.0.0/24", subPool: "10.77.0.128/25" };
  const { poolId, pool } = done(await ipam.requestPool(wanted));
  assert.is(pool, "10.77.0.0/24");
  const take = async (address?: string, options: Record<string, string> = {}) => {
    const asked = address === undefined ? {} : { address };
    return done(await ipam.requestAddress({ poolId, options, ...asked })).address;
  };
  assert.is(await take("10.77.0.1", GATEWAY), "10.77.0.1/24");
  assert.is(await take("10.77.0.2"), "10.77.0.2/24");
  assert.is(await take(), "10.77.0.128/24");
  assert.is(await take("10.77.0.130"), "10.77.0.130/24");
  assert.is(await take(), "10.77.0.129/24");
  assert.is(await take(), "10.77.0.131/24");
  assert.is(codeOf(await ipam.requestPool(wanted)), "conflict");

  for (const address of ["10.77.0.129", "10.77.0.129"]) {
    assert.equal(await ipam.releaseAddress({ poolId, address }), {});
  }
  assert.is(await take(), "10.77.0.129/24");
  assert.equal(await ipam.releasePool({ poolId }), {});
  assert.equal(await ipam.releasePool({ poolId }), {});
  assert.equal(await ipam.releaseAddress({ poolId, address: "10.77.0.1" }), {});
  assert.is(codeOf(await ipam.requestAddress({ poolId, options: {} })), "not-found");

  // What was taken of the old pool is free in the new one.
  done(await ipam.requestPool({ ...ANY_POOL, pool: "10.77.0.0/24" }));
  assert.is(await take(), "10.77.0.1/24");
  await close();
});

test("pools and addresses are there after a restart, and so is what was given back", async () => {
  const instance = newInstance();
  const before = await open(instance);
  const one = done(await before.ipam.requestPool(ANY_POOL));
  const other = done(await before.ipam.requestPool({ ...ANY_POOL, pool: "10.77.0.0/24" }));
  const ask = { poolId: one.poolId, options: {} };
  for (let i = 0; i < 3; i++) done(await before.ipam.requestAddress(ask));
  await before.ipam.releaseAddress({ poolId: one.poolId, address: "10.64.0.2" });
  await before.close();

  const { ipam, close } = await open(instance);
  assert.equal(await ipam.getCapabilities(), { requiresRequestReplay: false });
  assert.is(codeOf(await ipam.requestPool({ ...ANY_POOL, pool: "10.77.0.128/25" })), "conflict");
  assert.is(done(await ipam.requestPool(ANY_POOL)).pool, "10.64.1.0/24");
  const addresses: string[] = [];
  for (let i = 0; i < 2; i++) addresses.push(done(await ipam.requestAddress(ask)).address);
  assert.equal(addresses, ["10.64.0.2/24", "10.64.0.4/24"]);
  await ipam.releasePool({ poolId: other.poolId });
  done(await ipam.requestPool({ ...ANY_POOL, pool: "10.77.0.128/25" }));
  await close();
});

test("a daemon that asks again for what is in use gets the same, and nothing is lost", async () => {
  const instance = newInstance();
  const settings = { ...SETTINGS, replay: true };
  const first = await open(instance, settings);
  await first.ipam.getCapabilities();
  const { poolId, pool } = done(await first.ipam.requestPool(ANY_POOL));
  const take = async (ipam: IpamDriver, address?: string) =>
    await ipam.requestAddress({ poolId, options: {}, ...(address ? { address } : {}) });
  for (let i = 0; i < 4; i++) done(await take(first.ipam));
  await first.close();

  for (let start = 0; start < 3; start++) {
    const { ipam, close } = await open(instance, settings);
    assert.equal(await ipam.getCapabilities(), { requiresRequestReplay: true });
    // Docker asks for the pool that it was given, its gateway and what containers still have.
    assert.equal(await ipam.requestPool({ ...ANY_POOL, pool }), { poolId, pool });
    for (const address of ["10.64.0.1", "10.64.0.3"]) {
      assert.equal(await take(ipam, address), { address: `${address}/24` });
      assert.is(codeOf(await take(ipam, address)), "conflict");
    }
    assert.is(codeOf(await ipam.requestPool({ ...ANY_POOL, pool })), "conflict");
    // 10.64.0.2 was lost with its container: it is free, as often as the daemon starts.
    assert.equal(await take(ipam), { address: "10.64.0.2/24" });
    assert.is(done(await ipam.requestPool(ANY_POOL)).pool, `10.64.${start + 1}.0/24`);
    await close();
  }
});

test("two hosts on one state give nothing twice", async () => {
  const instance = newInstance();
  const both = [await open(instance), await open(instance)];
  const pools = await Promise.all(
    Array.from({ length: 20 }, (_, i) => both[i % 2]!.ipam.requestPool(ANY_POOL)),
  );
  assert.is(new Set(pools.map((pool) => done(pool).pool)).size, 20);

  const same = { ...ANY_POOL, pool: "10.77.0.0/25" };
  const won = await Promise.all(
    both.flatMap(({ ipam }) => [1, 2].map(() => ipam.requestPool(same))),
  );
  assert.equal(won.map(codeOf).sort(), ["conflict", "conflict", "conflict", "done"]);

  const poolId = "local/10.77.0.0/25";
  const taken = await Promise.all(
    Array.from(
      { length: 130 },
      (_, i) => both[i % 2]!.ipam.requestAddress({ poolId, options: {} }),
    ),
  );
  const given = taken.filter((answer): answer is AssignedAddress => !isDriverFault(answer));
  assert.is(new Set(given.map(({ address }) => address)).size, 126);
  assert.equal(taken.filter(isDriverFault).map(codeOf), ["limit", "limit", "limit", "limit"]);

  const raced = await Promise.all(
    both.map(({ ipam }) =>
      ipam.requestAddress({ poolId: "local/10.64.0.0/24", address: "10.64.0.9", options: {} })
    ),
  );
  assert.equal(raced.map(codeOf).sort(), ["conflict", "done"]);
  for (const { close } of both) await close();
});

/** Takes addresses of a pool until there is none. */
async function exhaust(prefixLength: number, most: number, state = {}): Promise<string[]> {
  const plugin = bench.plugin(import.meta.url, { state });
  const options = { settings: SETTINGS };
  const pool = `10.80.0.0/${prefixLength}`;
  const { poolId } = await plugin.call("ipam_request_pool", { ...ANY_POOL, pool }, options) as {
    poolId: string;
  };
  const addresses: string[] = [];
  while (addresses.length < most) {
    const answer = await plugin.call("ipam_request_address", { poolId, options: {} }, options);
    if (isDriverFault(answer)) break;
    addresses.push((answer as { address: string }).address);
  }
  return addresses;
}

test("a pool gives each of its addresses once, over several keys of the state", async () => {
  const small = await exhaust(26, 1_000);
  assert.equal(small, Array.from({ length: 62 }, (_, i) => `10.80.0.${i + 1}/26`));
  // All but the last ten of the first block of 4,096 are taken.
  const state = { "taken/local/4/1/0": `${"f".repeat(1_021)}3` };
  const across = await exhaust(18, 20, state);
  assert.is(across[0], "10.80.15.246/18");
  assert.is(across[9], "10.80.15.255/18");
  assert.is(across[10], "10.80.16.0/18");
  assert.is(new Set(across).size, 20);
});

test("ten thousand addresses take little of the state, one after the other or far apart", async () => {
  const blocks = Object.fromEntries(
    [0, 1, 2].map((block) => [`taken/local/4/1/${block}`, "f".repeat(block === 2 ? 452 : 1_024)]),
  );
  const plugin = bench.plugin(import.meta.url, { state: blocks });
  const ask = async (entry: string, request: JsonObject) =>
    await plugin.call(entry, request, { settings: SETTINGS });
  await ask("ipam_request_pool", { ...ANY_POOL, pool: "10.80.0.0/16" });
  const poolId = "local/10.80.0.0/16";
  assert.equal(await ask("ipam_request_address", { poolId, options: {} }), {
    address: "10.80.39.16/16",
  });
  const size = (state: Readonly<Record<string, string>>) =>
    Object.entries(state).reduce((sum, [key, value]) => sum + key.length + value.length, 0);
  assert.ok(size(plugin.state) < 4_000, `${size(plugin.state)} bytes`);

  // In the worst case each has a key of its own: they fit into the usual 16 MiB, too.
  await ask("ipam_request_pool", { ...ANY_POOL, pool: "10.0.0.0/10" });
  const address = "10.12.207.255";
  await ask("ipam_request_address", { poolId: "local/10.0.0.0/10", address, options: {} });
  const [key] = Object.keys(plugin.state).filter((one) => one.startsWith("taken/local/4/2/"));
  assert.is(key, "taken/local/4/2/cc");
  assert.ok(10_000 * (key!.length + plugin.state[key!]!.length + 10) < 16 * 1024 * 1024);
});

test("thousands of pools are within the bounds of a call", async () => {
  const pools = Array.from({ length: 4_000 }, (_, i) => {
    const start = (0x0a400000 + i * 256).toString(16).padStart(8, "0");
    return [`${start}/24`, i + 1, 0];
  });
  const state = { "pools/local/4": JSON.stringify({ next: 4_001, pools }) };
  const plugin = bench.plugin(import.meta.url, { state });
  const ask = async (request: JsonObject) =>
    await plugin.call("ipam_request_pool", { ...ANY_POOL, ...request }, { settings: SETTINGS });
  assert.equal(await ask({}), { poolId: "local/10.79.160.0/24", pool: "10.79.160.0/24" });
  assert.is(codeOf(await ask({ pool: "10.79.159.7/32" })), "conflict");
});

test("a state that has no more room is an answer that says so", async () => {
  const host = await createHost({ workers: 1 });
  hosts.push(host);
  const { ipam } = await host.load(PATH, {
    instance: newInstance(),
    settings: SETTINGS,
    grants: { state: { folder: folder.path, maxBytes: 90 } },
  });
  done(await ipam.requestPool(ANY_POOL));
  done(await ipam.requestAddress({ poolId: "local/10.64.0.0/24", options: {} }));
  const answer = await ipam.requestPool(ANY_POOL);
  assert.is(codeOf(answer), "limit");
  // Nothing half-done stays, and what is given back makes room.
  assert.equal(await ipam.releasePool({ poolId: "local/10.64.0.0/24" }), {});
  done(await ipam.requestPool(ANY_POOL));
});

/** Settings and where they are wrong. */
const BAD_SETTINGS: readonly (readonly [JsonValue, string])[] = [
  [{}, "addressSpaces"],
  [{ addressSpaces: {} }, "addressSpaces"],
  [{ addressSpaces: { "a/b": [] } }, "addressSpaces"],
  [{ addressSpaces: { local: {} } }, "/addressSpaces/local"],
  [{ addressSpaces: { local: [{}] } }, "/addressSpaces/local/0"],
  [{ addressSpaces: { local: [{ supernet: "10.64.0.0" }] } }, "is no network"],
  [{ addressSpaces: { local: [{ supernet: "10.64.0.1/12" }] } }, 'written as "10.64.0.0/12"'],
  [{ addressSpaces: { local: [{ supernet: "FD00::/48" }] } }, 'written as "fd00::/48"'],
  [
    { addressSpaces: { local: [{ supernet: "10.64.0.0/12", prefixLength: 8 }] } },
    "wanted 12 to 32",
  ],
  [
    { addressSpaces: { local: [{ supernet: "10.64.0.0/12", prefixLength: 33 }] } },
    "wanted 12 to 32",
  ],
  [
    { addressSpaces: { local: [{ supernet: "10.0.0.0/8" }, { supernet: "10.64.0.0/12" }] } },
    'overlaps "10.0.0.0/8"',
  ],
  [{ addressSpaces: { mine: [] } }, 'There is no "local" in "addressSpaces"'],
  [
    { addressSpaces: { local: [] }, globalAddressSpace: "wide" },
    'There is no "wide" in "addressSpaces"',
  ],
  [{ addressSpaces: { local: [] }, replay: "yes" }, "/replay"],
  [{ addressSpaces: { local: [] }, supernets: [] }, "supernets"],
];
for (const [settings, why] of BAD_SETTINGS) {
  test(`settings ${JSON.stringify(settings)} are refused`, async () => {
    const error = await bench.plugin(import.meta.url)
      .call("ipam_get_default_address_spaces", {}, { settings })
      .then(() => undefined, PluginError.from);
    assert.is(error?.code, "contract.settings-invalid");
    assert.ok(error!.message.includes(why), error!.message);
  });
}

test("the manifest asks for state alone", () => {
  assert.equal(manifest.capabilities, ["state"]);
});

test.run();

import * as assert from "uvu/assert";
import { IPAM_METHODS, type IpamMethod, readIpamAnswer } from "../../src/contract/ipam.ts";
import { DriverError } from "../../src/guest/driver-error.ts";
import type { Host } from "../../src/guest/host.ts";
import { ipam, type IpamDriver } from "../../src/guest/ipam.ts";
import { suite } from "../support/suite.ts";

const test = suite("ipam");

const HOST = {} as Host;
const HEADER = { contract: "ipam", version: 1, now: "2026-06-01T00:00:00Z" } as const;
const SETTINGS = { pool: "10.1.0.0/16" };

const DRIVER: IpamDriver<{ readonly pool: string }> = {
  getDefaultAddressSpaces: () => ({
    localDefaultAddressSpace: "local",
    globalDefaultAddressSpace: "global",
  }),
  requestPool: ({ settings, addressSpace }) => ({
    poolId: `${addressSpace}/${settings.pool}`,
    pool: settings.pool,
  }),
  releasePool: () => {},
  requestAddress: ({ address }) => {
    if (address === undefined) throw new DriverError("limit", "the pool has no address left");
    return Promise.resolve({ address: `${address}/16` });
  },
  releaseAddress: () => Promise.reject(new DriverError("not-found", "")),
};

async function answerTo(method: IpamMethod, input: object): Promise<unknown> {
  const request = { ...HEADER, settings: SETTINGS, ...input };
  const answer = await ipam(DRIVER).exports[IPAM_METHODS[method].entry]!(request as never, HOST);
  const bytes = new TextEncoder().encode(JSON.stringify(answer));
  return readIpamAnswer(method, request as never, bytes);
}

test("ipam() exports what the contract names, and capabilities only where there are some", () => {
  const names = Object.values(IPAM_METHODS).map(({ entry }) => entry);
  const all = ipam({ ...DRIVER, getCapabilities: () => ({ requiresRequestReplay: true }) });
  assert.is(all.contract, "ipam");
  assert.equal(Object.keys(all.exports).sort(), names.sort());
  assert.not.ok("ipam_get_capabilities" in ipam(DRIVER).exports);
});

test("ipam() answers what the host takes", async () => {
  assert.equal(await answerTo("requestPool", { addressSpace: "local", options: {}, v6: false }), {
    poolId: "local/10.1.0.0/16",
    pool: "10.1.0.0/16",
  });
  assert.equal(await answerTo("releasePool", { poolId: "p" }), {});
  const asked = { poolId: "p", options: {} };
  assert.equal(await answerTo("requestAddress", { ...asked, address: "10.1.0.5" }), {
    address: "10.1.0.5/16",
  });
  assert.equal(await answerTo("requestAddress", asked), {
    error: { code: "limit", message: "the pool has no address left" },
  });
  assert.equal(await answerTo("releaseAddress", { poolId: "p", address: "10.1.0.5" }), {
    error: { code: "not-found", message: "not-found" },
  });
});

test("ipam() says which method is missing, mistyped or no function", () => {
  const { requestPool: _pool, ...rest } = DRIVER;
  assert.throws(() => ipam(rest as never), /^the ipam driver has no method "requestPool"$/);
  const mistyped = { ...DRIVER, requestAddres: () => {} };
  assert.throws(() => ipam(mistyped), /a function "requestAddres", which nothing calls/);
  assert.throws(() => ipam({ ...DRIVER, getCapabilities: 1 as never }), /"getCapabilities"/);
});

test.run();

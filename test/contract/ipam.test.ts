import * as assert from "uvu/assert";
import {
  IPAM_METHODS,
  type IpamInputs,
  type IpamMethod,
  type IpamRequest,
  ipamRequest,
  readIpamAnswer,
} from "../../src/contract/ipam.ts";
import { answerBytes, sentRequest } from "../support/contract.ts";
import { assertFault } from "../support/fault.ts";
import { suite } from "../support/suite.ts";

const test = suite("ipam");

const HEADER = { settings: { pools: [] }, now: "2026-06-01T00:00:00Z" };
const POOL = { addressSpace: "local", options: {}, v6: false };
const INPUTS: IpamInputs = {
  getCapabilities: {},
  getDefaultAddressSpaces: {},
  requestPool: { ...POOL, pool: "10.1.0.0/16", subPool: "10.1.2.0/24", options: { a: "b" } },
  releasePool: { poolId: "local/10.1.0.0/16" },
  requestAddress: {
    poolId: "local/10.1.0.0/16",
    address: "10.1.0.5",
    options: { RequestAddressType: "com.docker.network.gateway" },
  },
  releaseAddress: { poolId: "local/10.1.0.0/16", address: "10.1.0.5" },
};
const METHODS = Object.keys(INPUTS) as IpamMethod[];

function encode(method: IpamMethod, input: unknown): unknown {
  const request = ipamRequest<IpamMethod>(input as IpamInputs[IpamMethod], HEADER);
  return sentRequest(IPAM_METHODS[method].request, request);
}

function read(method: IpamMethod, answer: unknown, input: unknown = INPUTS[method]): unknown {
  const request = { ...(input as object), ...HEADER } as unknown as IpamRequest;
  return readIpamAnswer(method, request, answerBytes(answer));
}

for (const method of METHODS) {
  test(`ipamRequest() puts ${method} with contract, version, settings and time`, () => {
    const text = encode(method, INPUTS[method]);
    assert.equal(text, { contract: "ipam", version: 1, ...HEADER, ...INPUTS[method] });
  });
}

test("entry points are Docker's methods in snake case", () => {
  const entries = METHODS.map((method) => IPAM_METHODS[method].entry);
  assert.equal(entries, [
    "ipam_get_capabilities",
    "ipam_get_default_address_spaces",
    "ipam_request_pool",
    "ipam_release_pool",
    "ipam_request_address",
    "ipam_release_address",
  ]);
});

const BAD_INPUTS: readonly (readonly [IpamMethod, unknown, RegExp])[] = [
  ["requestPool", { ...POOL, addressSpace: "" }, /"addressSpace"/],
  ["requestPool", { ...POOL, addressSpace: "a\nb" }, /"addressSpace"/],
  ["requestPool", { ...POOL, pool: "" }, /"pool"/],
  ["requestPool", { ...POOL, pool: "10.1.0.0" }, /"pool"/],
  ["requestPool", { ...POOL, pool: "10.1.0.0/33" }, /"pool"/],
  ["requestPool", { ...POOL, pool: "::ffff:10.0.0.0/104" }, /"pool"/],
  ["requestPool", { ...POOL, subPool: "all" }, /"subPool"/],
  ["requestPool", { ...POOL, options: null }, /"options"/],
  ["requestPool", { ...POOL, options: { a: 1 } }, /"options\.a"/],
  ["requestPool", { addressSpace: "local", options: {} }, /"v6"/],
  ["releasePool", {}, /"poolId"/],
  ["releasePool", { poolId: "" }, /"poolId"/],
  ["releasePool", { poolId: "a".repeat(1_025) }, /"poolId"/],
  ["requestAddress", { poolId: "p", options: {}, address: "10.1.0.5/16" }, /"address"/],
  ["requestAddress", { poolId: "p", options: {}, address: "" }, /"address"/],
  ["requestAddress", { poolId: "p", options: {}, mac: "" }, /mac/],
  ["releaseAddress", { poolId: "p" }, /"address"/],
  ["releaseAddress", { poolId: "p", address: "fe80::1%eth0" }, /"address"/],
];
for (const [method, input, place] of BAD_INPUTS) {
  test(`encodeRequest() refuses ${method} of ${JSON.stringify(input).slice(0, 80)}`, () => {
    assertFault(() => encode(method, input), "contract.input-invalid", place);
  });
}

const V6 = { ...POOL, v6: true };
const ADDRESS = { poolId: "p", options: {} };
const ANSWERS: readonly (readonly [IpamMethod, unknown, unknown?])[] = [
  ["getCapabilities", {}],
  ["getCapabilities", { requiresMacAddress: true, requiresRequestReplay: false }],
  ["getDefaultAddressSpaces", { localDefaultAddressSpace: "l", globalDefaultAddressSpace: "g" }],
  ["requestPool", { poolId: "a/b", pool: "10.1.0.0/16", data: { gateway: "10.1.0.1" } }],
  ["requestPool", { poolId: "p", pool: "10.1.0.0/16" }, { ...POOL, pool: "10.1.2.3/16" }],
  ["requestPool", { poolId: "p", pool: "192.168.0.0/24" }, POOL],
  ["requestPool", { poolId: "p", pool: "0.0.0.0/0" }, POOL],
  ["requestPool", { poolId: "p", pool: "fd00::/64" }, V6],
  ["requestPool", { poolId: "p", pool: "fd00:0::/64" }, { ...V6, pool: "fd00::/64" }],
  ["releasePool", {}],
  ["requestAddress", { address: "10.1.0.5/16", data: {} }],
  ["requestAddress", { address: "10.9.9.9/8" }, ADDRESS],
  ["requestAddress", { address: "fd00::5/64" }, { ...ADDRESS, address: "fd00:0::5" }],
  ["releaseAddress", {}],
  ...METHODS.map((method) => [method, { error: { code: "limit", message: "full" } }] as const),
];
for (const [method, answer, input] of ANSWERS) {
  test(`readIpamAnswer() takes ${JSON.stringify(answer)} of ${method}`, () => {
    assert.equal(read(method, answer, input), answer);
  });
}

const BAD_ANSWERS: readonly (readonly [IpamMethod, unknown, RegExp, unknown?])[] = [
  ["getCapabilities", "", /empty/],
  ["getCapabilities", "null", /Expected Object/],
  ["getCapabilities", { requiresMACAddress: true }, /requiresMACAddress/],
  ["getCapabilities", { requiresMacAddress: "yes" }, /"requiresMacAddress"/],
  ["getDefaultAddressSpaces", {}, /"localDefaultAddressSpace"/],
  [
    "getDefaultAddressSpaces",
    { localDefaultAddressSpace: "", globalDefaultAddressSpace: "g" },
    /"localDefaultAddressSpace"/,
  ],
  ["requestPool", { error: { code: "full", message: "a" } }, /"error\.code"/],
  ["requestPool", { error: "full" }, /"error"/],
  ["requestPool", { pool: "10.1.0.0/16" }, /"poolId"/],
  ["requestPool", { poolId: "p", pool: "10.1.0.0" }, /"pool"/],
  ["requestPool", { poolId: "p", pool: "10.1.2.3/16" }, /no bit set behind the prefix/],
  ["requestPool", { poolId: "p", pool: "10.2.0.0/16" }, /is 10\.2\.0\.0\/16, asked was 10\.1/],
  ["requestPool", { poolId: "p", pool: "10.1.0.0/17" }, /asked was 10\.1\.0\.0\/16/],
  ["requestPool", { poolId: "p", pool: "fd00::/64" }, /none of IPv4/, POOL],
  ["requestPool", { poolId: "p", pool: "10.1.0.0/16" }, /none of IPv6/, V6],
  ["requestPool", { poolId: "p", pool: "10.1.0.0/16", data: { a: 1 } }, /"data\.a"/],
  ["requestPool", { poolId: "p", pool: "10.1.0.0/16", gateway: "" }, /gateway/],
  ["releasePool", { released: true }, /released/],
  ["requestAddress", {}, /"address"/],
  ["requestAddress", { address: "10.1.0.5" }, /"address"/],
  ["requestAddress", { address: "10.1.0.6/16" }, /is 10\.1\.0\.6\/16, asked was 10\.1\.0\.5/],
  ["requestAddress", { address: "fd00::5/64" }, /asked was 10\.1\.0\.5/],
  ["requestAddress", { address: "::ffff:10.1.0.5/112" }, /"address"/],
  ["requestAddress", '{"address":"10.1.0.5/16","address":"10.1.0.5/8"}', /twice/],
  ["releaseAddress", [], /Expected Object/],
];
for (const [method, answer, why, input] of BAD_ANSWERS) {
  test(`readIpamAnswer() refuses ${JSON.stringify(answer).slice(0, 70)} of ${method}`, () => {
    assertFault(() => read(method, answer, input), "contract.output-invalid", why);
  });
}

test.run();

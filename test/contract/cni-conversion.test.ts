import * as assert from "uvu/assert";
import { convertCniResult } from "../../src/contract/cni-conversion.ts";
import { type CniResult, CniResultSchema, type CniVersion } from "../../src/contract/cni-result.ts";
import type { PluginError } from "../../src/plugin-error.ts";
import * as v from "valibot";
import { suite } from "../support/suite.ts";

const test = suite("cni-conversion");

const dns = { nameservers: ["10.1.0.1"] };
const CURRENT: CniResult = {
  cniVersion: "1.1.0",
  interfaces: [{ name: "eth0", sandbox: "/n", mtu: 1400, socketPath: "/s", pciID: "p" }],
  ips: [
    { address: "10.1.0.5/16", gateway: "10.1.0.1", interface: 0 },
    { address: "10.2.0.5/16" },
    { address: "fd00::5/64" },
  ],
  routes: [{ dst: "0.0.0.0/0", gw: "10.1.0.1", mtu: 1400 }, { dst: "::/0" }],
  dns,
};
const MIDDLE: CniResult = {
  cniVersion: "0.4.0",
  interfaces: [{ name: "eth0", sandbox: "/n" }],
  ips: [
    { version: "4", address: "10.1.0.5/16", gateway: "10.1.0.1", interface: 0 },
    { version: "4", address: "10.2.0.5/16" },
    { version: "6", address: "fd00::5/64" },
  ],
  routes: [{ dst: "0.0.0.0/0", gw: "10.1.0.1", mtu: 1400 }, { dst: "::/0" }],
  dns,
};
const FIRST: CniResult = {
  cniVersion: "0.2.0",
  ip4: {
    ip: "10.1.0.5/16",
    gateway: "10.1.0.1",
    routes: [{ dst: "0.0.0.0/0", gw: "10.1.0.1" }],
  },
  ip6: { ip: "fd00::5/64", routes: [{ dst: "::/0" }] },
  dns,
};

const CONVERSIONS: readonly (readonly [CniResult, CniVersion, object])[] = [
  [CURRENT, "1.1.0", CURRENT],
  [CURRENT, "1.0.0", { ...CURRENT, cniVersion: "1.0.0" }],
  [CURRENT, "0.4.0", MIDDLE],
  [CURRENT, "0.2.0", FIRST],
  [MIDDLE, "0.3.0", { ...MIDDLE, cniVersion: "0.3.0" }],
  [MIDDLE, "0.2.0", FIRST],
  [MIDDLE, "1.1.0", { ...CURRENT, interfaces: [{ name: "eth0", sandbox: "/n" }] }],
  [FIRST, "0.1.0", { ...FIRST, cniVersion: "0.1.0" }],
  [FIRST, "0.3.1", {
    cniVersion: "0.3.1",
    ips: [
      { version: "4", address: "10.1.0.5/16", gateway: "10.1.0.1" },
      { version: "6", address: "fd00::5/64" },
    ],
    routes: [{ dst: "0.0.0.0/0", gw: "10.1.0.1" }, { dst: "::/0" }],
    dns,
  }],
  [FIRST, "1.0.0", {
    cniVersion: "1.0.0",
    ips: [{ address: "10.1.0.5/16", gateway: "10.1.0.1" }, { address: "fd00::5/64" }],
    routes: [{ dst: "0.0.0.0/0", gw: "10.1.0.1" }, { dst: "::/0" }],
    dns,
  }],
  [{ cniVersion: "1.0.0" }, "0.4.0", { cniVersion: "0.4.0" }],
];

for (const [result, version, expected] of CONVERSIONS) {
  test(`convertCniResult() says ${result.cniVersion} in ${version}`, () => {
    const converted = convertCniResult(result, version);
    assert.equal(converted, expected as CniResult);
    assert.ok(v.is(CniResultSchema, converted));
  });
}

test("convertCniResult() cannot say a result without addresses in a first version", () => {
  assert.throws(
    () => convertCniResult({ cniVersion: "1.0.0", ips: [] }, "0.2.0"),
    (error: PluginError) => error.code === "contract.output-invalid",
  );
});

test.run();

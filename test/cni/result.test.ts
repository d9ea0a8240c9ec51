import * as assert from "uvu/assert";
import { readResult, resultAs } from "../../src/cni/result.ts";
import type { CniResult } from "../../src/contract/cni-result.ts";
import { bytesOf } from "../support/cni-fake-plugin.ts";
import { faultOf } from "../support/fault.ts";
import { suite } from "../support/suite.ts";

const test = suite("cni/result");

const read = (printed: unknown, version = "1.0.0") => readResult(bytesOf(printed), version, "it");

test("readResult() keeps what the versions know, and leaves out the rest", () => {
  const whole = {
    cniVersion: "1.1.0",
    interfaces: [{ name: "eth0", mac: "02:00:00:00:00:01", mtu: 1500, sandbox: "/ns", pciID: "p" }],
    ips: [{ address: "10.0.0.2/24", gateway: "10.0.0.1", interface: 0 }, { address: "fd00::2/64" }],
    routes: [{ dst: "0.0.0.0/0", gw: "10.0.0.1", mtu: 1400, priority: 5, table: 7, scope: 0 }],
    dns: { nameservers: ["1.1.1.1"], domain: "d", search: ["s"], options: ["o"] },
  };
  assert.equal(read(whole), whole);
  const more = { ...whole, extra: 1, ips: [{ ...whole.ips[0], extra: [] }, whole.ips[1]] };
  assert.equal(read(more), whole);
  assert.equal(read({ cniVersion: "0.2.0", ip4: { ip: "1.2.3.4/24", x: 1 } }), {
    cniVersion: "0.2.0",
    ip4: { ip: "1.2.3.4/24" },
  });
});

test("readResult() takes nothing for what is not there, as Go's readers do", () => {
  const printed = {
    ips: [{ address: "10.0.0.2/24", gateway: "", interface: null }],
    routes: [{ dst: "0.0.0.0/0", gw: null }],
    interfaces: null,
    dns: { nameservers: null },
  };
  assert.equal(read(printed), {
    cniVersion: "1.0.0",
    ips: [{ address: "10.0.0.2/24" }],
    routes: [{ dst: "0.0.0.0/0" }],
  });
  assert.equal(read("null"), { cniVersion: "1.0.0" });
  assert.equal(read({ ip4: null, dns: {} }, "0.1.0"), { cniVersion: "0.1.0" });
});

test("readResult() takes keys in any case, as Go's readers do, and no two for one", () => {
  const printed = {
    Interfaces: [{ Name: "eth0", MAC: "02:00:00:00:00:01" }],
    IPs: [{ Address: "10.0.0.2/24", Gateway: "10.0.0.1", Interface: 0 }],
    "route\u017F": [{ DST: "0.0.0.0/0", GW: "10.0.0.1" }],
    Dns: { NameServers: ["1.1.1.1"] },
  };
  assert.equal(read(printed), {
    cniVersion: "1.0.0",
    interfaces: [{ name: "eth0", mac: "02:00:00:00:00:01" }],
    ips: [{ address: "10.0.0.2/24", gateway: "10.0.0.1", interface: 0 }],
    routes: [{ dst: "0.0.0.0/0", gw: "10.0.0.1" }],
    dns: { nameservers: ["1.1.1.1"] },
  });
  assert.equal(read({ IP4: { IP: "1.2.3.4/24", Routes: [{ Dst: "::/0" }] } }, "0.2.0"), {
    cniVersion: "0.2.0",
    ip4: { ip: "1.2.3.4/24", routes: [{ dst: "::/0" }] },
  });
  const ip = { address: "10.0.0.2/24" };
  for (const two of [{ ips: [ip], IPs: [] }, { ips: [{ ...ip, Address: "10.0.0.3/24" }] }]) {
    assert.match(faultOf(() => read(two)).message, /(ips|address) stands there already$/);
  }
});

test("readResult() takes the version by its own spelling alone, as libcni does", () => {
  const ips = [{ address: "10.0.0.2/24" }];
  assert.equal(read({ CNIVersion: "0.4.0", ips: [{ version: "4", ...ips[0] }] }), {
    cniVersion: "1.0.0",
    ips,
  });
  for (const CNIVersion of ["1.0.0", "0.4.0", ""]) {
    const { code, message } = faultOf(() => read({ cniVersion: "1.0.0", CNIVersion, ips }));
    assert.is(code, "cni.result-malformed");
    assert.match(message, /"CNIVersion": cniVersion stands there already$/);
  }
});

test("readResult() takes addresses of interfaces that are not there, as Go's readers do", () => {
  assert.equal(read({ ips: [{ address: "10.0.0.2/24", interface: 3 }] }), {
    cniVersion: "1.0.0",
    ips: [{ address: "10.0.0.2/24", interface: 3 }],
  });
});

const BAD: [name: string, printed: unknown, message: RegExp][] = [
  ["nothing", "", /it is empty$/],
  ["what is no JSON", "{", /Parsing JSON failed/],
  ["two results", "{} {}", /Parsing JSON failed/],
  ["a list", "[]", /it is no object$/],
  ["a text", '"x"', /it is no object$/],
  ["an address that is none", { ips: [{ address: "10.0.0.300/24" }] }, /"ips\.0\.address"/],
  ["an address without length", { ips: [{ address: "10.0.0.3" }] }, /"ips\.0\.address"/],
  ["no address", { ips: [{}] }, /"ips\.0\.address"/],
  ["null in a list", { ips: [null] }, /"ips\.0"/],
  ["a number beyond doubles", '{"routes":[{"dst":"::/0","mtu":1e20}]}', /some readers round/],
  ["a key twice", '{"ips":[],"ips":[]}', /stands twice/],
  ["too many addresses", { ips: Array(1_001).fill({ address: "10.0.0.2/24" }) }, /at most 1000/],
];
for (const [name, printed, message] of BAD) {
  test(`readResult() refuses ${name}`, () => {
    const fault = faultOf(() => read(printed));
    assert.is(fault.code, "cni.result-malformed");
    assert.match(fault.message, message);
    assert.match(fault.message, /^Cannot use the result of it: /);
  });
}

test("readResult() refuses versions that it does not know", () => {
  for (
    const [printed, version] of [[{ cniVersion: "1.2.0" }, "1.0.0"], [{}, "0.4567.0"]] as const
  ) {
    assert.is(faultOf(() => read(printed, version)).code, "cni.version-unsupported");
  }
});

test("resultAs() converts, and says what it cannot", () => {
  const result: CniResult = { cniVersion: "1.0.0", ips: [{ address: "10.0.0.2/24" }] };
  assert.equal(resultAs(result, ""), { cniVersion: "0.1.0", ip4: { ip: "10.0.0.2/24" } });
  assert.equal(resultAs(result, "1.1.0"), { ...result, cniVersion: "1.1.0" });
  const empty: CniResult = { cniVersion: "1.0.0" };
  assert.is(faultOf(() => resultAs(empty, "0.2.0")).code, "cni.result-malformed");
  assert.is(faultOf(() => resultAs(result, "0.4567.0")).code, "cni.version-unsupported");
});

test.run();

import * as assert from "uvu/assert";
import type { CniResult } from "../../src/contract/cni-result.ts";
import {
  type AttachmentInput,
  type CniConfig,
  NETWORK_METHODS,
  type NetworkInputs,
  type NetworkMethod,
  networkRequest,
  readNetworkAnswer,
} from "../../src/contract/network.ts";
import type { PluginError } from "../../src/plugin-error.ts";
import { answerBytes, sentRequest } from "../support/contract.ts";
import { assertFault } from "../support/fault.ts";
import { suite } from "../support/suite.ts";

const test = suite("network");

const HEADER = { settings: {}, now: "2026-06-01T00:00:00Z" };
const CONFIG: CniConfig = { cniVersion: "1.1.0", name: "net", type: "mynet", mtu: 1400 };
const RESULT: CniResult = {
  cniVersion: "1.1.0",
  interfaces: [{ name: "eth0", mac: "02:00:00:00:00:01", sandbox: "/run/netns/a", mtu: 1400 }],
  ips: [{ address: "10.1.0.5/16", gateway: "10.1.0.1", interface: 0 }, { address: "fd00::5/64" }],
  routes: [{ dst: "0.0.0.0/0", gw: "10.1.0.1", priority: -1 }, { dst: "::/0" }],
  dns: { nameservers: ["10.1.0.1"], search: ["example"], domain: "example", options: ["ndots:5"] },
};

const attachment = (config: CniConfig = CONFIG): AttachmentInput => ({
  ...{ containerId: "c1", netns: "/run/netns/a", ifname: "eth0" },
  config,
});

function put(method: NetworkMethod, input: unknown): Record<string, unknown> {
  const request = networkRequest(method, input as NetworkInputs[NetworkMethod], HEADER);
  return sentRequest(NETWORK_METHODS[method].request, request);
}

function read(method: NetworkMethod, answer: unknown, config: CniConfig = CONFIG): unknown {
  return readNetworkAnswer(
    method,
    networkRequest(method, attachment(config), HEADER),
    answerBytes(answer),
  );
}

test("networkRequest() puts add with what the configuration says of its chain", () => {
  const config = { ...CONFIG, prevResult: RESULT, runtimeConfig: { portMappings: [] } };
  assert.equal(
    put("add", { ...attachment(config as unknown as CniConfig), args: "A=b;C=", path: "/a:/b" }),
    {
      ...{ contract: "network", version: 1, ...HEADER, config },
      ...{
        containerId: "c1",
        netns: "/run/netns/a",
        ifname: "eth0",
        args: "A=b;C=",
        path: "/a:/b",
      },
      ...{ prevResult: RESULT, runtimeConfig: { portMappings: [] } },
    },
  );
});

test("networkRequest() fills in what a runtime leaves out", () => {
  assert.equal(put("del", { containerId: "c1", ifname: "eth0", config: CONFIG }), {
    ...{ contract: "network", version: 1, ...HEADER, config: CONFIG },
    ...{ containerId: "c1", netns: "", ifname: "eth0", args: "", path: "" },
  });
});

for (const method of ["status", "gc"] as const) {
  test(`networkRequest() puts ${method} without a container`, () => {
    const text = put(method, { config: CONFIG, path: "/a" });
    const expected = { contract: "network", version: 1, ...HEADER, config: CONFIG, path: "/a" };
    assert.equal(text, expected);
  });
}

test("networkRequest() says which attachments hold, and not that none does", () => {
  const valid = [{ containerID: "c1", ifname: "eth0" }];
  const gc = (more: object) => put("gc", { config: { ...CONFIG, ...more } })["validAttachments"];
  assert.equal(gc({ "cni.dev/valid-attachments": valid, "cni.dev/attachments": [] }), valid);
  assert.equal(gc({ "cni.dev/attachments": valid }), valid);
  assert.equal(gc({ "cni.dev/valid-attachments": [] }), []);
  assert.is(gc({}), undefined);
});

test("networkRequest() takes a previous result for one of the configuration's version", () => {
  const { cniVersion: _version, ...bare } = RESULT;
  const config = { ...CONFIG, prevResult: { ...bare, vendor: { a: 1 } } };
  assert.equal(put("check", attachment(config as unknown as CniConfig))["prevResult"], {
    ...RESULT,
    vendor: { a: 1 },
  });
});

test("networkRequest() takes what Go's writers leave empty for what is not there", () => {
  const prevResult = {
    ips: [{ address: "10.1.0.5/16", gateway: "", interface: null }],
    routes: null,
    dns: {},
  };
  const { config, prevResult: previous } = put(
    "add",
    attachment({ ...CONFIG, prevResult } as unknown as CniConfig),
  );
  assert.equal(config, { ...CONFIG, prevResult });
  assert.equal(previous, { cniVersion: "1.1.0", ips: [{ address: "10.1.0.5/16" }] });
});

const BAD_INPUTS: readonly (readonly [NetworkMethod, object, RegExp])[] = [
  ["add", { containerId: "" }, /containerId/],
  ["add", { containerId: "../c" }, /containerId/],
  ["add", { netns: "" }, /netns/],
  ["add", { netns: "/run/../proc/1/ns/net" }, /netns/],
  ["add", { ifname: "a/b" }, /ifname/],
  ["add", { ifname: ".." }, /ifname/],
  ["add", { ifname: "sixteen-bytes-16" }, /ifname/],
  ["add", { args: "A" }, /args/],
  ["add", { args: "A=1\n" }, /args/],
  ["add", { path: 1 }, /path/],
  ["add", { config: [] }, /config/],
  ["add", { config: null }, /config/],
  ["add", { config: {} }, /config/],
  ["add", { config: { ...CONFIG, name: "a b" } }, /config\.name/],
  ["add", { config: { ...CONFIG, cniVersion: "1.2.0" } }, /config\.cniVersion/],
  ["add", { config: { ...CONFIG, prevResult: [] } }, /prevResult/],
  ["add", { config: { ...CONFIG, prevResult: { cniVersion: "9" } } }, /prevResult/],
  ["add", { config: { ...CONFIG, prevResult: { ips: [{ address: "x" }] } } }, /prevResult\.ips\.0/],
  ["add", { config: { ...CONFIG, runtimeConfig: 1 } }, /runtimeConfig/],
  ["gc", { config: { ...CONFIG, "cni.dev/valid-attachments": {} } }, /validAttachments/],
  ["gc", { config: { ...CONFIG, "cni.dev/valid-attachments": [{}] } }, /validAttachments\.0/],
  ["status", { config: { ...CONFIG, type: "" } }, /config\.type/],
];

for (const [method, change, place] of BAD_INPUTS) {
  test(`encodeRequest() refuses ${method} with ${JSON.stringify(change).slice(0, 80)}`, () => {
    assertFault(() => put(method, { ...attachment(), ...change }), "contract.input-invalid", place);
  });
}

test("networkRequest() puts no wish that a native plugin reads as another one; who has it may leave", () => {
  const portMappings = [{ hostPort: 8080, "ho\u017FtPort": 22, containerPort: 80 }];
  const input = attachment({ ...CONFIG, runtimeConfig: { portMappings } });
  for (const method of ["add", "check"] as const) {
    assert.throws(
      () => put(method, input),
      (error: PluginError) => {
        assert.is(error.code, "contract.input-invalid");
        return /config\.runtimeConfig\.portMappings\.0/.test(error.message);
      },
    );
  }
  assert.equal(put("del", input)["runtimeConfig"], { portMappings });
});

test("readNetworkAnswer() takes a result of the configuration's version", () => {
  assert.equal(read("add", RESULT), RESULT);
});

test("readNetworkAnswer() takes a result without version for one of the configuration's", () => {
  const { cniVersion: _version, ...bare } = RESULT;
  assert.equal(read("add", bare), RESULT);
  assert.equal(read("add", { ...bare, cniVersion: "" }), RESULT);
  assert.equal(read("add", {}, { name: "n", type: "t" } as CniConfig), { cniVersion: "0.1.0" });
});

test("readNetworkAnswer() says a result in the configuration's version", () => {
  const ips = [{ address: "10.1.0.5/16" }];
  assert.equal(read("add", { cniVersion: "1.1.0", ips }, { ...CONFIG, cniVersion: "0.3.1" }), {
    cniVersion: "0.3.1",
    ips: [{ version: "4", address: "10.1.0.5/16" }],
  });
});

test("readNetworkAnswer() leaves out what a result has that CNI does not know, as Go's readers do", () => {
  const address = { address: "10.1.0.5/16" };
  assert.equal(
    read("add", {
      ...{ vendor: { a: 1 }, routes: null, dns: { vendor: 1 } },
      ips: [{ ...address, version: "4", gateway: "", vendor: [] }],
    }),
    { cniVersion: "1.1.0", ips: [address], dns: {} },
  );
});

for (const method of ["del", "check", "status", "gc"] as const) {
  test(`readNetworkAnswer() takes an empty object of ${method}, and nothing else`, () => {
    assert.equal(read(method, {}), {});
    for (const answer of [RESULT, "null", "[]", { done: true }]) {
      assert.throws(
        () => read(method, answer),
        (error: PluginError) => error.code === "contract.output-invalid",
      );
    }
  });
}

const FAULTS = [
  { code: 11, msg: "try again later" },
  { code: 100, msg: "no", details: "policy", cniVersion: "1.1.0" },
  { code: 999, msg: "wrapped" },
];
for (const fault of FAULTS) {
  test(`readNetworkAnswer() takes the error ${JSON.stringify(fault)}`, () => {
    for (const method of Object.keys(NETWORK_METHODS) as NetworkMethod[]) {
      assert.equal(read(method, fault), fault);
    }
  });
}

const many = Array.from({ length: 1_001 }, () => ({ dst: "10.0.0.0/8" }));
const BAD_ANSWERS: readonly (readonly [unknown, RegExp])[] = [
  ["null", /Expected Object/],
  ['{"ips":[],"ips":[]}', /twice/],
  [{ code: 0, msg: "a" }, /"code"/],
  [{ code: 1.5, msg: "a" }, /"code"/],
  [{ code: "7", msg: "a" }, /"code"/],
  [{ code: 7 }, /"msg"/],
  [{ code: 7, msg: "" }, /"msg"/],
  [{ code: 7, msg: "a", details: {} }, /"details"/],
  [{ code: 7, msg: "a", ips: [] }, /ips/],
  [{ cniVersion: "1.2.0" }, /"cniVersion"/],
  [{ cniVersion: 1 }, /"cniVersion"/],
  [{ ip4: { ip: "10.0.0.1/8" } }, /"ip4" is nothing of version 1\.1\.0/],
  [{ cniVersion: "0.2.0", ips: [] }, /"ips" is nothing of version 0\.2\.0/],
  [{ ips: [{ address: "10.0.0.1" }] }, /"ips\.0\.address"/],
  [{ ips: [{ address: "10.0.0.1/33" }] }, /"ips\.0\.address"/],
  [{ ips: [{ address: "010.0.0.1/8" }] }, /"ips\.0\.address"/],
  [{ ips: [{ address: "10.0.0.1/8", gateway: "10.0.0.1/8" }] }, /"ips\.0\.gateway"/],
  [{ ips: [{ address: "10.0.0.1/8", interface: 0 }] }, /not in the result/],
  [{ ips: [null] }, /"ips\.0"/],
  [{ interfaces: [{ name: "" }] }, /"interfaces\.0\.name"/],
  [{ interfaces: [{ name: "a", mtu: -1 }] }, /"interfaces\.0\.mtu"/],
  [{ routes: [{ dst: "10.0.0.0" }] }, /"routes\.0\.dst"/],
  [{ routes: many }, /at most 1000 items/],
  [{ dns: { nameservers: [1] } }, /"dns\.nameservers\.0"/],
  [{ cniVersion: "0.4.0", ips: [{ address: "10.0.0.1/8" }] }, /version/],
  [{ cniVersion: "0.4.0", ips: [{ version: "6", address: "10.0.0.1/8" }] }, /other family/],
  [{ cniVersion: "0.2.0", ip6: { ip: "10.0.0.1/8" } }, /other family/],
];
for (const [answer, why] of BAD_ANSWERS) {
  test(`readNetworkAnswer() refuses ${JSON.stringify(answer).slice(0, 70)}`, () => {
    assertFault(() => read("add", answer), "contract.output-invalid", why);
  });
}

test.run();

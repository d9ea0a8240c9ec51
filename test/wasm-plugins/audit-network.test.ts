import * as assert from "uvu/assert";
import { builtPlugin } from "../../scripts/build-plugins.ts";
import type { PluginLogLine } from "../../src/host/prepare.ts";
import type { JsonObject, JsonValue } from "../../src/json.ts";
import { Bench } from "../../src/testing/bench.ts";
import { casesOf, testCases } from "../support/cases.ts";
import { suite } from "../support/suite.ts";

const cases = await casesOf("audit-network");

let bench: Bench;
let lines: PluginLogLine[] = [];

const test = suite("wasm-plugins/audit-network");

test.before(async () => {
  const onLog = (line: PluginLogLine) => void lines.push(line);
  bench = await Bench.open(builtPlugin("audit-network"), { onLog });
});
test.after(() => bench.close());

testCases(test, cases, () => bench);

const CONFIG = { cniVersion: "1.1.0", name: "net", type: "audit-network" };
const CONTAINER = { containerId: "c1", netns: "/run/netns/c1", ifname: "eth0", args: "", path: "" };

/** The lines of one call. */
async function linesOf(
  verb: string,
  request: JsonObject,
  settings: JsonValue = {},
): Promise<[level: string, message: string, fields: unknown][]> {
  lines = [];
  const whole = { config: CONFIG, ...request };
  await bench.plugin(import.meta.url).call(`network_${verb}`, whole, { settings });
  return lines.map(({ level, message, fields }) => [level, message, fields]);
}

const SUBJECT = { network: "net", container: "c1", interface: "eth0" };

test("a line says who joins which network, with which addresses and ports", async () => {
  const prevResult = {
    cniVersion: "1.1.0",
    ips: [{ address: "10.1.0.5/16" }, { address: "fd00::5/64" }],
  };
  const args = "IgnoreUnknown=1;K8S_POD_NAMESPACE=shop;K8S_POD_NAME=web;K8S_POD_UID=7;IP=10.1.0.5";
  const runtimeConfig = { portMappings: [{ hostPort: 8080, containerPort: 80, protocol: "tcp" }] };
  assert.equal(await linesOf("add", { ...CONTAINER, args, prevResult, runtimeConfig }), [[
    "info",
    "joins",
    {
      ...SUBJECT,
      namespace: "shop",
      pod: "web",
      addresses: ["10.1.0.5/16", "fd00::5/64"],
      ports: runtimeConfig.portMappings,
    },
  ]]);
  const old = { cniVersion: "0.2.0", ip4: { ip: "10.1.0.5/16" }, ip6: { ip: "fd00::5/64" } };
  const [line] = await linesOf("add", { ...CONTAINER, prevResult: old });
  assert.equal(line![2], { ...SUBJECT, addresses: ["10.1.0.5/16", "fd00::5/64"] });
});

test("a line says who leaves, who is checked and what is cleaned up", async () => {
  assert.equal(await linesOf("del", { ...CONTAINER, netns: "" }), [["info", "leaves", SUBJECT]]);
  assert.equal(await linesOf("check", CONTAINER), [["info", "is checked", SUBJECT]]);
  const validAttachments = [{ containerID: "c1", ifname: "eth0" }];
  const cleanUp = { network: "net", valid: 1 };
  assert.equal(await linesOf("gc", { path: "", validAttachments }), [
    ["info", "is cleaned up", cleanUp],
  ]);
  assert.equal(await linesOf("gc", { path: "" }), [
    ["info", "is cleaned up", { ...cleanUp, valid: null }],
  ]);
});

test("the operator chooses the level, and a status is nothing to write down", async () => {
  for (const level of ["debug", "warn"]) {
    const lines = await linesOf("check", CONTAINER, { level });
    assert.equal(lines.map(([one]) => one), [level]);
  }
});

test.run();

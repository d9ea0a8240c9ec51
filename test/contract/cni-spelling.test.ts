import * as assert from "uvu/assert";
import { checkSpelling } from "../../src/contract/cni-spelling.ts";
import type { JsonObject } from "../../src/json.ts";
import type { PluginError } from "../../src/plugin-error.ts";
import { suite } from "../support/suite.ts";

const test = suite("cni-spelling");

const LONG_S = "\u017F";
const KELVIN = "\u212A";
const MAPPING = { hostPort: 8080, containerPort: 80, protocol: "tcp" };

const check = (more: JsonObject) => checkSpelling({ name: "net", type: "policy", ...more });

const REFUSED: readonly (readonly [string, JsonObject, string])[] = [
  [
    "a second hostPort with the long s",
    {
      runtimeConfig: { portMappings: [{ ...MAPPING, [`ho${LONG_S}tPort`]: 22 }] },
    },
    `"config.runtimeConfig.portMappings.0": some readers take its key "ho${LONG_S}tPort" for "hostPort"`,
  ],
  ["a hostPort of another case before the right one", {
    runtimeConfig: { portMappings: [{ HostPort: 22, ...MAPPING }] },
  }, 'take its key "HostPort" for "hostPort"'],
  ["a hostPort of another case alone", {
    runtimeConfig: { portMappings: [{ HOSTPORT: 22 }] },
  }, 'take its key "HOSTPORT" for "hostPort"'],
  ["a second list of mappings", {
    runtimeConfig: { portMappings: [MAPPING], [`portMapping${LONG_S}`]: [{ hostPort: 23 }] },
  }, '"config.runtimeConfig": some readers'],
  ["a list of mappings of another case alone", {
    runtimeConfig: { portmappings: [MAPPING] },
  }, 'for "portMappings"'],
  ["an address of another case", { runtimeConfig: { IPs: ["10.1.0.5/16"] } }, 'for "ips"'],
  [
    "two keys that nobody knows",
    { runtimeConfig: { foo: [{ bar: { a: 1, A: 2 } }] } },
    '"A" for "a"',
  ],
  ["the Kelvin sign in a key that nobody knows", {
    runtimeConfig: { [`${KELVIN}ind`]: 1 },
  }, "has a letter that some readers take for another"],
  ["another spelling of runtimeConfig", { RuntimeConfig: {} }, 'for "runtimeConfig"'],
  ["another spelling of args", { Args: {} }, 'for "args"'],
  ["another spelling of capabilities", { [`capabilitie${LONG_S}`]: {} }, 'for "capabilities"'],
  ["another spelling of the conventions' args", { args: { CNI: {} } }, 'for "cni"'],
  ["an address in args", { args: { cni: { Ips: [] } } }, '"config.args.cni": some'],
  [
    "two keys in another reader's args",
    { args: { "org.x": { a: 1, A: 1 } } },
    '"config.args.org.x"',
  ],
  ["a map of another case", { runtimeConfig: { Aliases: {} } }, 'for "aliases"'],
];

for (const [what, config, words] of REFUSED) {
  test(`checkSpelling() refuses ${what}`, () => {
    assert.throws(() => check(config), (error: PluginError) => {
      assert.is(error.code, "contract.input-invalid");
      assert.ok(error.message.includes(words), error.message);
      return true;
    });
  });
}

test("checkSpelling() refuses what has no end", () => {
  const wishes: JsonObject = {};
  wishes["a"] = wishes;
  assert.throws(() => check({ runtimeConfig: wishes }), /nests deeper than/);
});

test("checkSpelling() takes what each reader takes for the same", () => {
  check({
    cniVersion: "1.1.0",
    prevResult: {},
    runtimeConfig: {
      portMappings: [{ ...MAPPING, hostIP: "127.0.0.1" }, MAPPING],
      ipRanges: [[{ subnet: "10.1.0.0/16", rangeStart: "10.1.0.5" }]],
      dns: { servers: [], searches: [], options: [] },
      ips: ["10.1.0.5/16"],
      mac: "02:00:00:00:00:01",
      // Keys are data here.
      aliases: { net: ["a"], Net: ["b"] },
      "io.kubernetes.cri.pod-annotations": { MAC: "x", mac: "y", HostPort: "z" },
      more: [null, 1, "x"],
    },
    args: { cni: { ips: [], sysctl: { a: "1", A: "2" } }, "org.x": { MAC: 1, hostport: 2 } },
  });
  check({ runtimeConfig: null, args: [] });
});

test.run();

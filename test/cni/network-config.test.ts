import * as assert from "uvu/assert";
import {
  injectConfig,
  networkOfPlugin,
  parseNetworkConfig,
  parsePluginConfig,
  versionOfConfig,
} from "../../src/cni/network-config.ts";
import type { ErrorCode } from "../../src/plugin-error.ts";
import { bytesOf } from "../support/cni-fake-plugin.ts";
import { faultOf } from "../support/fault.ts";
import { suite } from "../support/suite.ts";

const test = suite("cni/network-config");

const PLUGINS = [{ type: "bridge" }];

const network = (more: object) =>
  parseNetworkConfig(bytesOf({ name: "n", plugins: PLUGINS, ...more }));
const versionOf = (more: object) => network(more).cniVersion;

test("parseNetworkConfig() reads a list, and keeps its bytes", () => {
  const text = `{ "cniVersion": "1.0.0", "name": "n", "disableCheck": true,
    "plugins": [ { "type": "bridge", "capabilities": {"portMappings": true, "mac": false}, "mtu": 1 },
      { "type": "tuning", "name": "own", "cniVersion": "0.4.0" } ] }`;
  const { plugins, bytes, ...rest } = parseNetworkConfig(bytesOf(text));
  assert.equal(rest, {
    ...{ name: "n", cniVersion: "1.0.0", disableCheck: true, disableGC: false },
    loadOnlyInlinedPlugins: false,
  });
  assert.is(new TextDecoder().decode(bytes), text);
  assert.equal(plugins.map(({ type, name, cniVersion }) => [type, name, cniVersion]), [
    ["bridge", "", ""],
    ["tuning", "own", "0.4.0"],
  ]);
  assert.equal(plugins[0]!.capabilities, ["portMappings"]);
  assert.is(plugins[0]!.config["mtu"], 1);
});

test("parseNetworkConfig() speaks the newest version that is offered and known (cni 28)", () => {
  const cases: [object, string][] = [
    [{}, ""],
    [{ cniVersion: "0.4.0" }, "0.4.0"],
    [{ cniVersion: "1.2.3" }, "1.2.3"],
    [{ cniVersions: ["0.3.1", "1.0.0", "0.4.0"] }, "1.0.0"],
    [{ cniVersions: ["0.3.1", "99.0.0"] }, "0.3.1"],
    [{ cniVersions: ["0.10.0", "0.9.0"] }, "0.10.0"],
    [{ cniVersion: "1.1.0", cniVersions: ["0.3.1"] }, "1.1.0"],
    [{ cniVersion: "0.4.0", cniVersions: ["1.0.0", "1.2.0"] }, "1.0.0"],
    [{ cniVersion: "9.9.9", cniVersions: ["0.3.1"] }, "0.3.1"],
    [{ cniVersion: "9.9.9", cniVersions: ["9.0.0"] }, "9.9.9"],
    [{ cniVersion: "0.4.0", cniVersions: [] }, "0.4.0"],
  ];
  for (const [more, wanted] of cases) assert.is(versionOf(more), wanted, JSON.stringify(more));
});

test("parseNetworkConfig() takes words for booleans (cni 28)", () => {
  for (const [value, wanted] of [[true, true], ["true", true], ["False", false], [null, false]]) {
    const flags = network({ disableCheck: value, disableGC: value, loadOnlyInlinedPlugins: value });
    assert.equal(
      [flags.disableCheck, flags.disableGC, flags.loadOnlyInlinedPlugins],
      [wanted, wanted, wanted],
    );
  }
});

test("parseNetworkConfig() takes a list whose plugins stand elsewhere (cni 28)", () => {
  assert.equal(parseNetworkConfig(bytesOf({ name: "n" })).plugins, []);
});

const BAD: [name: string, config: unknown, message: RegExp, code?: ErrorCode][] = [
  ["nothing", "", /is empty/],
  ["what is no JSON", "{", /Parsing JSON failed/],
  ["a list", "[]", /it is no object/],
  ["no name", { plugins: PLUGINS }, /it has no "name"/],
  ["a name that is no text", { name: 1, plugins: PLUGINS }, /it has no "name"/],
  ["a version that is no text", { name: "n", cniVersion: 1 }, /"cniVersion" is no text/],
  ["a bad version", { name: "n", cniVersion: "1.0.f" }, /1\.0\.f/, "cni.version-malformed"],
  ["versions that are no list", { name: "n", cniVersions: "1.0.0" }, /no list of texts/],
  ["versions that are no texts", { name: "n", cniVersions: [1] }, /no list of texts/],
  ["a bad one among versions", { name: "n", cniVersions: ["1.0.f"] }, /1/, "cni.version-malformed"],
  ["a flag that is a number", { name: "n", disableCheck: 1 }, /neither true nor false/],
  ["a flag that is another word", { name: "n", disableGC: "yes" }, /neither true nor false/],
  ["no plugins in the list", { name: "n", plugins: [] }, /no list, or an empty one/],
  ["plugins that are no list", { name: "n", plugins: {} }, /no list, or an empty one/],
  ["only inlined plugins, and none", { name: "n", loadOnlyInlinedPlugins: true }, /there are no/],
  ["a plugin that is no object", { name: "n", plugins: ["bridge"] }, /it is no object/],
  ["a plugin without type", { name: "n", plugins: [{}] }, /it has no "type"/],
  ["a type that is no text", { name: "n", plugins: [{ type: 1 }] }, /"type" is no text/],
  ["a type that Go alone sees", { name: "n", plugins: [{ type: "a", Type: "b" }] }, /is read as/],
  [
    "a capability that is no boolean",
    { name: "n", plugins: [{ type: "a", capabilities: { mac: "true" } }] },
    /capability "mac" is neither true nor false/,
  ],
  [
    "capabilities that are a list",
    { name: "n", plugins: [{ type: "a", capabilities: [] }] },
    /no obj/,
  ],
  ["a key that stands twice", '{"name":"n","name":"m"}', /stands twice/],
  ["a number that is rounded", '{"name":"n","x":9007199254740993}', /some readers round/],
  ["half a surrogate pair", '{"name":"\\ud800"}', /surrogate/],
  ["too deep a value", `{"name":"n","x":${"[".repeat(500)}${"]".repeat(500)}}`, /nested/],
];
for (const [name, config, message, code = "cni.config-malformed"] of BAD) {
  test(`parseNetworkConfig() refuses ${name} (cni 28)`, () => {
    const fault = faultOf(() => parseNetworkConfig(bytesOf(config)));
    assert.is(fault.code, code);
    assert.match(fault.message, message);
  });
}

test("networkOfPlugin() makes a list of one", () => {
  const plugin = parsePluginConfig(
    bytesOf({ name: "n", cniVersion: "0.4.0", type: "x", b: 2, a: 1 }),
  );
  const made = networkOfPlugin(plugin);
  assert.equal([made.name, made.cniVersion, made.plugins.length], ["n", "0.4.0", 1]);
  assert.equal(JSON.parse(new TextDecoder().decode(made.bytes)), {
    name: "n",
    cniVersion: "0.4.0",
    plugins: [plugin.config],
  });
});

test("injectConfig() puts values into a configuration, over those that were there (cni 28)", () => {
  const plugin = parsePluginConfig({ type: "x", name: "old", mtu: 1 });
  const more = injectConfig(plugin, { name: "new", cniVersion: "1.0.0", flag: false });
  assert.equal(more.config, {
    ...{ type: "x", name: "new", mtu: 1, cniVersion: "1.0.0", flag: false },
  });
  assert.equal([more.name, more.cniVersion], ["new", "1.0.0"]);
  assert.equal(plugin.config, { type: "x", name: "old", mtu: 1 });
});

test("injectConfig() refuses an empty key and nothing for a value (cni 28)", () => {
  const plugin = parsePluginConfig({ type: "x" });
  for (const values of [{ "": "a" }, { test: null }, { test: undefined as never }]) {
    assert.is(faultOf(() => injectConfig(plugin, values)).code, "cni.config-malformed");
  }
});

test("versionOfConfig() reads the version alone", () => {
  assert.is(versionOfConfig(bytesOf({ cniVersion: "0.4.0" })), "0.4.0");
  assert.is(versionOfConfig(bytesOf({})), "");
});

test.run();

import * as assert from "uvu/assert";
import { checkPluginTypes } from "../../src/capability/cni-config.ts";
import type { JsonObject } from "../../src/json.ts";
import type { PluginError } from "../../src/plugin-error.ts";
import { suite } from "../support/suite.ts";

const test = suite("cni-config");

const GRANTED = new Set(["bridge", "host-local", "flannel"]);

const check = (config: JsonObject, type = "bridge") => checkPluginTypes(config, type, GRANTED);

const GOOD: JsonObject[] = [
  { type: "bridge" },
  { type: "bridge", ipam: { type: "host-local", subnet: "10.0.0.0/8" } },
  { type: "bridge", ipam: {} },
  { type: "bridge", ipam: { type: "" } },
  { type: "bridge", ipam: null },
  { type: "bridge", delegate: { type: "bridge", ipam: { type: "host-local" } } },
  { type: "bridge", delegates: [{ type: "bridge" }], policy: { type: "k8s" } },
];
for (const config of GOOD) {
  test(`checkPluginTypes() takes ${JSON.stringify(config)}`, () => check(config));
}

const BAD: [JsonObject, string][] = [
  [{}, "capability.invalid"],
  [{ type: "host-local" }, "capability.invalid"],
  [{ type: ["bridge"] }, "capability.invalid"],
  [{ type: "bridge", ipam: { type: "evil" } }, "capability.denied"],
  [{ type: "bridge", ipam: { type: "toString" } }, "capability.denied"],
  [{ type: "bridge", ipam: { type: 1 } }, "capability.invalid"],
  [{ type: "bridge", ipam: "evil" }, "capability.invalid"],
  [{ type: "bridge", IPAM: { type: "evil" } }, "capability.invalid"],
  [{ type: "bridge", ipam: { type: "host-local", Type: "evil" } }, "capability.invalid"],
  [{ type: "bridge", TYPE: "evil" }, "capability.invalid"],
  [{ type: "bridge", delegate: {} }, "capability.invalid"],
  [{ type: "bridge", delegate: { type: "evil" } }, "capability.denied"],
  [{ type: "bridge", delegate: { type: "bridge", ipam: { type: "evil" } } }, "capability.denied"],
  [{ type: "bridge", delegates: [{ type: "bridge" }, { type: "evil" }] }, "capability.denied"],
  [{ type: "bridge", delegateſ: [{ type: "evil" }] }, "capability.invalid"],
  [{ type: "bridge", plugins: [{ type: "evil" }] }, "capability.denied"],
];
for (const [config, code] of BAD) {
  test(`checkPluginTypes() refuses ${JSON.stringify(config)}`, () => {
    assert.throws(() => check(config), (error: PluginError) => error.code === code);
  });
}

test.run();

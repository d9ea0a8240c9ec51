import * as assert from "uvu/assert";
import type { Host } from "../../src/guest/host.ts";
import { ipam } from "../../src/guest/ipam.ts";
import { netDriver } from "../../src/guest/netdriver.ts";
import { network } from "../../src/guest/network.ts";
import { settingsExports } from "../../src/guest/settings.ts";
import { volume } from "../../src/guest/volume.ts";
import { suite } from "../support/suite.ts";

const test = suite("settings");

interface Settings {
  readonly least: number;
}

const OPTIONS = {
  validateSettings: ({ least }: Settings) =>
    least > 0 ? [] : [{ path: "/least", message: "Wanted more." }],
};
const HOST = {} as Host;
const nothing = () => ({}) as never;
const methods = (names: string): never =>
  Object.fromEntries(names.split(" ").map((name) => [name, nothing])) as never;

test("settingsExports() makes an entry point of a function that validates, and else none", () => {
  const entry = settingsExports("x()", OPTIONS)["settings_validate"]!;
  assert.equal(entry({ settings: { least: 1 } } as never, HOST), { valid: true, errors: [] });
  assert.equal(entry({ settings: { least: 0 } } as never, HOST), {
    valid: false,
    errors: [{ path: "/least", message: "Wanted more." }],
  });
  assert.equal(settingsExports("x()", {}), {});
});

test("settingsExports() refuses an option that there is not", () => {
  const make = settingsExports as (what: string, options: unknown) => unknown;
  assert.throws(() => make("x()", { validate: nothing }), /^what x\(\) is told has a function/);
  assert.throws(() => make("x()", { validateSettings: 5 }), /no function/);
});

const PLUGINS = {
  volume: () => volume<Settings>(methods("create remove path mount unmount get list"), OPTIONS),
  network: () => network<Settings>(methods("add del"), OPTIONS),
  netDriver: () =>
    netDriver<Settings>(
      methods(
        "getCapabilities createNetwork deleteNetwork createEndpoint deleteEndpoint join leave",
      ),
      OPTIONS,
    ),
  ipam: () =>
    ipam<Settings>(
      methods("getDefaultAddressSpaces requestPool releasePool requestAddress releaseAddress"),
      OPTIONS,
    ),
};
for (const [name, make] of Object.entries(PLUGINS)) {
  test(`${name}() looks at settings, where it is told how`, () => {
    assert.ok("settings_validate" in make().exports);
  });
}

test.run();

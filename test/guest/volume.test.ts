import * as assert from "uvu/assert";
import { readVolumeAnswer, VOLUME_METHODS, volumeRequest } from "../../src/contract/volume.ts";
import { DriverError } from "../../src/guest/driver-error.ts";
import type { Host } from "../../src/guest/host.ts";
import { volume, type VolumeDriver } from "../../src/guest/volume.ts";
import { suite } from "../support/suite.ts";

const test = suite("volume");

const HOST = {} as Host;
const HEADER = { settings: { root: "/srv" }, now: "2026-06-01T00:00:00Z" };

const DRIVER: VolumeDriver<{ readonly root: string }> = {
  create: () => {},
  remove: ({ name }) => {
    throw new DriverError("conflict", `"${name}" is in use`);
  },
  path: () => ({}),
  mount: ({ name, settings }) => ({ mountpoint: `${settings.root}/${name}` }),
  unmount: () => Promise.reject(new DriverError("not-found", "")),
  get: ({ name }) => Promise.resolve({ volume: { name } }),
  list: () => {
    throw new Error("a slip");
  },
};

// deno-lint-ignore no-explicit-any
const call = (entry: string, request: any, driver = DRIVER) =>
  volume(driver).exports[entry]!({ ...request } as never, HOST);
const named = volumeRequest<"get">({ name: "db" }, HEADER);

test("volume() exports what the contract names, and capabilities only where there are some", () => {
  const names = Object.values(VOLUME_METHODS).map(({ entry }) => entry);
  const all = volume({ ...DRIVER, capabilities: () => ({ scope: "global" }) });
  assert.is(all.contract, "volume");
  assert.equal(Object.keys(all.exports).sort(), names.sort());
  assert.not.ok("volume_capabilities" in volume(DRIVER).exports);
});

test("volume() answers what the host takes", async () => {
  const read = async (method: "create" | "get" | "remove" | "unmount") =>
    readVolumeAnswer<typeof method>(
      method,
      named as never,
      new TextEncoder().encode(JSON.stringify(await call(`volume_${method}`, named))),
    );
  assert.equal(await read("create"), {});
  assert.equal(await read("get"), { volume: { name: "db" } });
  assert.equal(await read("remove"), { error: { code: "conflict", message: '"db" is in use' } });
  assert.equal(await read("unmount"), { error: { code: "not-found", message: "not-found" } });
});

test("volume() hands over settings, and calls methods on their driver", () => {
  class Mine {
    root = "/mine";
    mount({ name }: { name: string }) {
      return { mountpoint: `${this.root}/${name}` };
    }
  }
  const driver = Object.assign(new Mine(), { ...DRIVER, mount: Mine.prototype.mount });
  assert.equal(call("volume_mount", named), { mountpoint: "/srv/db" });
  assert.equal(call("volume_mount", named, driver), { mountpoint: "/mine/db" });
});

test("volume() leaves any other error what it is", () => {
  assert.throws(() => call("volume_list", named), /^a slip$/);
});

test("volume() refuses requests of another contract or version", () => {
  assert.throws(() => call("volume_get", { ...named, version: 2 }), /contract "volume", version 2/);
  assert.throws(() => call("volume_get", { ...named, contract: "network" }), /"network"/);
});

test("volume() says which method is missing", () => {
  const { mount: _mount, ...rest } = DRIVER;
  assert.throws(() => volume(rest as never), /^the volume driver has no method "mount"$/);
  assert.throws(() => volume({ ...DRIVER, capabilities: 1 as never }), /"capabilities"/);
});

test.run();

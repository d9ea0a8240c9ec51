import * as assert from "uvu/assert";
import { handlerOf } from "../../src/docker/handler.ts";
import { callDocker, fakeDriver } from "../support/docker.ts";
import { type DriverCall, testDriverCalls } from "../support/driver-calls.ts";
import { suite } from "../support/suite.ts";

const test = suite("docker/volume-driver");

const VOLUME = {
  name: "a",
  mountpoint: "/srv/a",
  createdAt: "2026-01-31T12:00:00Z",
  status: { size: 1 },
};

const CALLS: readonly DriverCall[] = [
  [
    "Create",
    { Name: "a", Opts: { size: "1g" } },
    ["create", { name: "a", options: { size: "1g" } }],
    {},
    {},
  ],
  ["Create", { Name: "a", Opts: null }, ["create", { name: "a", options: {} }], {}, {}],
  ["Remove", { Name: "a" }, ["remove", { name: "a" }], {}, {}],
  ["Path", { Name: "a" }, ["path", { name: "a" }], { mountpoint: "/srv/a" }, {
    Mountpoint: "/srv/a",
  }],
  ["Path", { Name: "a" }, ["path", { name: "a" }], {}, { Mountpoint: "" }],
  ["Mount", { Name: "a", ID: "1" }, ["mount", { name: "a", id: "1" }], { mountpoint: "/srv/a" }, {
    Mountpoint: "/srv/a",
  }],
  ["Unmount", { Name: "a", ID: "1" }, ["unmount", { name: "a", id: "1" }], {}, {}],
  ["Get", { Name: "a" }, ["get", { name: "a" }], { volume: VOLUME }, {
    Volume: {
      Name: "a",
      Mountpoint: "/srv/a",
      CreatedAt: "2026-01-31T12:00:00Z",
      Status: { size: 1 },
    },
  }],
  ["Get", { Name: "a" }, ["get", { name: "a" }], { volume: { name: "a" } }, {
    Volume: { Name: "a" },
  }],
  ["List", {}, ["list", {}], { volumes: [{ name: "a" }, VOLUME] }, {
    Volumes: [
      { Name: "a" },
      {
        Name: "a",
        Mountpoint: "/srv/a",
        CreatedAt: "2026-01-31T12:00:00Z",
        Status: { size: 1 },
      },
    ],
  }],
  ["List", {}, ["list", {}], { volumes: [] }, { Volumes: [] }],
  ["Capabilities", {}, ["capabilities", {}], { scope: "global" }, {
    Capabilities: { Scope: "global" },
  }],
];

// Docker takes a Get that fails for "no such volume", whatever it says.
testDriverCalls(test, "volume", CALLS, {
  fault: { code: "not-found", message: "there is no such volume: a" },
  statement: "(moby 23, 31)",
});

test("List and Capabilities go without a body, no other method does (moby 32)", async () => {
  const { plugin, asked } = fakeDriver("volume", {
    list: { volumes: [] },
    capabilities: { scope: "local" },
  });
  const handler = handlerOf([plugin]);
  for (const name of ["Create", "Remove", "Path", "Mount", "Unmount", "Get"]) {
    const { status, body } = await callDocker(handler, `VolumeDriver.${name}`);
    assert.is(status, 400);
    assert.match(body.Err as string, `the body of VolumeDriver.${name}: it is empty`);
  }
  assert.equal(asked, []);
  assert.is((await callDocker(handler, "VolumeDriver.List")).status, 200);
  assert.is((await callDocker(handler, "VolumeDriver.Capabilities")).status, 200);
});

test.run();

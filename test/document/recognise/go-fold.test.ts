import * as assert from "uvu/assert";
import { foldBody, foldKey, unfoldSteps } from "../../../src/document/recognise/go-fold.ts";
import { CONTAINER_CREATE } from "../../../src/document/recognise/docker-schema.ts";
import type { JsonValue } from "../../../src/json.ts";
import { suite } from "../../support/suite.ts";

const test = suite("document/recognise/go-fold");

class Clash extends Error {}

const fold = (value: JsonValue) =>
  foldBody(value, CONTAINER_CREATE, (steps, field) => {
    throw new Clash(`${steps.join("/")} is ${field}`);
  });

test("foldKey() folds as Go does, the long s and the Kelvin sign as well", () => {
  assert.is(foldKey("BINDS"), "binds");
  assert.is(foldKey("bind\u017F"), "binds");
  assert.is(foldKey("NetworK\u212A"), "networkk");
  assert.is(foldKey("Über"), "über");
});

test("foldBody() gives every field of the schema its spelling", () => {
  assert.equal(
    fold({
      IMAGE: "a",
      hostconfig: {
        PRIVILEGED: true,
        capadd: ["A"],
        "bind\u017F": ["/:/x"],
        mounts: [{ TYPE: "bind", source: "/", bindoptions: { propagation: "shared" } }],
        portbindings: { "80/tcp": [{ hostport: "80" }] },
        devices: [{ pathonhost: "/dev/x" }],
      },
      networkingconfig: { endpointsconfig: { Net: { ipamconfig: { ipv4address: "1" } } } },
    }),
    {
      Image: "a",
      HostConfig: {
        Privileged: true,
        CapAdd: ["A"],
        Binds: ["/:/x"],
        Mounts: [{ Type: "bind", Source: "/", BindOptions: { Propagation: "shared" } }],
        PortBindings: { "80/tcp": [{ HostPort: "80" }] },
        Devices: [{ PathOnHost: "/dev/x" }],
      },
      NetworkingConfig: { EndpointsConfig: { Net: { IPAMConfig: { IPv4Address: "1" } } } },
    },
  );
});

test("foldBody() knows the host's configuration at the top, where older daemons take it", () => {
  assert.equal(
    fold({
      binds: ["/:/x"],
      PRIVILEGED: true,
      mounts: [{ source: "/" }],
      devices: [{ pathonhost: "x" }],
    }),
    {
      Binds: ["/:/x"],
      Privileged: true,
      Mounts: [{ Source: "/" }],
      Devices: [{ PathOnHost: "x" }],
    },
  );
});

test("foldBody() leaves the user's own keys, and fields it does not know", () => {
  const body = {
    Labels: { image: "1", Image: "2" },
    Volumes: { "/A": {}, "/a": {} },
    HostConfig: { Tmpfs: { "/Run": "", "/run": "" }, Sysctls: { A: "1" }, "x-own": 1 },
    hostconfigs: 1,
  };
  assert.equal(fold(body), body);
});

test("foldBody() takes what is not of the schema's shape as it is", () => {
  for (const value of [null, "x", 1, []]) assert.equal(fold(value), value);
  assert.equal(fold({ HostConfig: "x", Env: {} }), { HostConfig: "x", Env: {} });
});

test("foldBody() keeps __proto__ an ordinary member", () => {
  const folded = fold(JSON.parse('{"__proto__":{"image":1},"image":"a"}'));
  assert.is(JSON.stringify(folded), '{"__proto__":{"image":1},"Image":"a"}');
});

for (
  const [body, message] of [
    [{ Image: "a", image: "b" }, "image is Image"],
    [{ image: "a", Image: "b" }, "Image is Image"],
    [{ HostConfig: { Binds: [], "bind\u017F": [] } }, "HostConfig/bind\u017F is Binds"],
    [
      { hostConfig: { mounts: [{ Source: "/a", source: "/" }] } },
      "hostConfig/mounts/0/source is Source",
    ],
  ] as const
) {
  test(`foldBody() finds a clash in ${JSON.stringify(body)}`, () => {
    assert.throws(
      () => fold(body as unknown as JsonValue),
      (error: Error) => error instanceof Clash && error.message === message,
    );
  });
}

test("unfoldSteps() leads back to the input's own keys", () => {
  const body = { image: "a", HOSTCONFIG: { mounts: [{ TYPE: "x" }] }, Labels: { image: "1" } };
  assert.equal(unfoldSteps(body, ["HostConfig", "Mounts", "0", "Type"]), [
    "HOSTCONFIG",
    "mounts",
    "0",
    "TYPE",
  ]);
  assert.equal(unfoldSteps(body, ["Image"]), ["image"]);
  assert.equal(unfoldSteps(body, ["Nothing", "at", "all"]), ["Nothing", "at", "all"]);
  assert.equal(unfoldSteps(body, ["toString"]), ["toString"]);
});

test.run();

import * as assert from "uvu/assert";
import { createHandler, handlerOf } from "../../src/docker/handler.ts";
import { createHost, type Host } from "../../src/host/host.ts";
import type { LoadOptions, Plugin } from "../../src/host/plugin.ts";
import { callDocker, fakeDriver, fakePolicy } from "../support/docker.ts";
import { faultOf } from "../support/fault.ts";
import { bundleOf } from "../support/guest.ts";
import { suite } from "../support/suite.ts";
import { LOOP, VOLUME, volumeGuest } from "../support/volume-guest.ts";

const test = suite<{ host: Host }>("docker/handler");

test.before(async (context) => {
  context.host = await createHost();
});

test.after(({ host }) => host.close());

/** A volume driver whose Mount does this. */
const mounting = (code: string): string => volumeGuest({}, { volume_mount: code });

const load = (host: Host, text: string, options: LoadOptions = {}): Promise<Plugin> =>
  host.load(bundleOf(text, { name: "vol", ...VOLUME }), options);

test("Plugin.Activate lists what the plugins implement, with a body or without", async () => {
  const volume = fakeDriver("volume", {}).plugin;
  const network = fakeDriver("netdriver", {}).plugin;
  const addresses = fakeDriver("ipam", {}).plugin;
  const policy = fakePolicy(["docker.response"]).plugin;
  for (
    const [plugins, names] of [
      [[volume], ["VolumeDriver"]],
      [[policy, addresses, network, volume], [
        ...["VolumeDriver", "NetworkDriver", "IpamDriver", "authz"],
      ]],
      [[policy, policy], ["authz"]],
    ] as const
  ) {
    const handler = handlerOf(plugins);
    assert.equal(handler.implements, names);
    for (const body of ["", "null", {}]) {
      assert.equal(await callDocker(handler, "Plugin.Activate", body as object), {
        status: 200,
        body: { Implements: names },
      });
    }
  }
});

test("one plugin may be several things", () => {
  const { plugin } = fakeDriver("ipam", {});
  const manifest = {
    ...plugin.manifest,
    implements: [{ contract: "ipam", version: 1 }, { contract: "netdriver", version: 1 }],
  };
  const both = { ...plugin, manifest } as Plugin;
  assert.equal(handlerOf([both]).implements, ["NetworkDriver", "IpamDriver"]);
});

test("a method that no plugin has is a 404, which Docker takes for a missing one", async () => {
  const handler = handlerOf([fakeDriver("volume", {}).plugin]);
  for (
    const method of [
      ...["", "VolumeDriver", "VolumeDriver.", "volumedriver.create", "NetworkDriver.Join"],
      ...["AuthZPlugin.AuthZReq", "constructor", "__proto__", "x".repeat(100_000)],
    ]
  ) {
    const { status, body } = await callDocker(handler, method, {});
    assert.is(status, 404);
    assert.match(
      body.Err as string,
      /this plugin implements VolumeDriver \[docker\.method-unknown\]$/,
    );
    assert.ok((body.Err as string).length < 400);
  }
});

const GARBAGE = [
  "hello",
  "[]",
  '"x"',
  "1",
  "{",
  '{"Name":',
  "\u0000",
  '{"Name":1}',
  '{"a":1}{}',
  "{}x",
]
  .concat([
    '{"Name":"a","name":"b"}',
    '{"NetworkID":[]}',
    '{"RequestUri":null}',
    "[".repeat(50_000),
  ]);

test("garbage is answered by no method as if it were a question", async () => {
  // Whoever asks a driver that knows no method fails the call as well.
  const drivers = (["volume", "netdriver", "ipam"] as const).map((kind) => fakeDriver(kind, {}));
  const policy = fakePolicy(["docker.request", "docker.response"]);
  const handler = handlerOf([...drivers, policy].map(({ plugin }) => plugin));
  const methods = ["Create", "Mount", "Get", "List"].map((name) => `VolumeDriver.${name}`).concat(
    ["CreateNetwork", "CreateEndpoint", "Join", "DiscoverNew"].map((name) =>
      `NetworkDriver.${name}`
    ),
    ["RequestPool", "ReleaseAddress"].map((name) => `IpamDriver.${name}`),
    ["AuthZReq", "AuthZRes"].map((name) => `AuthZPlugin.${name}`),
  );
  for (const method of methods) {
    for (const garbage of GARBAGE) {
      const { status, body } = await callDocker(handler, method, garbage);
      const isDenied = status === 200 && body.Allow === false;
      assert.ok(isDenied || status >= 400, `${method} ${garbage.slice(0, 50)}: ${status}`);
    }
  }
  assert.is(policy.documents.length, 0);
});

test("two drivers of one kind, and what Docker has no use for, are refused", () => {
  const volume = fakeDriver("volume", {}).plugin;
  assert.is(
    faultOf(() => handlerOf([volume, fakeDriver("volume", {}).plugin])).code,
    "usage.invalid",
  );
  const other = fakePolicy(["kubernetes"]).plugin;
  const { code, message } = faultOf(() => handlerOf([volume, other]));
  assert.is(code, "registry.not-implements");
  assert.match(message, "it implements admission (kubernetes); wanted volume, netdriver, ipam, or");
  assert.is(faultOf(() => handlerOf([])).code, "usage.invalid");
});

test("createHandler() refuses a plugin that is not what it was named for", () => {
  const volume = fakeDriver("volume", {}).plugin;
  for (const kind of ["netdriver", "ipam"] as const) {
    assert.is(faultOf(() => createHandler({ [kind]: volume })).code, "registry.not-implements");
  }
  assert.is(faultOf(() => createHandler({ authz: [volume] })).code, "registry.not-implements");
  assert.is(faultOf(() => createHandler({})).code, "usage.invalid");
});

test("a bundle answers, and asks for what its contract wants (moby 32)", async ({ host }) => {
  const handler = handlerOf([await load(host, volumeGuest())]);
  const mount = { Name: "a", ID: "1" };
  assert.equal(await callDocker(handler, "VolumeDriver.Mount", mount), {
    status: 200,
    body: { Mountpoint: "/srv/a" },
  });
  const capabilities = await callDocker(handler, "VolumeDriver.Capabilities");
  assert.equal(capabilities.body, { Capabilities: { Scope: "local" } });
  for (const bad of [{ Name: "a", ID: "" }, { Name: "", ID: "1" }, { Name: "a\nb", ID: "1" }]) {
    const { status, body } = await callDocker(handler, "VolumeDriver.Mount", bad);
    assert.is(status, 400);
    assert.match(body.Err as string, /\[contract\.input-invalid\]$/);
  }
  // It answers about another volume than it was asked for.
  const { status, body } = await callDocker(handler, "VolumeDriver.Get", { Name: "b" });
  assert.is(status, 500);
  assert.match(body.Err as string, /\[contract\.output-invalid\]$/);
});

test("a guest that traps or loops in Mount is an error, and the next call works", async ({ host }) => {
  for (
    const [text, options, code] of [
      ["unreachable", {}, "sandbox.trap"],
      [LOOP, { fuel: 100_000 }, "sandbox.fuel"],
      [LOOP, { timeoutMs: 50 }, "sandbox.timeout"],
    ] as const
  ) {
    const handler = handlerOf([await load(host, mounting(text), options)]);
    for (let i = 0; i < 2; i++) {
      const { status, body } = await callDocker(handler, "VolumeDriver.Mount", {
        Name: "a",
        ID: "1",
      });
      assert.is(status, 500);
      assert.ok((body.Err as string).endsWith(`[${code}]`), body.Err as string);
      assert.is((await callDocker(handler, "VolumeDriver.Create", { Name: "a" })).status, 200);
    }
  }
});

test("a caller that goes away ends its call", async ({ host }) => {
  const handler = handlerOf([
    await load(host, mounting(LOOP), {
      mode: "worker",
      fuel: Number.MAX_SAFE_INTEGER,
      timeoutMs: 600_000,
    }),
  ]);
  const controller = new AbortController();
  const mount = callDocker(
    handler,
    "VolumeDriver.Mount",
    { Name: "a", ID: "1" },
    controller.signal,
  );
  // Behind it in the line, as calls of one driver are.
  const create = callDocker(handler, "VolumeDriver.Create", { Name: "a" });
  controller.abort();
  assert.match((await mount).body.Err as string, /\[call\.aborted\]$/);
  assert.equal(await create, { status: 200, body: {} });
  const late = await callDocker(handler, "VolumeDriver.Create", { Name: "a" }, controller.signal);
  assert.match(late.body.Err as string, /\[call\.aborted\]$/);
});

test("200 creates at once all come back", async ({ host }) => {
  const plugin = await load(host, volumeGuest(), { mode: "worker" });
  const handler = handlerOf([plugin]);
  const answers = await Promise.all(
    Array.from(
      { length: 200 },
      (_, i) => callDocker(handler, "VolumeDriver.Create", { Name: `v${i}`, Opts: {} }),
    ),
  );
  assert.ok(answers.every(({ status }) => status === 200));
});

test.run();

import { chmod, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import * as assert from "uvu/assert";
import type { PluginClient } from "../../src/docker/plugin-client.ts";
import { PluginRegistry, type PluginRegistryOptions } from "../../src/docker/plugin-registry.ts";
import { serveDocker } from "../../src/docker/serve.ts";
import { createHost, type Host } from "../../src/host/host.ts";
import type { Plugin } from "../../src/host/plugin.ts";
import type { PluginError } from "../../src/plugin-error.ts";
import {
  answering,
  errorOf,
  implementing,
  reply,
  startPlugin,
  startRaw,
  testClock,
} from "../support/docker-plugin.ts";
import { answering as judging, answeringEach, bundleOf } from "../support/guest.ts";
import { projectPath } from "../support/paths.ts";
import { makeFolder, type TestFolder } from "../support/folder.ts";
import { suite } from "../support/suite.ts";

// "(moby N)" in a test's name is the number of a behaviour in test/docker/README.md.

/** A folder for both sockets and specs, and a registry of it whose clock does not wait. */
interface World extends AsyncDisposable {
  readonly folder: TestFolder;
  readonly registry: PluginRegistry;
  socket(name: string): string;
}

async function world(options: PluginRegistryOptions = {}): Promise<World> {
  const folder = await makeFolder();
  const folders = { socketFolders: [folder.path], specFolders: [folder.path] };
  const registry = new PluginRegistry({ ...folders, clock: testClock(), ...options });
  return {
    folder,
    registry,
    socket: (name) => join(folder.path, `${name}.sock`),
    [Symbol.asyncDispose]: async () => {
      await registry.close();
      await folder.remove();
    },
  };
}

/** Lets everything go on that need not wait for the outside. */
const settle = () => new Promise((resolve) => setTimeout(resolve, 20));

const test = suite("PluginRegistry");

test("get() gives a plugin of the kind, or says that it is none, or not there (moby 20)", async () => {
  await using here = await world();
  await using _plugin = await startPlugin(here.socket("fruit"), implementing("apple"));
  const fruit = await here.registry.get("fruit", "apple");
  assert.equal([fruit.name, fruit.isV1, fruit.protocol], ["fruit", true, "moby.plugins.http/v1"]);
  assert.is(fruit.address, `unix://${here.socket("fruit")}`);
  assert.is(fruit.scopedPath("/a/b"), "/a/b");
  const banana = await errorOf(here.registry.get("fruit", "banana"));
  assert.is(banana.code, "registry.not-implements");
  assert.is(banana.message, 'The plugin "fruit" implements apple, not banana');
  await using _odd = await startPlugin(
    here.socket("odd"),
    implementing("a\nb\u001b", "x".repeat(9_999)),
  );
  const { message } = await errorOf(here.registry.get("odd", "banana"));
  assert.match(
    message,
    /^The plugin "odd" implements a\\nb\\u\{1b\}, x+… \(\d+ more\), not banana$/,
  );
  const missing = await errorOf(here.registry.get("vegetable", "apple"));
  assert.is(missing.code, "registry.not-found");
  for (const name of ["", "../fruit"]) {
    assert.is((await errorOf(here.registry.get(name, "apple"))).code, "usage.invalid");
  }
});

test("get() activates what scan() has found and nobody has asked for (moby 21)", async () => {
  await using here = await world();
  await using plugin = await startPlugin(here.socket("fruit"), implementing("apple"));
  assert.equal(await here.registry.scan(), ["fruit"]);
  assert.is(plugin.received.length, 0);
  const { client } = await here.registry.get("fruit", "apple");
  assert.equal(plugin.received.map(({ url, body }) => [url, body]), [["/Plugin.Activate", ""]]);
  assert.is((await errorOf(client.call("Other.Method"))).code, "docker.call-failed");
});

test("a plugin is activated once; all who wait share it, and later ones", async () => {
  await using here = await world();
  let answer!: () => void;
  await using plugin = await startPlugin(here.socket("fruit"), (_request, response) => {
    answer = () => reply(response, { implements: ["apple", "pear"] });
  });
  const waiting = [1, 2, 3].map(() => here.registry.get("fruit", "apple"));
  const others = [here.registry.getAll("pear"), here.registry.getAll("plum")];
  while (plugin.received.length === 0) await settle();
  await settle();
  answer();
  const [first, ...rest] = await Promise.all(waiting);
  assert.ok(rest.every((one) => one === first));
  assert.equal(await Promise.all(others), [[first], []]);
  assert.is(await here.registry.get("fruit", "pear"), first);
  assert.is(plugin.received.length, 1);
});

test("whoever waits for an activation that fails hears of it, and the next one tries anew (moby 19)", async () => {
  await using here = await world();
  let works = false;
  let answer!: () => void;
  await using plugin = await startPlugin(here.socket("fruit"), (_request, response) => {
    answer = () => reply(response, { Err: "some junk happened" }, 500);
    if (works) reply(response, { Implements: ["apple"] });
  });
  const get = () => errorOf(here.registry.get("fruit", "apple"));
  const first = get();
  while (plugin.received.length === 0) await settle();
  const others = [get(), get()];
  answer();
  for (const { code, message } of await Promise.all([first, ...others])) {
    assert.equal([code, message], ["docker.call-failed", "Plugin.Activate: some junk happened"]);
  }
  assert.is(plugin.received.length, 1);
  works = true;
  assert.is((await here.registry.get("fruit", "apple")).name, "fruit");
  assert.is(plugin.received.length, 2);
});

test("an answer to the activation that is none evicts the plugin", async () => {
  await using here = await world();
  const answers = ["[]", '{"Implements":"apple"}', '{"Implements":[1]}', "", "{", '"x"'];
  await using plugin = await startPlugin(here.socket("fruit"), (_request, response, count) => {
    reply(response, answers[count - 1] ?? '{"Implements":null}');
  });
  for (const answer of answers) {
    const error = await errorOf(here.registry.get("fruit", "apple"));
    assert.is(error.code, "docker.answer-invalid", answer);
  }
  const error = await errorOf(here.registry.get("fruit", "apple"));
  assert.is(error.message, 'The plugin "fruit" implements nothing, not apple');
  assert.is(plugin.received.length, answers.length + 1);
});

test("getAll() gives the plugins of a kind, those that are known too (moby 22)", async () => {
  await using here = await world();
  await using one = await startPlugin(here.socket("a"), implementing("apple"));
  await using _two = await startPlugin(here.socket("b"), implementing("banana"));
  await using three = await startPlugin({}, implementing("apple"));
  await here.folder.write({ "example.json": JSON.stringify({ Name: "x", Addr: three.address }) });
  const known = await here.registry.get("a", "apple");
  const all = await here.registry.getAll("apple");
  assert.equal(all.map(({ name }) => name), ["a", "example"]);
  assert.is(all[0], known);
  assert.is(one.received.length, 1);
});

test("getAll() leaves out what cannot be had, says so, and does not look for it again", async () => {
  const warnings: string[] = [];
  const clock = testClock();
  await using here = await world({ clock, onWarning: (message) => warnings.push(message) });
  await using _plugin = await startPlugin(here.socket("good"), implementing("apple"));
  await using _bad = await startPlugin(here.socket("bad"), implementing());
  await using _broken = await startPlugin(here.socket("broken"), answering({}));
  await here.folder.write({ "half.json": "{", "unknown.spec": "localhost:8080" });
  const all = await here.registry.getAll("apple");
  assert.equal(all.map(({ name }) => name), ["good"]);
  assert.equal(warnings.map((text) => /"(.*?)": (\w+)/.exec(text)!.slice(1)).sort(), [
    ["broken", "Plugin"],
    ["half", "Cannot"],
    ["unknown", "Cannot"],
  ]);
  assert.equal(clock.slept, []);
});

test("a plugin that is down does not hold up another one, and its client waits no longer than Docker's (moby 29)", async () => {
  let sleeping!: () => void;
  const asleep = new Promise<void>((resolve) => sleeping = resolve);
  let wake!: () => void;
  const woken = new Promise<void>((resolve) => wake = resolve);
  const clock = testClock(() => {
    sleeping();
    return woken;
  });
  await using here = await world({ clock });
  await using dead = await startRaw(here.socket("down"), (socket) => socket.destroy());
  await using _plugin = await startPlugin(here.socket("up"), implementing("VolumeDriver"));
  const down = errorOf(here.registry.get("down", "VolumeDriver"));
  await asleep;
  assert.is((await here.registry.get("up", "VolumeDriver")).name, "up");
  wake();
  assert.is((await down).code, "docker.unreachable");
  assert.is(dead.connections(), 5);
  assert.equal(clock.slept, [1_000, 2_000, 4_000, 8_000]);
});

test("a plugin that appears late is found; so is a spec that is not written yet (moby 30)", async () => {
  const started: { close(): Promise<void> }[] = [];
  const clock = testClock(async (ms) => {
    if (ms !== 2_000) return;
    started.push(await startPlugin(here.socket("late"), implementing("apple")));
  });
  await using here = await world({ clock });
  assert.is((await here.registry.get("late", "apple")).name, "late");
  assert.equal(clock.slept, [1_000, 2_000]);
  await using plugin = await startPlugin({}, implementing("apple"));
  const other = testClock(() => there.folder.write({ "spec.spec": `${plugin.address}\n` }));
  await using there = await world({ clock: other });
  await there.folder.write({ "spec.spec": "" });
  assert.is((await there.registry.get("spec", "apple")).name, "spec");
  assert.equal(other.slept, [1_000]);
  await Promise.all(started.map((plugin) => plugin.close()));
});

test("a plugin that does not answer its activation is given up", async () => {
  await using here = await world({ activationTimeoutMs: 20 });
  await using _plugin = await startPlugin(here.socket("mute"), () => {});
  const error = await errorOf(here.registry.get("mute", "apple"));
  assert.is(error.code, "docker.timeout");
  assert.match(error.message, "Plugin.Activate was given up");
});

test("handle() behind an activation holds up nobody, and shows plugins to all again (moby 18)", async () => {
  await using here = await world();
  await using _one = await startPlugin(here.socket("one"), implementing("bananas", "apples"));
  await using _two = await startPlugin(here.socket("two"), implementing("apples"));
  const seen: string[] = [];
  const see = (who: string) => (name: string) => void seen.push(`${who}: ${name}`);
  here.registry.handle("apples", see("a"));
  await here.registry.get("one", "bananas");
  await here.registry.get("two", "apples");
  await here.registry.get("one", "bananas");
  assert.equal(seen.splice(0), ["a: one", "a: two"]);
  here.registry.handle("bananas", see("b"));
  assert.equal(seen, []);
  await Promise.all([here.registry.get("one", "apples"), here.registry.get("one", "bananas")]);
  assert.equal(seen.splice(0), ["b: one", "a: one"]);
  await here.registry.get("two", "apples");
  assert.equal(seen, []);
  assert.is((await here.registry.get("one", "apples")).name, "one");
});

test("nobody gets a plugin before its handlers have seen it; one that fails is asked again", async () => {
  await using here = await world();
  await using plugin = await startPlugin(here.socket("p"), implementing("apples"));
  let go!: () => void;
  const gate = new Promise<void>((resolve) => go = resolve);
  let fails = true;
  here.registry.handle("apples", async (_name, client: PluginClient) => {
    await gate;
    await errorOf(client.call("Handler.Asks", {}));
    // Its own plugin, which waits for this handler.
    await here.registry.get("p", "apples");
    if (fails) throw new Error("not now");
  });
  const waiting = [1, 2].map(() => errorOf(here.registry.get("p", "apples")));
  await settle();
  assert.is(await Promise.race([waiting[0], Promise.resolve("waits")]), "waits");
  go();
  for (const { message } of await Promise.all(waiting)) assert.is(message, "not now");
  fails = false;
  assert.is((await here.registry.get("p", "apples")).name, "p");
  const asked = plugin.received.map(({ url }) => url);
  assert.equal(asked, ["/Plugin.Activate", "/Handler.Asks", "/Handler.Asks"]);
});

test("one who waits can give up; what the others wait for goes on", async () => {
  await using here = await world();
  let answer!: () => void;
  await using plugin = await startPlugin(here.socket("slow"), (_request, response) => {
    answer = () => reply(response, { Implements: ["apple"] });
  });
  const controller = new AbortController();
  const { signal } = controller;
  const leaving = [
    errorOf(here.registry.get("slow", "apple", { signal })),
    errorOf(here.registry.getAll("apple", { signal })),
  ];
  const staying = here.registry.get("slow", "apple");
  while (plugin.received.length === 0) await settle();
  controller.abort();
  for (const error of await Promise.all(leaving)) assert.is(error.code, "call.aborted");
  answer();
  assert.is((await staying).name, "slow");
  assert.is((await errorOf(here.registry.get("slow", "apple", { signal }))).code, "call.aborted");
});

test("close() ends clients, activations and waits between tries; nothing is got then", async () => {
  const clock = testClock(() => void here.registry.close());
  await using here = await world({ clock });
  await using mute = await startPlugin(here.socket("mute"), ({ url }, response) => {
    if (url === "/Plugin.Activate") reply(response, { Implements: ["apple"] });
  });
  await using slow = await startPlugin(here.socket("slow"), () => {});
  await using _dead = await startRaw(here.socket("dead"), (socket) => socket.destroy());
  const { client } = await here.registry.get("mute", "apple");
  const calling = errorOf(client.call("A.B", {}));
  const activating = errorOf(here.registry.get("slow", "apple"));
  while (mute.received.length < 2 || slow.received.length < 1) await settle();
  const all = errorOf(here.registry.getAll("apple"));
  // The first wait closes the registry.
  assert.is((await errorOf(here.registry.get("dead", "apple"))).code, "docker.closed");
  for (const error of await Promise.all([calling, activating, all])) {
    assert.is(error.code, "docker.closed");
  }
  assert.equal(clock.slept.slice(0, 1), [1_000]);
  for (const later of [here.registry.get("mute", "apple"), here.registry.scan()]) {
    assert.is((await errorOf(later)).code, "docker.closed");
  }
  await here.registry.close();
});

test("a missing plugin is not waited for once the registry is closed", async () => {
  const clock = testClock(() => void here.registry.close());
  await using here = await world({ clock });
  assert.is((await errorOf(here.registry.get("none", "apple"))).code, "docker.closed");
  assert.equal(clock.slept, [1_000]);
});

test("a thousand plugins in one folder are all found, a hundred asked at a time", async () => {
  await using here = await world();
  let now = 0;
  let most = 0;
  await using plugin = await startPlugin({}, async (_request, response, count) => {
    most = Math.max(most, ++now);
    await settle();
    now--;
    reply(response, { Implements: [count % 2 === 0 ? "even" : "odd"] });
  });
  const names = Array.from({ length: 1_000 }, (_, n) => `p${n}`);
  await here.folder.write(
    Object.fromEntries(names.map((name) => [`${name}.spec`, plugin.address])),
  );
  assert.equal(await here.registry.scan(), names.toSorted());
  const [even, odd] = await Promise.all(["even", "odd"].map((kind) => here.registry.getAll(kind)));
  assert.equal([even!.length, odd!.length], [500, 500]);
  assert.is(plugin.received.length, 1_000);
  assert.ok(most <= 100, `${most} at a time`);
});

test("a plugin behind TLS is called with both sides' certificates; behind a .spec, only if it is known", async () => {
  const tls = (name: string) => projectPath("test", "fixture", "tls", name);
  const [cert, key, ca] = await Promise.all(
    ["server.pem", "server.key", "ca.pem"].map((name) => readFile(tls(name))),
  );
  const asking = { cert, key, ca, requestCert: true, rejectUnauthorized: true };
  await using plugin = await startPlugin({ tls: asking }, implementing("apple"));
  await using open = await startPlugin({ tls: { cert, key } }, implementing("apple"));
  const files = {
    "mutual.json": JSON.stringify({
      Addr: plugin.address,
      TLSConfig: {
        CAFile: tls("ca.pem"),
        CertFile: tls("client.pem"),
        KeyFile: tls("client.key"),
      },
    }),
    "alone.json": JSON.stringify({ Addr: plugin.address, TLSConfig: { CAFile: tls("ca.pem") } }),
    "unsure.json": JSON.stringify({ Addr: open.address, TLSConfig: {} }),
    "skip.json": JSON.stringify({ Addr: open.address, TLSConfig: { InsecureSkipVerify: true } }),
    "spec.spec": open.address,
  };
  const outcomes = async (options: PluginRegistryOptions) => {
    await using here = await world(options);
    await here.folder.write(files);
    return await Promise.all(
      ["mutual", "alone", "unsure", "skip", "spec"].map((name) =>
        here.registry.get(name, "apple").then(() => true, () => false)
      ),
    );
  };
  assert.equal(await outcomes({}), [true, false, false, true, false]);
  assert.equal(await outcomes({ tlsVerification: "as-docker" }), [true, false, true, true, true]);
});

const VOLUME = { name: "vol", implements: [{ contract: "volume", version: 1 }] };
const ENTRIES = ["create", "remove", "path", "mount", "unmount", "get", "list"];
const VOLUME_BUNDLE = bundleOf(
  answeringEach({
    ...Object.fromEntries(ENTRIES.map((name) => [`volume_${name}`, "{}"])),
    volume_path: '{"mountpoint":"/srv/db"}',
    volume_remove: '{"error":{"code":"not-found","message":"no such volume"}}',
  }),
  VOLUME,
);

test("a bundle answers through the same client as a socket", async () => {
  await using host = await createHost({ workers: 1 });
  await using here = await world({ host });
  await using _plugin = await startPlugin(
    here.socket("native"),
    answering({
      "Plugin.Activate": { Implements: ["VolumeDriver"] },
      "VolumeDriver.Path": { Mountpoint: "/srv/db" },
    }),
  );
  await here.folder.write({ "vol.wasm": VOLUME_BUNDLE, "sub/sub.wasm": VOLUME_BUNDLE });
  assert.equal(await here.registry.scan(), ["native", "sub", "vol"]);
  const all = await here.registry.getAll("VolumeDriver");
  assert.equal(all.map(({ name }) => name), ["native", "sub", "vol"]);
  for (const { client } of all) {
    const answer = await client.call("VolumeDriver.Path", { Name: "db" });
    assert.equal(answer, { Mountpoint: "/srv/db" });
    assert.is((await errorOf(client.call("VolumeDriver.Nothing", {}))).code, "docker.call-failed");
  }
  const vol = await here.registry.get("vol", "VolumeDriver");
  assert.is(vol.address, `file://${join(here.folder.path, "vol.wasm")}`);
  const refused = await errorOf(vol.client.call("VolumeDriver.Remove", { Name: "db" }));
  assert.equal([refused.code, refused.message], [
    "docker.call-failed",
    "VolumeDriver.Remove: no such volume",
  ]);
  const stream = await vol.client.stream("VolumeDriver.Path", { Name: "db" });
  assert.equal(await new Response(stream).json(), { Mountpoint: "/srv/db" });
  const bytes = new Blob(['{"Name":"db"}']).stream();
  assert.equal(await vol.client.sendFile("VolumeDriver.Path", bytes), { Mountpoint: "/srv/db" });
  const signal = AbortSignal.abort();
  const given = await errorOf(vol.client.call("VolumeDriver.Path", { Name: "db" }, { signal }));
  assert.is(given.code, "call.aborted");
  assert.equal(await here.registry.getAll("NetworkDriver"), []);
});

test("a bundle says the same from a folder, through a socket and through a port with TLS", async () => {
  await using host = await createHost({ workers: 1 });
  await using here = await world({ host });
  const volume = await host.load(VOLUME_BUNDLE);
  const tls = (name: string) => projectPath("test", "fixture", "tls", name);
  await using _socket = await serveDocker({ name: "socket", volume, socketDir: here.folder.path });
  await using _port = await serveDocker({
    name: "port",
    volume,
    tcp: {
      host: "127.0.0.1",
      port: 0,
      specDir: here.folder.path,
      tls: {
        certFile: tls("server.pem"),
        keyFile: tls("server.key"),
        caFile: tls("ca.pem"),
        client: { certFile: tls("client.pem"), keyFile: tls("client.key") },
      },
    },
  });
  await here.folder.write({ "file.wasm": VOLUME_BUNDLE });
  const all = await here.registry.getAll("VolumeDriver");
  assert.equal(all.map(({ name }) => name), ["socket", "port", "file"]);
  const calls: [method: string, args: unknown][] = [
    ["VolumeDriver.Path", { Name: "db" }],
    ["VolumeDriver.Capabilities", undefined],
    ["VolumeDriver.Remove", { Name: "db" }],
    ["VolumeDriver.Remove", { Name: 7 }],
    ["VolumeDriver.None", {}],
    ["AuthZPlugin.AuthZReq", {}],
  ];
  for (const [method, args] of calls) {
    const outcomes = await Promise.all(
      all.map(({ client }) =>
        client.call(method, args).catch(({ code, message, details }) => ({
          code,
          message,
          details,
        }))
      ),
    );
    assert.equal(outcomes[1], outcomes[0], method);
    assert.equal(outcomes[2], outcomes[0], method);
  }
});

test("a bundle is only looked for where there is a host; of one name, the socket counts", async () => {
  await using here = await world();
  await here.folder.write({ "vol.wasm": VOLUME_BUNDLE });
  assert.is((await errorOf(here.registry.get("vol", "VolumeDriver"))).code, "registry.not-found");
  await using host = await createHost({ workers: 1 });
  await using there = await world({ host });
  await there.folder.write({ "vol.wasm": VOLUME_BUNDLE });
  const plugin = await startPlugin(there.socket("vol"), implementing("apple"));
  assert.is((await there.registry.get("vol", "apple")).address, plugin.address);
  await plugin.close();
  // What was found first stays, though it has gone.
  assert.is((await there.registry.get("vol", "apple")).address, plugin.address);
});

test("a bundle is loaded as its options say, and granted nothing without them", async () => {
  await using host = await createHost({ workers: 1 });
  const asked: string[][] = [];
  await using here = await world({
    host,
    bundles: (name, path) => {
      asked.push([name, path]);
      return name === "pinned" ? { digest: `sha256:${"0".repeat(64)}` } : {};
    },
  });
  const wanting = bundleOf(
    answeringEach(Object.fromEntries(ENTRIES.map((name) => [`volume_${name}`, "{}"]))),
    { ...VOLUME, capabilities: ["state"] },
  );
  const judge = bundleOf(judging("{}"));
  await here.folder.write({
    "pinned.wasm": VOLUME_BUNDLE,
    "wanting.wasm": wanting,
    "judge.wasm": judge,
    "none.wasm": "no module",
  });
  const code = async (name: string) =>
    (await errorOf(here.registry.get(name, "VolumeDriver"))).code ?? "";
  assert.is(await code("pinned"), "bundle.digest-mismatch");
  assert.is(await code("judge"), "registry.not-implements");
  assert.is(await code("none"), "bundle.malformed");
  assert.is(await code("wanting"), "capability.denied");
  const path = (name: string) => join(here.folder.path, `${name}.wasm`);
  assert.equal(
    asked,
    ["pinned", "judge", "none", "wanting"].map((name) => [name, path(name)]),
  );
});

test("a bundle that others can change is granted nothing, unless it is pinned", async () => {
  await using host = await createHost({ workers: 1 });
  const options = { grants: {} };
  await using here = await world({ host, bundles: { vol: options, constructor: options } });
  await here.folder.write({ "vol.wasm": VOLUME_BUNDLE, "other.wasm": VOLUME_BUNDLE });
  for (const name of ["vol", "other"]) await chmod(join(here.folder.path, `${name}.wasm`), 0o666);
  const error = await errorOf(here.registry.get("vol", "VolumeDriver"));
  assert.is(error.code, "trust.writable");
  assert.is((await here.registry.get("other", "VolumeDriver")).name, "other");
  const { digest } = await host.load(join(here.folder.path, "vol.wasm"));
  await using there = await world({ host, bundles: { vol: { ...options, digest } } });
  await there.folder.write({ "vol.wasm": VOLUME_BUNDLE });
  await chmod(join(there.folder.path, "vol.wasm"), 0o666);
  assert.is((await there.registry.get("vol", "VolumeDriver")).name, "vol");
});

const HOOK_BUNDLE = bundleOf(answeringEach({ hook_volume_pre_create: "{}" }), {
  implements: [{ contract: "hooks", version: 1 }],
});

/** A host, and what was loaded by it through `lent`. */
async function watchedHost(beforeLoad: () => Promise<void> = () => Promise.resolve()) {
  const host = await createHost({ workers: 1 });
  const loaded: Plugin[] = [];
  const lent: Host = {
    ...host,
    load: async (source, options) => {
      await beforeLoad();
      const plugin = await host.load(source, options);
      loaded.push(plugin);
      return plugin;
    },
  };
  return { host, lent, loaded, [Symbol.asyncDispose]: () => host.close() };
}

/** What becomes of a call of a volume plugin. */
const fateOf = (plugin: Plugin): Promise<string> =>
  plugin.volume.path({ name: "db" }).then(() => "it answers", ({ code }: PluginError) => code);

test("close() ends the bundles that it has loaded, and no others", async () => {
  await using watched = await watchedHost();
  await using here = await world({ host: watched.lent });
  await here.folder.write({ "vol.wasm": VOLUME_BUNDLE, "hook.wasm": HOOK_BUNDLE });
  const lent = await watched.host.load(VOLUME_BUNDLE);
  const { client } = await here.registry.get("vol", "VolumeDriver");
  const useless = await errorOf(here.registry.get("hook", "VolumeDriver"));
  assert.is(useless.code, "registry.not-implements");
  const [vol, hook] = watched.loaded;
  assert.is(await fateOf(vol!), "it answers");
  // Docker has no use for this one, so that nobody could end it later.
  const asked = await errorOf(hook!.call("hook_volume_pre_create", {}));
  assert.is(asked.code, "sandbox.closed");
  await here.registry.close();
  await here.registry.close();
  assert.equal([await fateOf(vol!), await fateOf(lent)], ["sandbox.closed", "it answers"]);
  const path = client.call("VolumeDriver.Path", { Name: "db" });
  assert.is((await errorOf(path)).code, "docker.closed");
});

test("close() waits for a bundle that is being loaded, and ends it", async () => {
  let load!: () => void;
  const loading = new Promise<void>((resolve) => load = resolve);
  let begin!: () => void;
  const began = new Promise<void>((resolve) => begin = resolve);
  await using watched = await watchedHost(() => {
    begin();
    return loading;
  });
  await using here = await world({ host: watched.lent });
  await here.folder.write({ "vol.wasm": VOLUME_BUNDLE });
  const getting = errorOf(here.registry.get("vol", "VolumeDriver"));
  await began;
  const closed = here.registry.close();
  // Who asked for it does not wait.
  assert.is((await getting).code, "docker.closed");
  load();
  await closed;
  assert.is(await fateOf(watched.loaded[0]!), "sandbox.closed");
});

test("a client stays where its plugin is started anew, which is not asked again what it is for", async () => {
  const started: { close(): Promise<void> }[] = [];
  const path = () => here.socket("p");
  const react = answering({ "Plugin.Activate": { Implements: ["apple"] }, "A.B": { fresh: true } });
  const clock = testClock(async () => {
    started.push(await startPlugin(path(), react));
  });
  await using here = await world({ clock });
  const first = await startPlugin(path(), react);
  const { client } = await here.registry.get("p", "apple");
  await first.close();
  await rm(path(), { force: true });
  assert.equal(await client.call("A.B"), { fresh: true });
  assert.equal(clock.slept, [1_000]);
  await Promise.all(started.map((plugin) => plugin.close()));
});

test.run();

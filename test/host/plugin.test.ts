import { existsSync, readdirSync } from "node:fs";
import process from "node:process";
import * as assert from "uvu/assert";
import type { MetadataProvider } from "../../src/capability/metadata-provider.ts";
import { createHost, createHostWith, type Host } from "../../src/host/host.ts";
import type { Plugin } from "../../src/host/plugin.ts";
import { jsonDocument } from "../support/document.ts";
import { answering, asking, askThrough, bundleOf } from "../support/guest.ts";
import { codeOf } from "../support/sandbox.ts";
import { suite } from "../support/suite.ts";
import { until } from "../support/until.ts";

const test = suite("Plugin.close()", 60_000);

const DOCUMENT = jsonDocument({ a: 1 });
const GUEST = answering('{"allowed":true,"reasons":[]}');
const GOOD = bundleOf(GUEST);
/** A megabyte that every instance has for itself, and its image again. */
const MEGABYTE = bundleOf(
  GUEST.replace(
    /\(memory \(export "memory"\) \d+\)/,
    `(memory (export "memory") 20) (data (i32.const 131072) "${"x".repeat(1 << 20)}")`,
  ),
);
const LOOP = bundleOf(`(module (memory (export "memory") 1)
  (func (export "admission_check") (result i32) (loop $l (br $l)) (i32.const 0)))`);
const METADATA = bundleOf(asking("metadata_list"), { capabilities: ["metadata"] });
const ASK = [0, '{"package":"a"}'] as const;

/** What a check comes to: a code, or "none". */
const check = (plugin: Plugin) => codeOf(plugin.admission.check(DOCUMENT));

const metadata = (host: Host, list: MetadataProvider["list"]) =>
  host.load(METADATA, { grants: { metadata: { provider: { list } } } });

/** How many threads this process has; undefined where nobody says. */
function threads(): number | undefined {
  return existsSync("/proc/self/task") ? readdirSync("/proc/self/task").length : undefined;
}

for (const mode of ["inline", "worker"] as const) {
  test(`what is called later is rejected, and other plugins go on: ${mode}`, async () => {
    await using host = await createHost({ workers: 2 });
    const [plugin, other] = [await host.load(GOOD, { mode }), await host.load(GOOD, { mode })];
    assert.equal([await check(plugin), await check(other)], ["none", "none"]);
    await plugin.close();
    const error = await plugin.admission.check(DOCUMENT).catch((thrown) => thrown);
    assert.is(error.code, "sandbox.closed");
    assert.is(error.message, "Cannot call the plugin: the plugin is closed");
    assert.is(await check(other), "none");
    assert.is(await check(await host.load(GOOD, { mode })), "none");
  });

  test(`closing twice is closing once, before and behind the host's end: ${mode}`, async () => {
    const host = await createHost({ workers: 2 });
    const [one, two] = [await host.load(GOOD, { mode }), await host.load(GOOD, { mode })];
    await check(one);
    await Promise.all([one.close(), one.close(), one[Symbol.asyncDispose]()]);
    await one.close();
    await host.close();
    await Promise.all([one.close(), two.close()]);
    assert.equal([await check(one), await check(two)], ["sandbox.closed", "sandbox.closed"]);
  });

  test(`calls that wait end with it, each by itself: ${mode}`, async () => {
    await using host = await createHost({ workers: 1 });
    const [plugin, other] = [await host.load(GOOD, { mode }), await host.load(GOOD, { mode })];
    const waiting = Array.from({ length: 50 }, () => check(plugin));
    const beside = Array.from({ length: 50 }, () => check(other));
    await plugin.close();
    // The first ones may have been answered.
    const ends = await Promise.all(waiting);
    assert.is(ends.at(-1), "sandbox.closed");
    assert.equal(ends.filter((end) => end !== "none" && end !== "sandbox.closed"), []);
    assert.equal(new Set(await Promise.all(beside)), new Set(["none"]));
  });
}

test("a guest that loops is ended with its thread; another plugin's is left alone", async () => {
  await using host = await createHost({ workers: 2 });
  // Deno's threads end with their deadline only; nobody waits for that here.
  const long = { fuel: Number.MAX_SAFE_INTEGER, timeoutMs: "Deno" in globalThis ? 2_000 : 90_000 };
  const [loop, good] = [await host.load(LOOP, long), await host.load(GOOD, { mode: "worker" })];
  const looping = check(loop);
  const waiting = check(loop);
  assert.is(await check(good), "none");
  await loop.close();
  assert.equal([await looping, await waiting], ["sandbox.closed", "sandbox.closed"]);
  assert.is(await check(good), "none");
});

test("a listener that closes its plugin in the middle of a call harms nobody", async () => {
  const lines: string[] = [];
  const text = answering('{"allowed":true,"reasons":[]}').replace(
    /\(memory /,
    `(import "extism:host/env" "log_info" (func $log (param i64)))
    (memory `,
  ).replace(/\(func \(export "admission_check"\) \(result i32\)/, "$&\n(call $log (i64.const 0))");
  await using host = await createHost({
    onLog: ({ message }) => {
      lines.push(message);
      void plugin.close();
    },
  });
  const plugin: Plugin = await host.load(bundleOf(text));
  assert.equal([await check(plugin), await check(plugin)], ["none", "sandbox.closed"]);
  assert.is(lines.length, 1);
});

test("a provider that closes its plugin ends its own call, which hears of it", async () => {
  await using host = await createHost({ workers: 2 });
  const good = await host.load(GOOD);
  let ended: Promise<unknown> | undefined;
  const plugin: Plugin = await metadata(host, async ({ signal }) => {
    ended = new Promise((resolve) => signal.addEventListener("abort", resolve));
    await plugin.close();
    return { entries: [] };
  });
  assert.is(await codeOf(askThrough(plugin, ASK)), "sandbox.closed");
  await ended;
  assert.is(await check(good), "none");
});

/** Capabilities that take a while to close, and what becomes of them. */
function slowGrants() {
  const events: string[] = [];
  const open = (name: string) => {
    events.push(`open ${name}`);
    const close = async () => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      events.push(`close ${name}`);
    };
    return Promise.resolve({ functions: [], close });
  };
  return { events, open };
}

const GRANTED = bundleOf(GUEST, { capabilities: ["metadata"] });
const GRANTS = { metadata: { provider: { list: () => Promise.resolve({ entries: [] }) } } };

test("what it was granted is closed with it, once, and waited for", async () => {
  const { events, open } = slowGrants();
  await using host = await createHostWith({}, open);
  const plugin = await host.load(GRANTED, { grants: GRANTS });
  assert.equal(events, ["open metadata"]);
  void plugin.close();
  await plugin.close();
  assert.equal(events, ["open metadata", "close metadata"]);
  await host.close();
  assert.is(events.length, 2);
});

test("the host's end closes what was granted to plugins that nobody closed", async () => {
  const { events, open } = slowGrants();
  const host = await createHostWith({}, open);
  await host.load(GRANTED, { grants: GRANTS });
  const overtaken = codeOf(host.load(GRANTED, { grants: GRANTS }));
  await host.close();
  assert.is(await overtaken, "sandbox.closed");
  const opened = events.filter((event) => event.startsWith("open")).length;
  assert.ok(opened >= 1);
  assert.is(events.filter((event) => event.startsWith("close")).length, opened);
});

test("a grant that cannot be closed is told, and the host forgets the plugin all the same", async () => {
  const open = () =>
    Promise.resolve({ functions: [], close: () => Promise.reject(new Error("stuck")) });
  const host = await createHostWith({}, open);
  const plugin = await host.load(GRANTED, { grants: GRANTS });
  assert.is(await codeOf(plugin.close()), "internal.error");
  await host.close();
});

test("a thousand plugins that came and went leave no memory behind", async () => {
  await using host = await createHost({ workers: 2 });
  const gone: Plugin[] = [];
  const cycle = async () => {
    const plugin = await host.load(MEGABYTE);
    assert.is(await check(plugin), "none");
    await plugin.close();
    gone.push(plugin);
  };
  for (let n = 0; n < 50; n++) await cycle();
  const before = process.memoryUsage().rss;
  for (let n = 50; n < 1_000; n++) await cycle();
  const grown = (process.memoryUsage().rss - before) / (1 << 20);
  // Of some 2,000 MiB, while somebody still holds all plugins.
  assert.ok(grown < 500, `${Math.round(grown)} MiB more`);
  assert.is(gone.length, 1_000);
});

test("a thread that serves nobody else ends with its plugin", async () => {
  await using host = await createHost({ workers: 2 });
  for (let n = 0; n < 10; n++) {
    const plugin = await host.load(GOOD, { mode: "worker" });
    assert.is(await check(plugin), "none");
    const during = threads();
    await plugin.close();
    if (during !== undefined) await until(() => threads()! < during);
  }
});

test("a thread that serves others goes on, and drops its guest", async () => {
  await using host = await createHost({ workers: 1 });
  const other = await host.load(GOOD, { mode: "worker" });
  const before = process.memoryUsage().rss;
  for (let n = 0; n < 200; n++) {
    await using plugin = await host.load(MEGABYTE, { mode: "worker" });
    assert.equal([await check(plugin), await check(other)], ["none", "none"]);
  }
  const grown = (process.memoryUsage().rss - before) / (1 << 20);
  assert.ok(grown < 200, `${Math.round(grown)} MiB more, of some 400`);
});

test.run();

/** Calls at the wrong time, too many at once, and threads that end: the host goes on, and closes. */
import { readdir } from "node:fs/promises";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import * as assert from "uvu/assert";
import type { MetadataProvider } from "../../src/capability/metadata-provider.ts";
import { createHost, type Host } from "../../src/host/host.ts";
import type { Plugin } from "../../src/host/plugin.ts";
import { Sandbox } from "../../src/sandbox/sandbox.ts";
import { jsonDocument } from "../support/document.ts";
import { makeFolder } from "../support/folder.ts";
import { answering, asking, askThrough, bundleOf } from "../support/guest.ts";
import { codeOf, loadGuest } from "../support/sandbox.ts";
import { suite } from "../support/suite.ts";
import { ALLOW, check } from "./hostile-guest.ts";
import { outcomeOf } from "./outcome.ts";

const test = suite("hostile lives");

const DOCUMENT = jsonDocument({ a: 1 });
const GOOD = bundleOf(answering(ALLOW));
const LOOP = bundleOf(`(module ${check("(loop $l (br $l))")})`);
const METADATA = bundleOf(asking("metadata_list"), { capabilities: ["metadata"] });
const ASK = [0, '{"package":"a"}'] as const;

const call = (plugin: Plugin) => outcomeOf(() => plugin.admission.check(DOCUMENT));

const metadata = (host: Host, list: MetadataProvider["list"], timeoutMs = 5_000) =>
  host.load(METADATA, { grants: { metadata: { provider: { list } } }, timeoutMs });

test("calls after close() get sandbox.closed, and closing twice is closing once", async () => {
  const host = await createHost({ workers: 2 });
  const plugins = [await host.load(GOOD), await host.load(GOOD, { mode: "worker" })];
  for (const plugin of plugins) assert.is(await call(plugin), "allowed");
  await Promise.all([host.close(), host.close()]);
  await host.close();
  for (const plugin of plugins) assert.is(await call(plugin), "sandbox.closed");
  assert.is(await outcomeOf(() => host.load(GOOD)), "sandbox.closed");
  assert.is(await outcomeOf(() => host.load("/nowhere.wasm")), "sandbox.closed");
});

test("calls during close() end, each with its verdict or with sandbox.closed", async () => {
  const host = await createHost({ workers: 2 });
  const long = { timeoutMs: 60_000, fuel: Number.MAX_SAFE_INTEGER };
  const plugins = [
    await host.load(GOOD),
    await host.load(GOOD, { mode: "worker" }),
    // Deno's threads end with their deadline only; it waits for none.
    await host.load(LOOP, { ...long, timeoutMs: 1_000 }),
    await metadata(host, () => new Promise(() => {})),
  ];
  const before = plugins.flatMap((plugin, index) =>
    Array.from(
      { length: 20 },
      () => index === 3 ? outcomeOf(() => askThrough(plugin, ASK)) : call(plugin),
    )
  );
  await new Promise((resolve) => setTimeout(resolve, 20));
  const closing = host.close();
  const during = plugins.map(call);
  await closing;
  const ends = new Set(await Promise.all([...before, ...during]));
  ends.delete("allowed");
  assert.equal(ends, new Set(["sandbox.closed"]));
});

test("a provider that closes its host ends its own call, and close() does not wait for it", async () => {
  const host = await createHost({ workers: 2 });
  const good = await host.load(GOOD);
  const plugin = await metadata(host, async () => {
    await host.close();
    return { entries: [] };
  });
  assert.is(await outcomeOf(() => askThrough(plugin, ASK)), "sandbox.closed");
  assert.is(await call(good), "sandbox.closed");
});

test("a provider that loads, or calls what asked it, gets capability.reentrant", async () => {
  const host = await createHost({ workers: 2 });
  const codes: string[] = [];
  const plugin: Plugin = await metadata(host, async () => {
    codes.push(await outcomeOf(() => host.load(GOOD)));
    codes.push(await outcomeOf(() => askThrough(plugin, ASK)));
    return { entries: [] };
  });
  await askThrough(plugin, ASK);
  assert.equal(codes, ["capability.reentrant", "capability.reentrant"]);
  await host.close();
});

test("an answer that comes after its call's end is dropped, also for the next call", async () => {
  const host = await createHost({ workers: 1 });
  const late: (() => void)[] = [];
  const plugin = await metadata(host, () =>
    new Promise((resolve) => {
      late.push(() => resolve({ entries: [{ key: "late", value: "x" }] }));
      if (late.length > 1) resolve({ entries: [] });
    }), 400);
  assert.is(await outcomeOf(() => askThrough(plugin, ASK)), "sandbox.timeout");
  const next = askThrough(plugin, ASK);
  late[0]!();
  assert.is(new TextDecoder().decode((await next)[0]), '{"ok":{"entries":[]}}');
  await host.close();
});

test("a thread that ends of itself harms its own task only", async () => {
  const host = await createHost({ workers: 2 });
  const good = await host.load(GOOD, { mode: "worker" });
  // Each fault quotes the enumeration: gigabytes, in a thread that has a bound.
  const settings = {
    type: "object",
    properties: { a: { type: "array", items: { enum: ["x".repeat(200_000)] } } },
  };
  const bomb = outcomeOf(() =>
    host.load(bundleOf(answering(ALLOW), { settings }), {
      settings: { a: new Array(20_000).fill(1) },
      // A loaded machine needs a while on Node; Deno's threads work on at their bound until then.
      timeoutMs: "Deno" in globalThis ? 1_500 : 30_000,
    })
  );
  const beside = Promise.all(Array.from({ length: 50 }, () => call(good)));
  assert.is(await bomb, "Deno" in globalThis ? "sandbox.timeout" : "sandbox.memory");
  assert.equal(new Set(await beside), new Set(["allowed"]));
  assert.is(await call(good), "allowed");
  await host.close();
});

for (const name of ["__proto__", "constructor", "toString", "", "cofferdam:fuel", "memory"]) {
  test(`the entry point ${JSON.stringify(name)}, which no guest has, gets contract.export-missing`, async () => {
    const sandbox = new Sandbox(1);
    for (const mode of ["inline", "worker"] as const) {
      const module = await loadGuest(sandbox, answering(ALLOW), { mode });
      assert.is(module.has(name), false);
      assert.is(await codeOf(module.call(name, new Uint8Array(0))), "contract.export-missing");
    }
    await sandbox.close();
  });
}

const SETTINGS = { type: "object", properties: { a: {} }, additionalProperties: false };
for (const name of ["__proto__", "constructor", "toString", "hasOwnProperty"]) {
  test(`a setting called ${name}, which no schema has, gets contract.settings-invalid`, async () => {
    const host = await createHost();
    const settings = JSON.parse(`{"${name}":{"a":1}}`);
    const load = (manifest: Record<string, unknown>) =>
      outcomeOf(() => host.load(bundleOf(answering(ALLOW), manifest), { settings }));
    assert.is(await load({ settings: SETTINGS }), "contract.settings-invalid");
    assert.is(await load({}), "contract.settings-invalid");
    assert.is(({} as { a?: number }).a, undefined);
    await host.close();
  });
}

test("ten thousand calls at once, good and hostile, inline and in threads, each get their own end", async () => {
  const folder = await makeFolder();
  const host = await createHost({ workers: 2 });
  const little = { fuel: 100_000, memoryPages: 16 };
  const of = async (body: string, more = "", mode: "inline" | "worker" = "inline") =>
    await host.load(bundleOf(`(module ${more} ${check(body)})`), { ...little, mode });
  const deep = "(func $r (call $r) (call $r))";
  const grow =
    "(loop $l (br_if $l (i32.ne (memory.grow (i32.const 1)) (i32.const -1)))) unreachable";
  const state = await host.load(
    bundleOf(asking("state_get"), { capabilities: ["state"] }),
    { instance: "many", grants: { state: { folder: folder.path } } },
  );
  const kinds: (readonly [string, Plugin, ReturnType<typeof jsonDocument>?])[] = [
    ["allowed", await host.load(GOOD)],
    ["sandbox.trap", await of("unreachable")],
    ["allowed", await host.load(GOOD, { mode: "worker" })],
    ["sandbox.fuel", await of("(loop $l (br $l))")],
    ["sandbox.depth", await of("(call $r)", deep)],
    ["sandbox.memory", await of(grow, "(memory 1)")],
    ["allowed", state, jsonDocument("07b226b6579223a226b227d")],
    ["sandbox.trap", await of("unreachable", "", "worker")],
    ["sandbox.fuel", await of("(loop $l (br $l))", "", "worker")],
    ["contract.output-invalid", await of("")],
  ];
  const ends = await Promise.all(
    Array.from({ length: 10_000 }, (_, index) => {
      const [, plugin, document = DOCUMENT] = kinds[index % kinds.length]!;
      return outcomeOf(() => plugin.admission.check(document));
    }),
  );
  for (const [index, end] of ends.entries()) {
    assert.is(end, kinds[index % kinds.length]![0], `call ${index}`);
  }
  await host.close();
  await folder.remove();
});

test("a host that was used so leaves nothing open when it is closed", async () => {
  if (process.platform !== "linux") return;
  const open = async () => (await readdir("/proc/self/fd")).length;
  const folder = await makeFolder();
  const once = async () => {
    const host = await createHost({ workers: 2 });
    const plugin = await host.load(bundleOf(asking("state_get"), { capabilities: ["state"] }), {
      instance: "x",
      grants: { state: { folder: folder.path } },
    });
    await askThrough(plugin, [0, '{"key":"k"}']);
    await call(await host.load(GOOD, { mode: "worker" }));
    await host.close();
  };
  await once();
  const before = await open();
  for (let turn = 0; turn < 5; turn++) await once();
  // A runtime closes what a thread held when the thread is gone, which on a busy machine takes its
  // time; it may hold one or another for longer. Five hosts hold dozens.
  let after = await open();
  for (let turn = 0; after > before + 3 && turn < 200; turn++) {
    await sleep(50);
    after = await open();
  }
  assert.ok(after <= before + 3, `${before} files were open, then ${after}`);
  await folder.remove();
});

test.run();

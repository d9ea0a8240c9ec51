import { chmod, mkdir, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { state, type StateGrant } from "../../src/capability/state.ts";
import type { OpenedCapability } from "../../src/capability/host-function.ts";
import { FUNCTION_NAMES } from "../../src/capability/function-names.ts";
import { PluginError } from "../../src/plugin-error.ts";
import { ask, hostCall, pluginNamed } from "../support/capability.ts";
import { makeFolder, type TestFolder } from "../support/folder.ts";
import { suite } from "../support/suite.ts";

const test = suite("state");

let folder: TestFolder;
const opened: OpenedCapability[] = [];

test.before(async () => {
  folder = await makeFolder();
});
test.after(async () => {
  for (const one of opened) await one.close();
  await folder.remove();
});

async function openState(
  instance: string,
  bounds: Partial<StateGrant> = {},
): Promise<OpenedCapability> {
  const grant = { folder: join(folder.path, "state"), ...bounds };
  const one = await state.open(grant, pluginNamed(instance));
  opened.push(one);
  return one;
}

async function codeOf(action: Promise<unknown>): Promise<string> {
  try {
    await action;
  } catch (error) {
    return error instanceof PluginError ? error.code : String(error);
  }
  return "nothing thrown";
}

test("it gives the functions it names", async () => {
  const s = await openState("names");
  assert.equal(s.functions.map((one) => one.name), [...FUNCTION_NAMES.state]);
});

test("state_put, state_get and state_delete keep, give back and forget", async () => {
  const s = await openState("basic");
  assert.equal(await ask(s, "state_get", { key: "a" }), { ok: { value: null } });
  assert.equal(await ask(s, "state_put", { key: "a", value: "one" }), { ok: {} });
  assert.equal(await ask(s, "state_get", { key: "a" }), { ok: { value: "one" } });
  assert.equal(await ask(s, "state_delete", { key: "a" }), { ok: { deleted: true } });
  assert.equal(await ask(s, "state_delete", { key: "a" }), { ok: { deleted: false } });
  assert.equal(await ask(s, "state_get", { key: "a" }), { ok: { value: null } });
});

test("keys and values come back as they were, whatever they hold", async () => {
  const s = await openState("strange");
  const texts = ["__proto__", "constructor", "\0", "a\0b", "../..", "\ufeffmark", "\u{1f4a7}", " "];
  for (const text of texts) await ask(s, "state_put", { key: text, value: text });
  await ask(s, "state_put", { key: "empty", value: "" });
  for (const text of texts) {
    assert.equal(await ask(s, "state_get", { key: text }), { ok: { value: text } });
  }
  assert.equal(await ask(s, "state_get", { key: "empty" }), { ok: { value: "" } });
  const all = await ask(s, "state_list", {});
  assert.equal([...all.ok!["keys"] as string[]].sort(), [...texts, "empty"].sort());
  assert.is(({} as Record<string, unknown>)["value"], undefined);
});

test("state_swap writes only where what is there is what was expected", async () => {
  const s = await openState("swap");
  const swap = (expected: string | null, value: string | null) =>
    ask(s, "state_swap", { key: "k", expected, value });
  assert.equal(await swap("x", "y"), { ok: { swapped: false, current: null } });
  assert.equal(await swap(null, "1"), { ok: { swapped: true, current: "1" } });
  assert.equal(await swap(null, "2"), { ok: { swapped: false, current: "1" } });
  assert.equal(await swap("1", "2"), { ok: { swapped: true, current: "2" } });
  assert.equal(await swap("2", null), { ok: { swapped: true, current: null } });
  assert.equal(await swap(null, null), { ok: { swapped: true, current: null } });
});

test("state_swap lets one of many win each round", async () => {
  const s = await openState("race");
  for (let round = 0; round < 10; round++) {
    const expected = round === 0 ? null : String(round - 1);
    const request = { key: "n", expected, value: String(round) };
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => ask(s, "state_swap", request)),
    );
    assert.is(answers.filter((one) => one.ok!["swapped"]).length, 1);
  }
});

test("state_swap_all writes all keys, or none where one is not what was expected", async () => {
  const s = await openState("swap-all");
  const swapAll = async (
    ...changes: readonly (readonly [string, string | null, string | null])[]
  ) =>
    await ask(s, "state_swap_all", {
      changes: changes.map(([key, expected, value]) => ({ key, expected, value })),
    });
  const all = async () => (await ask(s, "state_list", {})).ok!["keys"];
  assert.equal(await swapAll(["a", null, "1"], ["b", "x", "2"]), {
    ok: { swapped: false, current: [null, null] },
  });
  assert.equal(await all(), []);
  assert.equal(await swapAll(["a", null, "1"], ["b", null, "2"], ["c", null, null]), {
    ok: { swapped: true, current: ["1", "2", null] },
  });
  assert.equal(await swapAll(["a", "1", "3"], ["b", null, "4"]), {
    ok: { swapped: false, current: ["1", "2"] },
  });
  assert.equal(await swapAll(["a", "1", null], ["b", "2", "2"], ["c", null, "5"]), {
    ok: { swapped: true, current: [null, "2", "5"] },
  });
  assert.equal(await all(), ["b", "c"]);
});

test("state_swap_all is one write, and bounded as a whole", async () => {
  const s = await openState("swap-all-bounds", { maxKeys: 2, maxBytes: 10 });
  const swapAll = async (
    ...changes: readonly (readonly [string, string | null, string | null])[]
  ) => {
    const request = changes.map(([key, expected, value]) => ({ key, expected, value }));
    return (await ask(s, "state_swap_all", { changes: request })).error?.code;
  };
  assert.is(
    await swapAll(["a", null, "1"], ["b", null, "2"], ["c", null, "3"]),
    "capability.limit",
  );
  assert.is(await swapAll(["a", null, "12345"], ["b", null, "1234"]), "capability.limit");
  assert.equal(await ask(s, "state_list", {}), { ok: { keys: [] } });
  assert.is(await swapAll(["a", null, "1234"], ["b", null, "1234"]), undefined);
  assert.is(await swapAll(["a", "1234", null], ["c", null, "4321"]), undefined);
  assert.equal(await ask(s, "state_list", {}), { ok: { keys: ["b", "c"] } });
  const slow = await openState("swap-all-rate", { writesPerSecond: 1 });
  const changes = Array.from(
    { length: 100 },
    (_, n) => ({ key: `${n}`, expected: null, value: "" }),
  );
  assert.is((await ask(slow, "state_swap_all", { changes })).ok!["swapped"], true);
});

test("state_list pages through the keys of a prefix in the order of bytes", async () => {
  const s = await openState("list");
  const keys = ["a", "b/1", "b/10", "b/2", "b/\u00e9", "b/\uff5e", "b/\u{1f4a7}", "b0", "c"];
  for (const key of keys) await ask(s, "state_put", { key, value: "" });
  assert.equal(await ask(s, "state_list", {}), { ok: { keys } });
  const first = await ask(s, "state_list", { prefix: "b/", limit: 4 });
  assert.equal(first, { ok: { keys: keys.slice(1, 5), next: "b/\u00e9" } });
  const second = await ask(s, "state_list", { prefix: "b/", limit: 4, after: "b/\u00e9" });
  assert.equal(second, { ok: { keys: ["b/\uff5e", "b/\u{1f4a7}"] } });
  const exact = await ask(s, "state_list", { prefix: "b/", limit: 6 });
  assert.equal(exact, { ok: { keys: keys.slice(1, 7) } });
  assert.equal(await ask(s, "state_list", { prefix: "b/", after: "a" }), exact);
  assert.equal(await ask(s, "state_list", { prefix: "b/", after: "c" }), { ok: { keys: [] } });
});

test("two instances never see each other's keys", async () => {
  const names = ["one", "One", "../one", "one/../one", "one\0", "o".repeat(300), "%6fne"];
  const all = await Promise.all(names.map((name) => openState(name)));
  for (const [index, s] of all.entries()) {
    await ask(s, "state_put", { key: "me", value: names[index]! });
  }
  for (const [index, s] of all.entries()) {
    assert.equal(await ask(s, "state_get", { key: "me" }), { ok: { value: names[index]! } });
  }
  // One folder each, and nothing beside the granted one.
  assert.equal(await readdir(folder.path), ["state"]);
});

test("the same instance opened twice is one store, and outlives the first to close it", async () => {
  const a = await openState("twice");
  const b = await openState("twice");
  await ask(a, "state_put", { key: "k", value: "v" });
  await a.close();
  assert.equal(await ask(b, "state_get", { key: "k" }), { ok: { value: "v" } });
  assert.is((await ask(a, "state_get", { key: "k" })).error!.code, "capability.failed");
  const closing = b.close();
  const c = await openState("twice");
  await closing;
  assert.equal(await ask(c, "state_get", { key: "k" }), { ok: { value: "v" } });
});

test("what is longer than granted is refused, counted in UTF-8", async () => {
  const s = await openState("lengths", { maxKeyBytes: 4, maxValueBytes: 4 });
  const put = async (key: string, value: string) =>
    (await ask(s, "state_put", { key, value })).error?.code;
  assert.is(await put("abcd", "abcd"), undefined);
  assert.is(await put("abcde", ""), "capability.limit");
  assert.is(await put("\u00e9\u00e9a", ""), "capability.limit");
  assert.is(await put("a", "\u00e9\u00e9a"), "capability.limit");
  for (
    const [name, request] of Object.entries({
      state_get: { key: "abcde" },
      state_delete: { key: "abcde" },
      state_list: { prefix: "abcde" },
      state_swap: { key: "a", expected: null, value: "abcde" },
      state_swap_all: {
        changes: [
          { key: "a", expected: null, value: "abcd" },
          { key: "b", expected: null, value: "abcde" },
        ],
      },
    })
  ) {
    assert.is((await ask(s, name, request)).error?.code, "capability.limit", name);
  }
});

test("keys and bytes are bounded together, and room can be made again", async () => {
  const s = await openState("totals", { maxBytes: 20, maxKeys: 3 });
  const put = async (key: string, value: string) =>
    (await ask(s, "state_put", { key, value })).error?.code;
  assert.is(await put("a", "123456789"), undefined);
  assert.is(await put("b", "123456789"), undefined);
  assert.is(await put("c", ""), "capability.limit");
  assert.is(await put("a", "1234567890"), "capability.limit");
  assert.is(await put("a", "1"), undefined);
  assert.is(await put("c", ""), undefined);
  assert.is(await put("d", ""), "capability.limit");
  await ask(s, "state_delete", { key: "b" });
  assert.is(await put("d", ""), undefined);
  assert.equal(await ask(s, "state_list", {}), { ok: { keys: ["a", "c", "d"] } });
});

test("a lowered bound lets a guest remove and shrink, not grow", async () => {
  const before = await openState("lowered");
  await ask(before, "state_put", { key: "a", value: "1234567890" });
  await before.close();
  const s = await openState("lowered", { maxBytes: 5 });
  const put = async (value: string) => (await ask(s, "state_put", { key: "a", value })).error?.code;
  assert.is(await put("12345678901"), "capability.limit");
  assert.is(await put("12345678"), undefined);
  assert.equal(await ask(s, "state_delete", { key: "a" }), { ok: { deleted: true } });
});

test("more writes than granted in a second are refused, reads are not", async () => {
  const s = await openState("rate", { writesPerSecond: 3 });
  const codes: (string | undefined)[] = [];
  for (let n = 0; n < 30; n++) {
    codes.push((await ask(s, "state_put", { key: "k", value: String(n) })).error?.code);
  }
  assert.equal(codes.slice(0, 3), [undefined, undefined, undefined]);
  assert.ok(codes.includes("capability.limit"));
  assert.is((await ask(s, "state_get", { key: "k" })).error, undefined);
});

test("attempts that write nothing are bounded as well", async () => {
  const s = await openState("rate-attempts", { writesPerSecond: 3 });
  const codes: (string | undefined)[] = [];
  for (let n = 0; n < 30; n++) {
    const request = { key: "k", expected: "not this", value: "" };
    codes.push((await ask(s, "state_swap", request)).error?.code);
  }
  assert.ok(codes.includes("capability.limit"));
});

test("writes are counted in the store, so that opening it again gives no new ones", async () => {
  const grant = { writesPerSecond: 1 };
  const first = await openState("rate-shared", grant);
  assert.equal(await ask(first, "state_put", { key: "k", value: "" }), { ok: {} });
  const codes: (string | undefined)[] = [];
  for (let n = 0; n < 5; n++) {
    const other = await openState("rate-shared", grant);
    codes.push((await ask(other, "state_put", { key: "k", value: "" })).error?.code);
  }
  assert.ok(codes.includes("capability.limit"));
});

test("a request of another form is refused", async () => {
  const s = await openState("forms");
  const cases: [string, string][] = [
    ["state_get", "{}"],
    ["state_get", '{"key":""}'],
    ["state_get", '{"key":1}'],
    ["state_get", '{"key":"a","more":1}'],
    ["state_get", '{"key":"a","key":"b"}'],
    ["state_get", '{"key":"\\ud800"}'],
    ["state_get", "not JSON"],
    ["state_get", ""],
    ["state_get", "[]"],
    ["state_put", '{"key":"a","value":{}}'],
    ["state_list", '{"limit":0}'],
    ["state_list", '{"limit":1001}'],
    ["state_list", '{"__proto__":{"limit":1}}'],
    ["state_swap", '{"key":"a","value":"b"}'],
    ["state_swap_all", '{"changes":[]}'],
    ["state_swap_all", '{"changes":[{"key":"a","value":"b"}]}'],
    [
      "state_swap_all",
      `{"changes":[${Array(2).fill('{"key":"a","expected":null,"value":"b"}').join(",")}]}`,
    ],
    [
      "state_swap_all",
      `{"changes":[${
        Array.from({ length: 101 }, (_, n) => `{"key":"${n}","expected":null,"value":"b"}`).join(
          ",",
        )
      }]}`,
    ],
  ];
  for (const [name, request] of cases) {
    assert.is((await ask(s, name, request)).error?.code, "capability.invalid", request);
  }
});

test("a call that is over writes nothing", async () => {
  const s = await openState("over");
  const call = hostCall({ signal: AbortSignal.abort() });
  const answer = await ask(s, "state_put", { key: "a", value: "1" }, call);
  assert.is(answer.error?.code, "capability.timeout");
  assert.equal(await ask(s, "state_get", { key: "a" }), { ok: { value: null } });
});

test("a grant of another form is refused", async () => {
  for (
    const grant of [
      {},
      { folder: "" },
      { folder: "x", maxBytes: 0 },
      { folder: "x", maxKeyBytes: 2_000 },
      { folder: "x", maxbytes: 1 },
      { folder: "x\0y" },
    ]
  ) {
    assert.is(
      await codeOf(state.open(grant as StateGrant, pluginNamed("x"))),
      "config.invalid",
      JSON.stringify(grant),
    );
  }
});

test("an instance must have a name", async () => {
  assert.is(await codeOf(openState("")), "config.invalid");
  assert.is(await codeOf(openState("\ud800")), "config.invalid");
});

test("its folders are for the owner alone", async () => {
  await openState("private");
  for (const path of ["state", "state/private"]) {
    assert.is((await stat(join(folder.path, path))).mode & 0o777, 0o700, path);
  }
});

test("a folder that others can write is refused", async () => {
  const path = join(folder.path, "open");
  await mkdir(path);
  await chmod(path, 0o777);
  assert.is(await codeOf(openState("x", { folder: path })), "trust.writable");
  await chmod(path, 0o700);
  await mkdir(join(path, "x"));
  await chmod(join(path, "x"), 0o720);
  assert.is(await codeOf(openState("x", { folder: path })), "trust.writable");
});

test("a folder that is a file is refused", async () => {
  await folder.write({ "file": "" });
  const code = await codeOf(openState("x", { folder: join(folder.path, "file") }));
  assert.is(code, "output.unwritable");
});

test.run();

/** The store of tests does what the one on disk does, step for step. */
import * as assert from "uvu/assert";
import { join } from "node:path";
import { STATE_BOUNDS } from "../../src/capability/state.ts";
import type { StateBounds } from "../../src/capability/state-bounds.ts";
import type { KeyChange } from "../../src/capability/state-database.ts";
import { type KeyValueStore, StateStore } from "../../src/capability/state-store.ts";
import { PluginError } from "../../src/plugin-error.ts";
import { MemoryState } from "../../src/testing/memory-state.ts";
import { makeFolder } from "../support/folder.ts";
import { suite } from "../support/suite.ts";

const test = suite("memory-state");

const KEYS = ["a", "ab", "b", "é", "\u{10000}", "\uffff", "z"];

/** One step on a store, as a text that tells what came of it. */
type Step = (store: KeyValueStore) => Promise<string>;

const put = (
  key: string,
  value: string | null,
  bounds: Partial<StateBounds> = {},
  expected?: string | null,
): Step => putAll([{ key, value, ...(expected === undefined ? {} : { expected }) }], bounds);

const putAll =
  (changes: readonly KeyChange[], bounds: Partial<StateBounds> = {}): Step => async (store) => {
    const change = {
      changes,
      bounds: { ...STATE_BOUNDS, writesPerSecond: 1_000_000, ...bounds },
      now: 0,
    };
    try {
      return JSON.stringify(await store.change(change));
    } catch (error) {
      return `${(error as PluginError).code} ${(error as PluginError).message}`;
    }
  };

const list = (prefix: string, after: string | undefined, limit: number): Step => async (store) =>
  JSON.stringify(await store.list({ prefix, after, limit }));

const STEPS: readonly Step[] = [
  ...KEYS.map((key) => put(key, `value of ${key}`)),
  list("", undefined, 100),
  list("", undefined, 3),
  list("a", undefined, 100),
  list("a", "a", 100),
  list("", "b", 2),
  list("é", "a", 2),
  put("a", "another"),
  put("none", null),
  put("b", null),
  put("c", "x", { maxKeys: 6 }),
  put("a", "longer than it was", { maxBytes: 10 }),
  put("a", "longer", { maxBytes: 1_000, maxKeys: 6 }),
  // Over a bound that was lowered, what makes room is taken, and what stays as large.
  put("z", "short", { maxBytes: 10 }),
  put("z", "equal", { maxBytes: 10 }),
  put("z", "shorts", { maxBytes: 10 }),
  put("z", "no", { maxBytes: 10, maxKeys: 1 }),
  put("y", "no", { maxKeys: 1 }),
  put("a", "swapped", {}, "another"),
  put("a", "swapped", {}, "longer"),
  put("new", "1", {}, null),
  put("new", "2", {}, null),
  putAll([{ key: "new", expected: "1", value: "2" }, { key: "more", expected: null, value: "3" }]),
  putAll([{ key: "new", expected: "1", value: "4" }, { key: "more", expected: "3", value: "4" }]),
  putAll([{ key: "new", expected: "2", value: null }, { key: "none", value: null }]),
  // What one makes room for, another may take.
  putAll([{ key: "more", value: null }, { key: "most", value: "3" }], { maxKeys: 1 }),
  putAll([{ key: "most", value: "4" }, { key: "x", value: "3" }], { maxKeys: 1 }),
  putAll([{ key: "most", value: "4" }, { key: "x", value: "3" }], { maxBytes: 1 }),
  list("", undefined, 100),
  ...[...KEYS, "none"].map((key): Step => async (store) => JSON.stringify(await store.get(key))),
];

test("MemoryState does what the store on disk does", async () => {
  const folder = await makeFolder();
  const disk = await StateStore.open(join(folder.path, "state.sqlite"));
  const memory = new MemoryState();
  try {
    for (const [index, step] of STEPS.entries()) {
      const [wanted, got] = [await step(disk), await step(memory)];
      assert.is(got, wanted, `step ${index}`);
    }
  } finally {
    await disk.close();
    await folder.remove();
  }
});

test("MemoryState holds what it was given, and says so", async () => {
  const state = new MemoryState({ b: "2", a: "1", é: "3" });
  assert.equal(state.entries(), { a: "1", b: "2", é: "3" });
  await put("a", null)(state);
  assert.equal(state.entries(), { b: "2", é: "3" });
});

test.run();

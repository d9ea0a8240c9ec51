/** The store of tests does what the one on disk does, step for step. */
import * as assert from "uvu/assert";
import { join } from "node:path";
import { STATE_BOUNDS } from "../../src/capability/state.ts";
import type { StateBounds } from "../../src/capability/state-bounds.ts";
import { openStateStore, type StateStore } from "../../src/capability/state-store.ts";
import { PluginError } from "../../src/plugin-error.ts";
import { MemoryState } from "../../src/testing/memory-state.ts";
import { makeFolder } from "../support/folder.ts";
import { suite } from "../support/suite.ts";

const test = suite("memory-state");

const KEYS = ["a", "ab", "b", "é", "\u{10000}", "\uffff", "z"];

/** One step on a store, as a text that tells what came of it. */
type Step = (store: StateStore) => Promise<string>;

const bytes = (text: string) => new TextEncoder().encode(text);
const textOf = (value: Uint8Array | undefined) =>
  value === undefined ? null : new TextDecoder().decode(value);

const put =
  (key: string, value: string | undefined, bounds: Partial<StateBounds> = {}): Step =>
  async (store) => {
    const all = { ...STATE_BOUNDS, writesPerSecond: 1_000_000, ...bounds };
    const wanted = value === undefined ? undefined : bytes(value);
    try {
      const { written, before } = await store.change(
        bytes(key),
        all,
        new AbortController().signal,
        () => ({ write: true, value: wanted }),
      );
      return JSON.stringify([written, textOf(before)]);
    } catch (error) {
      return `${(error as PluginError).code} ${(error as PluginError).message}`;
    }
  };

const list = (prefix: string, after: string | undefined, limit: number): Step => (store) => {
  const page = store.list(bytes(prefix), after === undefined ? undefined : bytes(after), limit);
  return Promise.resolve(JSON.stringify([page.keys.map(textOf), page.more]));
};

const STEPS: readonly Step[] = [
  ...KEYS.map((key) => put(key, `value of ${key}`)),
  list("", undefined, 100),
  list("", undefined, 3),
  list("a", undefined, 100),
  list("a", "a", 100),
  list("", "b", 2),
  list("é", "a", 2),
  put("a", "another"),
  put("none", undefined),
  put("b", undefined),
  put("c", "x", { maxKeys: 6 }),
  put("a", "longer than it was", { maxBytes: 10 }),
  put("a", "longer", { maxBytes: 1_000, maxKeys: 6 }),
  ...[...KEYS, "none"].map((key): Step => (store) =>
    Promise.resolve(JSON.stringify(textOf(store.get(bytes(key)))))
  ),
  (store) => Promise.resolve(JSON.stringify(store.usage())),
];

test("MemoryState does what the store on disk does", async () => {
  const folder = await makeFolder();
  const disk = openStateStore(join(folder.path, "state"));
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
  await put("a", undefined)(state);
  assert.equal(state.entries(), { b: "2", é: "3" });
});

test.run();

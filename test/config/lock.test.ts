import * as assert from "uvu/assert";
import { openBundle } from "../../src/bundle/bundle.ts";
import {
  checkLocked,
  compareLocks,
  encodeLock,
  type Lock,
  lockPlugin,
  parseLock,
} from "../../src/config/lock.ts";
import { PluginError } from "../../src/plugin-error.ts";
import { bundleOf } from "../support/guest.ts";
import { suite } from "../support/suite.ts";

const test = suite("config/lock");

const bytes = (text: string) => new TextEncoder().encode(text);

const imported = (name: string) =>
  `(import "extism:host/user" "${name}" (func (param i64) (result i64)))`;

const open = (manifest: Record<string, unknown> = {}, imports = ["state_put", "state_get"]) =>
  openBundle(bundleOf(`(module ${imports.map(imported).join("")})`, {
    capabilities: ["state", "log"],
    limits: { timeoutMs: 10 },
    ...manifest,
  }));

const lockOf = async (...bundles: Awaited<ReturnType<typeof open>>[]): Promise<Lock> => ({
  lockVersion: 1,
  plugins: Object.fromEntries(
    (await Promise.all(bundles)).map((b) => [b.manifest.name, lockPlugin(b, "plugin.wasm")]),
  ),
});

const codeOf = (work: () => unknown) => {
  try {
    work();
  } catch (error) {
    return PluginError.from(error);
  }
  throw new Error("no error");
};

test("lockPlugin() writes down what a plugin is and asks for, sorted", async () => {
  const bundle = await open();
  assert.equal(lockPlugin(bundle, "plugin.wasm"), {
    path: "plugin.wasm",
    digest: bundle.digest,
    version: "1.0.0",
    contracts: ["admission 1"],
    kinds: ["json"],
    capabilities: ["log", "state"],
    functions: ["state_get", "state_put"],
    limits: { timeoutMs: 10 },
  });
});

test("encodeLock() gives one text whatever the order, which parseLock() reads", async () => {
  const [a, b] = [await open({ name: "a" }), await open({ name: "b" })];
  const text = encodeLock(await lockOf(a, b));
  assert.is(encodeLock(await lockOf(b, a)), text);
  assert.equal(parseLock(bytes(text), "cofferdam.lock"), await lockOf(a, b));
  assert.match(text, /^\{\n {2}"lockVersion": 1,\n {2}"plugins": \{\n {4}"a": \{\n {6}"capabil/);
  assert.ok(text.endsWith("}\n"));
});

const BROKEN = [
  "",
  "{}",
  "[]",
  "lockVersion: 1\nplugins: {}\n",
  '{"lockVersion":2,"plugins":{}}',
  '{"lockVersion":1,"plugins":{},"plugins":{}}',
  '{"lockVersion":1,"plugins":{"p":{"digest":"sha256:x"}}}',
  '{"lockVersion":1,"plugins":{"p":null}}',
  '{"lockVersion":1,"plugins":{"__proto__":{}}}',
  '{"lockVersion":1,"plugins":{},"more":1}',
  '{"lockVersion":1,"plugins":{}',
];
for (const text of BROKEN) {
  test(`parseLock() refuses ${JSON.stringify(text)}`, () => {
    const { code, message } = codeOf(() => parseLock(bytes(text), "x/cofferdam.lock"));
    assert.is(code, "config.invalid");
    assert.match(message, 'Cannot use the lock "x/cofferdam.lock": ');
    assert.match(message, 'delete it and write it anew with "cofferdam lock"');
  });
}

test("checkLocked() passes what was accepted, wherever its file lies", async () => {
  const bundle = await open();
  const lock = await lockOf(bundle);
  checkLocked(lock, bundle);
});

test("checkLocked() refuses what the lock does not name", async () => {
  const bundle = await open({ name: "other" });
  const { code, message } = codeOf(() => checkLocked({ lockVersion: 1, plugins: {} }, bundle));
  assert.is(code, "trust.unlocked");
  assert.match(message, "cofferdam lock --accept");
});

test("checkLocked() names what differs, by what it means", async () => {
  const lock = await lockOf(await open());
  const changed = await open({
    version: "1.1.0",
    capabilities: ["log", "exec"],
    implements: [{ contract: "admission", version: 1, kinds: ["json", "yaml"] }],
    limits: { timeoutMs: 20 },
  }, ["exec_run"]);
  const { code, message, details } = codeOf(() => checkLocked(lock, changed));
  assert.is(code, "trust.changed");
  assert.equal((details.changes as string[]).slice(1), [
    "version: 1.0.0 -> 1.1.0",
    "kinds: + yaml",
    "capabilities: - state, + exec",
    "functions: - state_get, - state_put, + exec_run",
    "limits: - timeoutMs 10, + timeoutMs 20",
  ]);
  assert.match(message, /digest: sha256:[0-9a-f]{64} -> sha256:/);
});

test("checkLocked() refuses other bytes that ask for the same", async () => {
  const lock = await lockOf(await open());
  const { code, details } = codeOf(() => checkLocked(lock, other));
  assert.is(code, "trust.changed");
  assert.is((details.changes as string[]).length, 1);
});
const other = await open({ description: "the same, but not the same" });

test("compareLocks() says what was added, removed and changed, by name", async () => {
  const [a, b, c] = [
    await open({ name: "a" }),
    await open({ name: "b" }),
    await open({ name: "c" }),
  ];
  const changed = await open({ name: "b", capabilities: ["state"] });
  const before = await lockOf(a, b);
  const differences = compareLocks(before, await lockOf(changed, c));
  assert.equal(differences.map(({ name, kind }) => [name, kind]), [
    ["a", "removed"],
    ["b", "changed"],
    ["c", "added"],
  ]);
  assert.equal(differences[1]!.changes[1], "capabilities: - log");
  assert.equal(differences[2]!.changes, [
    `digest: ${c.digest}`,
    "version: 1.0.0",
    "path: plugin.wasm",
    "contracts: + admission 1",
    "kinds: + json",
    "capabilities: + log, + state",
    "functions: + state_get, + state_put",
    "limits: + timeoutMs 10",
  ]);
  assert.equal(compareLocks(before, before), []);
});

test.run();

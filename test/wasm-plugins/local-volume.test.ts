import { mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { builtPlugin } from "../../scripts/build-plugins.ts";
import type { VolumeAnswer, VolumeMethod } from "../../src/contract/volume.ts";
import { createHost, type Host } from "../../src/host/host.ts";
import type { VolumeDriver } from "../../src/host/volume.ts";
import type { JsonValue } from "../../src/json.ts";
import { PluginError } from "../../src/plugin-error.ts";
import { Bench } from "../../src/testing/bench.ts";
import { casesOf, testCases } from "../support/cases.ts";
import { makeFolder, type TestFolder } from "../support/folder.ts";
import { suite } from "../support/suite.ts";

const cases = await casesOf("local-volume");

let bench: Bench;
let host: Host;
let folder: TestFolder;

const test = suite("wasm-plugins/local-volume");

test.before(async () => {
  bench = await Bench.open(builtPlugin("local-volume"));
  host = await createHost({ workers: 1 });
  folder = await makeFolder();
});
test.after(async () => {
  await bench.close();
  await host.close();
  await folder.remove();
});

testCases(test, cases, () => bench);

test("cases show every method, and every code of errors but one", () => {
  const methods = new Set(cases.map((item) => item.call));
  assert.is(methods.size, 8);
  const codes = cases.map((item) => (item.expect.answer as { error?: { code: string } })?.error);
  assert.equal(
    [...new Set(codes.flatMap((error) => error?.code ?? []))].sort(),
    ["conflict", "failed", "invalid", "limit", "not-found", "unavailable"],
  );
});

/** The driver over folders of its own, opened again by the same name. */
async function load(
  name: string,
  options: { readonly settings?: JsonValue; readonly maxEntries?: number } = {},
): Promise<VolumeDriver> {
  const { settings = {}, ...bounds } = options;
  const root = join(folder.path, name);
  await mkdir(root, { recursive: true });
  const grants = { directory: { root, ...bounds }, state: { folder: join(folder.path, "state") } };
  return (await host.load(builtPlugin("local-volume"), { instance: name, settings, grants }))
    .volume;
}

function codeOf(answer: VolumeAnswer<VolumeMethod>): string | undefined {
  return "error" in answer ? answer.error.code : undefined;
}

/** No folder may be called so. Control characters do not pass the host. */
const HOSTILE = [
  ".",
  "..",
  "../db",
  "/etc",
  "db/",
  "db/../../etc",
  ".hidden",
  ".cofferdam-removed-x",
  "-rf",
  "db\\x",
  "db:x",
  "C:",
  "dé",
  "db\u202e",
  "${HOME}",
  "%2e%2e",
  " db",
  "db ",
  "x".repeat(255) + "é",
];

for (const name of HOSTILE) {
  test(`${JSON.stringify(name.slice(0, 20))} is no name of a volume`, async () => {
    const plugin = bench.plugin(import.meta.url, { directory: ["db"] });
    const call = async (entry: string, fields = {}) => {
      const answer = await plugin.call(entry, { name, ...fields });
      return (answer as { error: { code: string } }).error.code;
    };
    assert.is(await call("volume_create", { options: {} }), "invalid");
    assert.is(await call("volume_mount", { id: "m" }), "not-found");
    assert.is(await call("volume_unmount", { id: "m" }), "not-found");
    for (const method of ["remove", "path", "get"]) {
      assert.is(await call(`volume_${method}`), "not-found");
    }
    assert.equal(plugin.directory, ["db"]);
    assert.equal(plugin.state, {});
  });
}

test("a name may have 255 letters", async () => {
  const driver = await load("names");
  const name = `${"x".repeat(250)}_.-9Z`;
  assert.equal(await driver.create({ name, options: {} }), {});
  const mountpoint = join(folder.path, "names", name);
  assert.equal(await driver.mount({ name, id: "m" }), { mountpoint });
});

test("what was acknowledged is there behind a restart, uses by their IDs too", async () => {
  const first = await load("restart");
  await first.create({ name: "db", options: { size: "1g" } });
  await first.mount({ name: "db", id: "a" });
  await first.mount({ name: "db", id: "b" });
  await first.mount({ name: "db", id: "b" });

  const second = await load("restart");
  const { volume } = await second.get({ name: "db" }) as Exclude<
    VolumeAnswer<"get">,
    { error: unknown }
  >;
  assert.is(volume.status?.["mounts"], 2);
  assert.equal(await second.create({ name: "db", options: { size: "1024m" } }), {});
  assert.is(codeOf(await second.create({ name: "db", options: {} })), "conflict");
  await second.unmount({ name: "db", id: "a" });
  await second.unmount({ name: "db", id: "a" });
  assert.is(codeOf(await second.remove({ name: "db" })), "conflict");
  await second.unmount({ name: "db", id: "b" });
  assert.equal(await second.remove({ name: "db" }), {});
  assert.is(codeOf(await second.get({ name: "db" })), "not-found");
});

test("a size counts what is really there, when a container is to use it", async () => {
  const driver = await load("size");
  await driver.create({ name: "db", options: { size: "1k" } });
  const place = join(folder.path, "size", "db");
  await writeFile(join(place, "a"), new Uint8Array(1_000));
  assert.equal(await driver.mount({ name: "db", id: "a" }), { mountpoint: place });
  // Nothing stops it meanwhile.
  await writeFile(join(place, "b"), new Uint8Array(1_000));
  assert.is(codeOf(await driver.mount({ name: "db", id: "b" })), "limit");
  const answer = await driver.get({ name: "db" });
  const { status } = (answer as Exclude<typeof answer, { error: unknown }>).volume;
  assert.equal({ ...status, measuredAt: "" }, {
    mounts: 1,
    limitBytes: 1_024,
    usedBytes: 1_000,
    measuredAt: "",
  });
});

test("a grant that is used up refuses a volume and leaves nothing of it", async () => {
  const driver = await load("full", { maxEntries: 1 });
  await driver.create({ name: "a", options: {} });
  const answer = await driver.create({ name: "b", options: {} });
  assert.equal(answer, {
    error: {
      code: "limit",
      message: 'cannot create "b": there are 1, which is as many as are granted',
    },
  });
  assert.is(codeOf(await driver.get({ name: "b" })), "not-found");
  await driver.remove({ name: "a" });
  assert.equal(await driver.create({ name: "b", options: {} }), {});
});

test("a folder that was taken away can be put back", async () => {
  const driver = await load("lost");
  await driver.create({ name: "db", options: {} });
  await driver.mount({ name: "db", id: "a" });
  await driver.unmount({ name: "db", id: "a" });
  const [here, away] = [join(folder.path, "lost", "db"), join(folder.path, "elsewhere")];
  await rename(here, away);
  assert.is(codeOf(await driver.mount({ name: "db", id: "b" })), "failed");
  assert.equal(await driver.list(), { volumes: [{ name: "db" }] });
  await rename(away, here);
  assert.equal(await driver.mount({ name: "db", id: "b" }), { mountpoint: here });
});

test("a link or a file in the place of a folder is never handed out", async () => {
  const driver = await load("link");
  await writeFile(join(folder.path, "link", "file"), "");
  assert.is(codeOf(await driver.create({ name: "file", options: {} })), "denied");
  assert.is(codeOf(await driver.get({ name: "file" })), "not-found");
});

test("two drivers over one folder do not lose each other's uses", async () => {
  const [a, b] = [await load("shared"), await load("shared")];
  await a.create({ name: "db", options: {} });
  await Promise.all(
    Array.from({ length: 20 }, (_, n) => (n % 2 ? a : b).mount({ name: "db", id: `m${n}` })),
  );
  const answer = await a.get({ name: "db" });
  assert.is((answer as Exclude<typeof answer, { error: unknown }>).volume.status?.["mounts"], 20);
});

/** As many volumes as can be granted, with names as long as Docker's own. */
const MANY = Array.from({ length: 10_000 }, (_, n) => n.toString(16).padStart(64, "0"));

test("a list is complete over its pages, without places where they do not fit in", async () => {
  const record = '{"createdAt":"2026-01-30T12:00:00Z","folder":"used","mounts":[]}';
  const stateOf = (names: readonly string[]) =>
    Object.fromEntries(names.map((name) => [`volume/${name}`, record]));
  for (const [names, hasPlaces] of [[MANY.slice(0, 2_500), true], [MANY, false]] as const) {
    const plugin = bench.plugin(import.meta.url, { directory: names, state: stateOf(names) });
    const { volumes } = await plugin.call("volume_list", {}) as unknown as {
      volumes: { name: string; mountpoint?: string }[];
    };
    assert.equal(volumes.map(({ name }) => name), names);
    assert.is(volumes.every(({ mountpoint }) => (mountpoint !== undefined) === hasPlaces), true);
  }
});

test("settings that are wrong do not load", async () => {
  for (
    const settings of [{ maxSize: "0" }, { maxSize: 5 }, { maxSize: "1.5g" }, {
      mountsSince: "now",
    }, {
      size: "1g",
    }]
  ) {
    const error = await load("settings", { settings }).then(() => undefined, PluginError.from);
    assert.is(error?.code, "contract.settings-invalid", JSON.stringify(settings));
  }
});

test.run();

import { cp, mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { parse } from "yaml";
import { buildAssemblyScript } from "../../src/build/assemblyscript.ts";
import { packBundle } from "../../src/bundle/pack.ts";
import type { Grants } from "../../src/capability/table.ts";
import { createHost, type Host } from "../../src/host/host.ts";
import type { Plugin } from "../../src/host/plugin.ts";
import type { JsonObject } from "../../src/json.ts";
import { PluginError } from "../../src/plugin-error.ts";
import { readOutline } from "../../src/wasm/outline.ts";
import { jsonDocument } from "../support/document.ts";
import { makeFolder, type TestFolder } from "../support/folder.ts";
import { projectPath } from "../support/paths.ts";
import { suite } from "../support/suite.ts";

interface Context {
  host: Host;
  folder: TestFolder;
}

const test = suite<Context>("assemblyscript");

test.before(async (context) => {
  context.host = await createHost({ workers: 1 });
  context.folder = await makeFolder();
});
test.after(async ({ host, folder }) => {
  await host.close();
  await folder.remove();
});

const template = (...steps: string[]) => projectPath("wasm-plugins", "template", ...steps);

async function build(contract: string): Promise<Uint8Array> {
  const module = await buildAssemblyScript(template(contract, "assemblyscript"));
  const manifest = await readFile(template(contract, "plugin.json"), "utf8");
  return packBundle(module, JSON.parse(manifest));
}

interface Case {
  readonly name: string;
  readonly call?: string;
  readonly operation?: string;
  readonly object?: JsonObject;
  readonly request?: JsonObject;
  readonly settings?: JsonObject;
  readonly expect: { allowed?: boolean; rules?: string[]; paths?: string[]; answer?: unknown };
}

async function casesOf(contract: string, file: string): Promise<Case[]> {
  const text = parse(await readFile(template(contract, "cases", file), "utf8"));
  if (Array.isArray(text)) return text;
  return text.cases.map((item: Case) => ({ settings: text.settings, ...item }));
}

test("the template of an admission plugin passes its cases", async ({ host }) => {
  const bundle = await build("admission");
  const cases = await casesOf("admission", "owner.yaml");
  for (const { name, object = null, operation, settings, expect } of cases) {
    const { admission } = await host.load(bundle, { settings });
    const change = { kind: "kubernetes", ...(operation ? { operation } : {}) } as const;
    const verdict = await admission.check(jsonDocument(object, change));
    assert.is(verdict.allowed, expect.allowed, name);
    assert.equal(verdict.reasons.map((reason) => reason.rule), expect.rules, name);
    if (expect.paths) {
      assert.equal(verdict.reasons.map((reason) => reason.path), expect.paths, name);
    }
  }
  assert.is(cases.length, 5);
});

test("the template of a network plugin passes its cases", async ({ host }) => {
  const bundle = await build("network");
  const cases = await casesOf("network", "join.yaml");
  for (const { name, call, request, settings, expect } of cases) {
    const { network } = await host.load(bundle, { settings });
    const { prevResult, config, ...rest } = request as { prevResult?: object; config: object };
    const input = { ...rest, config: { ...config, ...(prevResult ? { prevResult } : {}) } };
    const method = call!.replace("network_", "") as "add" | "check" | "del";
    assert.equal(await network[method](input as never), expect.answer as never, name);
  }
  assert.is(cases.length, 5);
});

async function loadVolume(host: Host, bundle: Uint8Array, folder: TestFolder): Promise<Plugin> {
  await mkdir(join(folder.path, "volumes"), { mode: 0o700 });
  const grants: Grants = {
    directory: { root: join(folder.path, "volumes") },
    state: { folder: join(folder.path, "state") },
  };
  return await host.load(bundle, { instance: "test", grants });
}

test("the template of a volume driver keeps volumes that are in use", async ({ host, folder }) => {
  const { volume } = await loadVolume(host, await build("volume"), folder);
  const place = join(folder.path, "volumes", "db");
  assert.equal(await volume.create({ name: "db", options: {} }), {});
  assert.equal(await volume.create({ name: "db", options: {} }), {});
  assert.equal(await volume.path({ name: "db" }), { mountpoint: place });
  assert.equal(await volume.mount({ name: "db", id: "1" }), { mountpoint: place });
  assert.equal(await volume.remove({ name: "db" }), {
    error: { code: "conflict", message: 'cannot remove "db": a container uses it' },
  });
  assert.equal(await volume.unmount({ name: "db", id: "1" }), {});
  assert.equal(await volume.get({ name: "db" }), { volume: { name: "db", mountpoint: place } });
  assert.equal(await volume.list(), { volumes: [{ name: "db" }] });
  assert.equal(await volume.capabilities(), { scope: "local" });
  assert.equal(await volume.remove({ name: "db" }), {});
  assert.equal(await volume.list(), { volumes: [] });
  assert.equal(await volume.get({ name: "db" }), {
    error: { code: "not-found", message: 'cannot use "db": there is no such volume' },
  });
  const escape = await volume.create({ name: "../a", options: {} });
  assert.is((escape as { error: { code: string } }).error.code, "invalid");
});

test("buildAssemblyScript() gives the same bytes wherever the folder is", async ({ folder }) => {
  const elsewhere = join(folder.path, "elsewhere");
  await cp(template("volume", "assemblyscript"), elsewhere, { recursive: true });
  const there = await buildAssemblyScript(elsewhere);
  assert.equal(there, await buildAssemblyScript(template("volume", "assemblyscript")));
  const names = readOutline(there).imports.filter((item) => item.module === "extism:host/user");
  assert.equal(names.map((item) => item.name).sort(), [
    ...["directory_create", "directory_list", "directory_path", "directory_remove"],
    ...["state_delete", "state_list", "state_put"],
  ]);
  assert.not.match(new TextDecoder("latin1").decode(there), folder.path);
});

test("buildAssemblyScript() takes its own kit, not what stands in node_modules", async ({ folder }) => {
  const path = join(folder.path, "other");
  await cp(template("admission", "assemblyscript"), path, { recursive: true });
  await folder.write({ "other/node_modules/cofferdam/assembly/admission.ts": "syntax error" });
  const built = await buildAssemblyScript(path);
  await rm(join(path, "node_modules"), { recursive: true });
  assert.equal(built, await buildAssemblyScript(path));
});

const FAULTS: readonly (readonly [string, Record<string, string>, RegExp])[] = [
  ["no source", { "README.md": "" }, /assembly\/index\.ts/],
  [
    "a syntax error",
    { "assembly/index.ts": "export function (" },
    /in assembly\/index\.ts\(1,\d+\)/,
  ],
  ["a type error", { "assembly/index.ts": "export let a: i32 = 'a';" }, /TS2322.*assembly\/index/s],
  [
    "an import that is nowhere",
    { "assembly/index.ts": 'import { a } from "cofferdam/assembly/nothing"; a();' },
    /cofferdam\/assembly\/nothing/,
  ],
];
for (const [index, [what, files, message]] of FAULTS.entries()) {
  test(`buildAssemblyScript() says where there is ${what}`, async ({ folder }) => {
    const entries = Object.entries(files).map(([name, text]) => [`fault-${index}/${name}`, text]);
    await folder.write(Object.fromEntries(entries));
    try {
      await buildAssemblyScript(join(folder.path, `fault-${index}`));
      assert.unreachable();
    } catch (error) {
      assert.instance(error, PluginError);
      assert.is((error as PluginError).code, "build.failed");
      assert.match((error as PluginError).message, message);
    }
  });
}

test("buildAssemblyScript() takes the compiler of the author first", async ({ folder }) => {
  const path = join(folder.path, "own");
  await folder.write({
    "own/node_modules/assemblyscript/package.json": '{"name":"assemblyscript","type":"module"}',
    "own/node_modules/assemblyscript/dist/asc.js":
      'export const main = () => ({ error: new Error("of the author"), stderr: "" });',
  });
  await buildAssemblyScript(path).then(
    () => assert.unreachable(),
    (error: PluginError) => assert.match(error.message, "of the author"),
  );
});

test.run();

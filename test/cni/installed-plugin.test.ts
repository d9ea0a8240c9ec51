import { chmod, mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as assert from "uvu/assert";
import {
  encodeInstalled,
  installationPaths,
  installedTypes,
  parseInstalled,
  readInstalledBytes,
  typeOf,
} from "../../src/cni/installed-plugin.ts";
import { PluginError } from "../../src/plugin-error.ts";
import { makeFolder, type TestFolder } from "../support/folder.ts";
import { suite } from "../support/suite.ts";
import { INSTALLED, writeInstalled } from "./installation.ts";

interface Context {
  folder: TestFolder;
}

const test = suite<Context>("installed-plugin");

test.before(async (context) => {
  context.folder = await makeFolder();
});
test.after(({ folder }) => folder.remove());

async function makeBin({ folder }: Context, name: string): Promise<string> {
  const path = join(folder.path, name);
  await mkdir(path);
  return path;
}

async function read(configuration: string): Promise<unknown> {
  return await parseInstalled(configuration, await readInstalledBytes(configuration));
}

async function fault(work: Promise<unknown>): Promise<PluginError> {
  return await work.then(() => assert.unreachable(), (error) => error) as PluginError;
}

test("parseInstalled() reads what encodeInstalled() wrote, command first", async (context) => {
  const plugin = {
    ...INSTALLED.plugin,
    settings: { networks: ["a"], big: "9007199254740993" },
    instance: "x",
    grants: { state: { folder: "/var/lib/x" }, delegate: { types: ["bridge"], folders: ["/a"] } },
    limits: { fuel: 5, timeoutMs: 7 },
  };
  const written = { command: INSTALLED.command, plugin };
  const path = await writeInstalled(await makeBin(context, "whole"), "mynet", written);
  assert.equal(await read(path), written);
  const text = new TextDecoder().decode(encodeInstalled(written));
  assert.match(text, /^\{\s*"command":/);
});

for (
  const [name, text, words] of [
    ["no-json", "{", /config-no-json.*Parsing JSON failed/],
    ["list", "[]", /Expected Object/],
    ["no-command", '{"plugin":{"path":"/a","digest":"sha256:x"}}', /"command"/],
    ["empty-command", JSON.stringify({ ...INSTALLED, command: [] }), /"command"/],
    ["no-digest", '{"command":["/a"],"plugin":{"path":"/a"}}', /no digest/],
    [
      "no-path",
      JSON.stringify({ ...INSTALLED, plugin: { digest: INSTALLED.plugin.digest } }),
      /no absolute path/,
    ],
    [
      "relative",
      JSON.stringify({ ...INSTALLED, plugin: { ...INSTALLED.plugin, path: "a" } }),
      /no absolute path/,
    ],
    [
      "mistyped",
      JSON.stringify({ ...INSTALLED, plugin: { ...INSTALLED.plugin, grant: {} } }),
      /"plugin.grant"/,
    ],
    ["twice", '{"command":["/a"],"command":["/b"]}', /twice|second|again|duplicate/i],
  ] as const
) {
  test(`parseInstalled() refuses a configuration: ${name}`, async (context) => {
    const path = await writeInstalled(await makeBin(context, `config-${name}`), "mynet");
    await writeFile(path, text);
    const { code, message } = await fault(read(path));
    assert.is(code, "config.invalid");
    assert.match(message, words);
  });
}

for (
  const [name, expose] of [
    ["a file that others can read", (path: string) => chmod(path, 0o640)],
    ["a file that others can write", (path: string) => chmod(path, 0o602)],
    ["a folder that others can look into", (path: string) => chmod(join(path, ".."), 0o710)],
    [
      "a folder of executables that others can write to",
      (path: string) => chmod(join(path, "..", ".."), 0o777),
    ],
  ] as const
) {
  test(`parseInstalled() trusts no ${name}`, async (context) => {
    const path = await writeInstalled(await makeBin(context, name.replaceAll(" ", "-")), "mynet");
    await expose(path);
    const { code, message } = await fault(read(path));
    assert.is(code, "trust.writable");
    assert.match(message, /^Cannot trust ".*others/);
  });
}

test("installedTypes() names the types of a folder, and what only looks like one", async (context) => {
  const bin = await makeBin(context, "types");
  for (const type of ["b", "a", "a.b-c_d"]) await writeInstalled(bin, type);
  const { folder } = installationPaths(bin, "x");
  for (const name of ["daemon-1", "no.txt", ".json", "sp ace.json"]) {
    await writeFile(join(folder, name), "");
  }
  await mkdir(join(folder, "folder.json"));
  await symlink("a.json", join(folder, "link.json"));
  assert.equal(await installedTypes(bin), ["a.b-c_d", "a", "b"]);
  assert.is((await fault(installedTypes(join(bin, "none")))).code, "input.not-found");
});

test("typeOf() takes nothing that is no type", () => {
  assert.is(typeOf("/opt/cni/bin/.cofferdam/mynet.json"), "mynet");
  for (const name of ["mynet", "mynet.jsonx", ".json", "-a.json", "..json", "a b.json", "/a/"]) {
    assert.is(typeOf(name), undefined, name);
  }
});

test.run();

import { mkdir, readFile, symlink } from "node:fs/promises";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { installPlugin } from "../../src/cni/install.ts";
import { bundlesOf } from "../../src/cni/installed-bundle.ts";
import { installationPaths, privateFolderOf } from "../../src/cni/installed-plugin.ts";
import { sha256Sync } from "../../src/platform/hash.ts";
import { suiteFolder } from "../support/folder.ts";
import { suite } from "../support/suite.ts";
import { INSTALLED } from "./installation.ts";

const test = suite("install");

const folder = suiteFolder(test);

let made = 0;

async function makeBin(): Promise<string> {
  const bin = join(folder.path, `bin${made++}`);
  await mkdir(bin);
  return bin;
}

/** Installs a bundle of its own for each number. */
function install(binDir: string, number: number): Promise<unknown> {
  const bundle = new TextEncoder().encode(`bundle ${number}`);
  const digest = sha256Sync(bundle);
  const installed = { ...INSTALLED, plugin: { ...INSTALLED.plugin, digest } };
  const { signal } = new AbortController();
  const more = { shim: "sh", signal, warn: () => {} } as const;
  return installPlugin({ binDir, type: "mynet", installed, bundle, ...more });
}

const numbers = (count: number) => Array.from({ length: count }, (_, n) => n);

/** What is installed: whether all of it is there. */
async function isWhole(bin: string): Promise<boolean> {
  const { executable, configuration } = installationPaths(bin, "mynet");
  const { plugin } = JSON.parse(await readFile(configuration, "utf8"));
  await readFile(executable);
  return /^bundle \d+$/.test(await readFile(plugin.path, "utf8"));
}

test("installs of one type at a time leave the bundle of the one that stays", async () => {
  const bin = await makeBin();
  for (const round of numbers(4)) {
    await Promise.all(numbers(6).map((number) => install(bin, round * 6 + number)));
    assert.ok(await isWhole(bin));
  }
});

test("an install leaves its copy and the one before, by whatever path the folder is named", async () => {
  const bin = await makeBin();
  await symlink(bin, `${bin}-too`);
  for (const number of numbers(4)) await install(number % 2 ? bin : `${bin}-too`, number);
  assert.ok(await isWhole(bin));
  const texts = await Promise.all(
    (await bundlesOf(privateFolderOf(bin), "mynet")).map((path) => readFile(path, "utf8")),
  );
  assert.equal(texts.sort(), ["bundle 2", "bundle 3"]);
});

test.run();

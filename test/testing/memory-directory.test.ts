/** The directories of tests answer as those on disk do. */
import * as assert from "uvu/assert";
import { chmod, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { directory, directoryOver } from "../../src/capability/directory.ts";
import type { JsonValue } from "../../src/json.ts";
import { PluginError } from "../../src/plugin-error.ts";
import { MEMORY_ROOT, MemoryDirectory } from "../../src/testing/memory-directory.ts";
import { ask, pluginNamed } from "../support/capability.ts";
import { makeFolder } from "../support/folder.ts";
import { suite } from "../support/suite.ts";

const test = suite("memory-directory");

const STEPS: readonly (readonly [string, JsonValue])[] = [
  ["directory_list", {}],
  ["directory_create", { name: "b" }],
  ["directory_create", { name: "a" }],
  ["directory_create", { name: "a" }],
  ["directory_create", { name: "../x" }],
  ["directory_create", {}],
  ["directory_create", { name: "C" }],
  ["directory_list", {}],
  ["directory_list", { limit: 2 }],
  ["directory_list", { after: "a" }],
  ["directory_stat", { name: "a" }],
  ["directory_stat", { name: "a", measure: false }],
  ["directory_stat", { name: "none" }],
  ["directory_path", { name: "b" }],
  ["directory_path", { name: "none" }],
  ["directory_remove", { name: "b" }],
  ["directory_remove", { name: "b" }],
  ["directory_list", { limit: 0 }],
];

test("MemoryDirectory answers what the granted folder answers", async () => {
  const folder = await makeFolder();
  const root = join(folder.path, "root");
  await mkdir(root);
  await chmod(root, 0o700);
  const disk = await directory.open({ root }, pluginNamed("x"));
  const memory = directoryOver(new MemoryDirectory());
  // When a folder was made is the disk's to know, and where it is differs.
  const comparable = (answer: unknown) =>
    JSON.stringify(answer).replaceAll(root, MEMORY_ROOT).replace(/"createdAt":"[^"]*",?/, "");
  try {
    for (const [name, request] of STEPS) {
      const [wanted, got] = [await ask(disk, name, request), await ask(memory, name, request)];
      assert.is(comparable(got), comparable(wanted), `${name} ${JSON.stringify(request)}`);
    }
  } finally {
    await disk.close();
    await memory.close();
    await folder.remove();
  }
});

test("MemoryDirectory refuses a name that no child can have", () => {
  for (const name of ["", ".", "a/b", ".hidden", "a\u0000"]) {
    assert.throws(
      () => new MemoryDirectory([name]),
      (error: PluginError) => error.code === "test.case-invalid",
    );
  }
});

test.run();

import { join } from "node:path";
import * as assert from "uvu/assert";
import { ownDependency } from "../../src/cli/own-dependency.ts";
import { makeFolder, type TestFolder } from "../support/folder.ts";
import { suite } from "../support/suite.ts";

interface Context {
  folder: TestFolder;
}

const test = suite<Context>("own-dependency");

test.before(async (context) => {
  context.folder = await makeFolder();
  await context.folder.write({ "pkg/cofferdam-0.1.0.tgz": "" });
});
test.after(({ folder }) => folder.remove());

const lock = (resolved: unknown) =>
  JSON.stringify({ packages: { "node_modules/cofferdam": { version: "0.1.0", resolved } } });

const CASES: readonly (readonly [string, Record<string, string>, string])[] = [
  [
    "the tarball that npm notes beside what it installed",
    { "node_modules/.package-lock.json": lock("file:../pkg/cofferdam-0.1.0.tgz") },
    "file:../../pkg/cofferdam-0.1.0.tgz",
  ],
  [
    "the tarball of the project's lock",
    { "package-lock.json": lock("file:../pkg/cofferdam-0.1.0.tgz") },
    "file:../../pkg/cofferdam-0.1.0.tgz",
  ],
  [
    "the folder where the tarball is gone",
    { "node_modules/.package-lock.json": lock("file:../pkg/gone.tgz") },
    "file:../node_modules/cofferdam",
  ],
  [
    "the folder where it came from a registry",
    { "node_modules/.package-lock.json": lock("https://registry.example/cofferdam-0.1.0.tgz") },
    "file:../node_modules/cofferdam",
  ],
  [
    "the folder where the lock is no lock",
    { "node_modules/.package-lock.json": "[]", "package-lock.json": "{" },
    "file:../node_modules/cofferdam",
  ],
  ["the folder where there is no lock", { "a.txt": "" }, "file:../node_modules/cofferdam"],
];

for (const [index, [what, files, expected]] of CASES.entries()) {
  test(`ownDependency() names ${what}`, async ({ folder }) => {
    const root = `case-${index}`;
    const entries = Object.entries(files).map(([name, text]) => [`${root}/${name}`, text]);
    await folder.write(Object.fromEntries(entries));
    const manifest = join(folder.path, root, "my-plugin", "package.json");
    const found = await ownDependency(
      manifest,
      join(folder.path, root, "node_modules", "cofferdam"),
    );
    assert.is(found, expected);
  });
}

test("ownDependency() takes a tarball by its absolute path", async ({ folder }) => {
  const tarball = join(folder.path, "pkg", "cofferdam-0.1.0.tgz");
  await folder.write({ "abs/node_modules/.package-lock.json": lock(`file:${tarball}`) });
  const found = await ownDependency(
    join(folder.path, "abs", "package.json"),
    join(folder.path, "abs", "node_modules", "cofferdam"),
  );
  assert.is(found, "file:../pkg/cofferdam-0.1.0.tgz");
});

test("ownDependency() names a folder that is not installed", async ({ folder }) => {
  const found = await ownDependency(
    join(folder.path, "a", "package.json"),
    join(folder.path, "source"),
  );
  assert.is(found, "file:../source");
});

test.run();

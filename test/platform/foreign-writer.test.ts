import { chmod, chown, lchown, mkdir, realpath, symlink } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import * as assert from "uvu/assert";
import { canBecome, findForeignWriter, isOwnUser } from "../../src/platform/foreign-writer.ts";
import { makeFolder, type TestFolder } from "../support/folder.ts";
import { suite } from "../support/suite.ts";

const test = suite("foreign-writer");

let folder: TestFolder;
let root: string;
test.before(async () => {
  folder = await makeFolder();
  root = await realpath(folder.path);
  await folder.write({ "a/b/file": "" });
});
test.after(() => folder.remove());

const at = (name: string) => join(root, name);
const find = (name: string) => findForeignWriter(at(name));

test("findForeignWriter() finds nobody where only the owner can write", async () => {
  assert.is(await find("a/b/file"), undefined);
  assert.is(await find("a/b"), undefined);
  assert.is(await find("a/../a/./b//file/"), undefined);
  assert.is(await findForeignWriter("/"), undefined);
});

const WRITABLE: [changed: string, mode: number, looked: string, finds: boolean][] = [
  ["a/b/file", 0o664, "a/b/file", true],
  ["a/b/file", 0o646, "a/b/file", true],
  ["a/b", 0o777, "a/b/file", true],
  ["a", 0o775, "a/b/file", true],
  ["a", 0o1777, "a/b/file", false],
  ["a/b", 0o1777, "a/b/file", false],
  ["a/b", 0o1777, "a/b", true],
  ["a/b/file", 0o666, "a/b", false],
];
for (const [changed, mode, looked, finds] of WRITABLE) {
  const what = finds ? "finds" : "takes";
  test(`findForeignWriter() ${what} mode ${mode.toString(8)} of ${changed} for ${looked}`, async () => {
    await chmod(at(changed), mode);
    const found = await find(looked);
    await chmod(at(changed), 0o755);
    const wanted = `"${at(changed)}" can be written by others (mode ${
      mode.toString(8)
    }); "chmod go-w" it`;
    assert.is(found, finds ? wanted : undefined);
  });
}

test("findForeignWriter() looks at every folder that links lead through", async () => {
  await mkdir(at("loose"));
  await symlink("../a/b", at("loose/link"));
  await symlink(at("loose/link/file"), at("start"));
  assert.is(await find("start"), undefined);
  await chmod(at("loose"), 0o777);
  assert.match((await find("start"))!, at("loose"));
  await chmod(at("loose"), 0o755);
  await chmod(at("a"), 0o777);
  assert.match((await find("start"))!, at("a"));
  await chmod(at("a"), 0o755);
});

test("findForeignWriter() throws where nothing is, or a circle", async () => {
  await symlink(at("round"), at("round"));
  for (const name of ["nothing", "a/b/file/below", "round"]) {
    try {
      await find(name);
      assert.unreachable();
    } catch (error) {
      assert.instance(error, Error);
      assert.not.match((error as Error).message, "unreachable");
    }
  }
});

if (process.getuid?.() === 0) {
  test("findForeignWriter() finds what belongs to somebody else", async () => {
    await chown(at("a"), 65_534, 0);
    assert.is(await find("a/b/file"), `"${at("a")}" belongs to user 65534`);
    await chown(at("a"), 0, 65_534);
    assert.is(await find("a/b/file"), undefined);
    await symlink(at("a/b/file"), at("foreign"));
    await lchown(at("foreign"), 65_534, 0);
    assert.is(await find("foreign"), `"${at("foreign")}" belongs to user 65534`);
  });
}

test("isOwnUser() and canBecome() compare with this process", () => {
  const own = { uid: process.geteuid!(), gid: process.getegid!() };
  assert.ok(isOwnUser(own));
  assert.ok(canBecome(own));
  const other = { uid: own.uid + 1, gid: own.gid };
  assert.not(isOwnUser(other));
  assert.is(canBecome(other), own.uid === 0);
});

test.run();

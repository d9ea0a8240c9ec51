import { chmod, lstat, mkdir, readdir, readFile, stat } from "node:fs/promises";
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import * as assert from "uvu/assert";
import { checkWritable, writeFileAtomic } from "../../src/platform/output-file.ts";
import { PluginError } from "../../src/plugin-error.ts";
import { temporaryFolder } from "../input/temporary-folder.ts";
import { suite } from "../support/suite.ts";

const test = suite("platform/output-file");

const bytes = (content: string) => new TextEncoder().encode(content);
const onWindows = process.platform === "win32";

async function faultOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (error) {
    return error instanceof PluginError ? `${error.code}: ${error.message}` : `raw: ${error}`;
  }
  return "no error";
}

test("writeFileAtomic() writes, replaces, keeps the mode, and leaves nothing else behind", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/report.json`;
  await writeFileAtomic(path, bytes("one"));
  await chmod(path, 0o600);
  await writeFileAtomic(path, bytes("two"));
  assert.is(await readFile(path, "utf8"), "two");
  if (!onWindows) assert.is((await stat(path)).mode & 0o777, 0o600);
  assert.equal(await readdir(folder.path), ["report.json"]);
});

test("writeFileAtomic() writes through a link", async () => {
  await using folder = await temporaryFolder();
  await folder.write({ real: "one" });
  await folder.link("link", "real");
  await writeFileAtomic(`${folder.path}/link`, bytes("two"));
  assert.is(await readFile(`${folder.path}/real`, "utf8"), "two");
  assert.equal((await readdir(folder.path)).sort(), ["link", "real"]);
});

test("writeFileAtomic() writes to the end of links at which nothing stands", async () => {
  await using folder = await temporaryFolder();
  await mkdir(`${folder.path}/out`);
  await folder.link("first", "out/second");
  await folder.link("out/second", "../report");
  await writeFileAtomic(`${folder.path}/first`, bytes("one"));
  assert.is(await readFile(`${folder.path}/report`, "utf8"), "one");
  assert.ok((await lstat(`${folder.path}/first`)).isSymbolicLink());
  if (!onWindows) assert.is((await stat(`${folder.path}/report`)).mode & 0o111, 0);
});

test("writeFileAtomic() writes into a pipe and a device, and replaces neither", async () => {
  if (onWindows) return;
  await writeFileAtomic("/dev/null", bytes("x"));
  assert.ok((await stat("/dev/null")).isCharacterDevice());
  await using folder = await temporaryFolder();
  const pipe = `${folder.path}/pipe`;
  await promisify(execFile)("mkfifo", [pipe]);
  const reader = promisify(execFile)("cat", [pipe]);
  await writeFileAtomic(pipe, bytes("through the pipe"));
  assert.is((await reader).stdout, "through the pipe");
  assert.ok((await stat(pipe)).isFIFO());
});

const UNWRITABLE: readonly [string, string, RegExp][] = [
  ["a missing folder", "gone/report", /there is no folder ".*\/gone"$/],
  ["a file for a folder", "read-only/report", /there is no folder ".*\/read-only"$/],
  ["a folder", "folder", /it is a folder$/],
  ["a read-only file", "read-only", /it is read-only$/],
  ["a link to a read-only file", "link", /it is read-only$/],
  ["a link into a missing folder", "lost", /there is no folder ".*\/gone"$/],
  ["links in a circle", "loop", /ELOOP/],
];

for (const [what, name, why] of UNWRITABLE) {
  test(`checkWritable() and writeFileAtomic() refuse ${what} by the name that was given`, async () => {
    await using folder = await temporaryFolder();
    await mkdir(`${folder.path}/folder`);
    await folder.write({ "read-only": "old" });
    await chmod(`${folder.path}/read-only`, 0o444);
    await folder.link("link", "read-only");
    await folder.link("lost", "gone/report");
    await folder.link("loop", "loop");
    const before = await readdir(folder.path);
    const path = `${folder.path}/${name}`;
    for (const fault of [checkWritable(path), writeFileAtomic(path, bytes("x"))].map(faultOf)) {
      assert.ok(
        (await fault).startsWith(`output.unwritable: Cannot write "${path}": `),
        await fault,
      );
      assert.match(await fault, why);
    }
    assert.equal(await readdir(folder.path), before);
    assert.is(await readFile(`${folder.path}/read-only`, "utf8"), "old");
  });
}

test("checkWritable() leaves a good place as it is", async () => {
  await using folder = await temporaryFolder();
  await folder.write({ old: "one" });
  await checkWritable(`${folder.path}/old`);
  await checkWritable(`${folder.path}/new`);
  assert.is(await readFile(`${folder.path}/old`, "utf8"), "one");
  assert.equal(await readdir(folder.path), ["old"]);
});

test("checkWritable() refuses a folder that may not be written to", async () => {
  // The super-user may write everywhere.
  if (onWindows || process.getuid?.() === 0) return;
  await using folder = await temporaryFolder();
  await mkdir(`${folder.path}/locked`);
  await folder.lock("locked");
  const fault = await faultOf(checkWritable(`${folder.path}/locked/report`));
  assert.match(fault, /^output\.unwritable: .* permission denied$/);
});

test("writeFileAtomic() with refuseLinks refuses a link and sets the mode that it is given", async () => {
  if (onWindows) return;
  await using folder = await temporaryFolder();
  await folder.write({ real: "one" });
  await folder.link("link", "real");
  await folder.link("lost", "gone");
  const options = { mode: 0o644, refuseLinks: true };
  for (const name of ["link", "lost"]) {
    const fault = await faultOf(
      writeFileAtomic(`${folder.path}/${name}`, bytes("two"), options),
    );
    assert.match(fault, /^output\.unwritable: .* it is a link$/);
  }
  assert.is(await readFile(`${folder.path}/real`, "utf8"), "one");
  const before = process.umask(0o077);
  try {
    await writeFileAtomic(`${folder.path}/lock`, bytes("two"), options);
  } finally {
    process.umask(before);
  }
  assert.is((await stat(`${folder.path}/lock`)).mode & 0o777, 0o644);
  assert.equal((await readdir(folder.path)).sort(), ["link", "lock", "lost", "real"]);
});

test("writeFileAtomic() leaves its parts in another folder, where it is told to", async () => {
  await using folder = await temporaryFolder();
  await folder.write({ "parts/x": "" });
  await mkdir(`${folder.path}/out`);
  const parts = { partFolder: `${folder.path}/parts` };
  await writeFileAtomic(`${folder.path}/out/file`, bytes("one"), parts);
  assert.equal(await readdir(`${folder.path}/parts`), ["x"]);
  assert.equal(await readdir(`${folder.path}/out`), ["file"]);
  assert.is(await readFile(`${folder.path}/out/file`, "utf8"), "one");
  const nowhere = { partFolder: `${folder.path}/nowhere` };
  const fault = await faultOf(writeFileAtomic(`${folder.path}/out/file`, bytes("two"), nowhere));
  assert.match(fault, /^output\.unwritable: /);
  assert.is(await readFile(`${folder.path}/out/file`, "utf8"), "one");
});

test("checkWritable() refuses links where it is told to", async () => {
  if (onWindows) return;
  await using folder = await temporaryFolder();
  await folder.write({ real: "one" });
  await folder.link("link", "real");
  await checkWritable(`${folder.path}/link`);
  const fault = await faultOf(checkWritable(`${folder.path}/link`, { refuseLinks: true }));
  assert.match(fault, /^output\.unwritable: .* it is a link$/);
});

test.run();

import { chmod, link, mkdir, readFile, stat } from "node:fs/promises";
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import * as assert from "uvu/assert";
import { openAppendFile } from "../../src/platform/append-file.ts";
import { PluginError } from "../../src/plugin-error.ts";
import { temporaryFolder } from "../input/temporary-folder.ts";
import { suite } from "../support/suite.ts";

const test = suite("platform/append-file");

const onWindows = process.platform === "win32";

function faultOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    return error instanceof PluginError ? `${error.code}: ${error.message}` : `raw: ${error}`;
  }
  return "no error";
}

test("openAppendFile() makes a private file and has each line written when append() returns", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/audit`;
  const file = openAppendFile(path);
  file.append("one");
  assert.is(await readFile(path, "utf8"), "one\n");
  file.append("zwei");
  assert.is(await readFile(path, "utf8"), "one\nzwei\n");
  if (!onWindows) assert.is((await stat(path)).mode & 0o777, 0o600);
  file.close();
  file.close();
  assert.match(faultOf(() => file.append("three")), /^output\.unwritable: .* it was closed$/);
});

test("openAppendFile() adds to what is there, and ends a line that was cut short", async () => {
  await using folder = await temporaryFolder();
  await folder.write({ audit: '{"whole":1}\n{"cut' });
  const path = `${folder.path}/audit`;
  await chmod(path, 0o600);
  for (const line of ["one", "two"]) {
    const file = openAppendFile(path);
    file.append(line);
    file.close();
  }
  assert.is(await readFile(path, "utf8"), '{"whole":1}\n{"cut\none\ntwo\n');
});

test("two open files add whole lines to one path", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/audit`;
  const files = [openAppendFile(path), openAppendFile(path)];
  for (let index = 0; index < 20; index++) files[index % 2]!.append(`line ${index}`);
  files.forEach((file) => file.close());
  const lines = (await readFile(path, "utf8")).trimEnd().split("\n");
  assert.equal(lines, Array.from({ length: 20 }, (_, index) => `line ${index}`));
});

const REFUSED: readonly [string, string, RegExp][] = [
  ["a link", "link", /it is a link$/],
  ["a link that leads nowhere", "lost", /it is a link$/],
  ["a second name of a file", "second", /it has a second name/],
  ["a file that others may read", "shared", /others may read or write it/],
  ["a FIFO", "pipe", /it is not a regular file$/],
  ["a folder", "folder", /it is a folder$/],
  ["a folder that is not there", "gone/audit", /its folder is not there$/],
  ["a device", "/dev/null", /it is not a regular file$|belongs to another/],
];

for (const [what, name, why] of REFUSED) {
  test(`openAppendFile() refuses ${what} and writes nothing`, async () => {
    if (onWindows) return;
    await using folder = await temporaryFolder();
    await folder.write({ private: "old\n", shared: "old\n", first: "old\n" });
    for (const own of ["private", "first"]) await chmod(`${folder.path}/${own}`, 0o600);
    await chmod(`${folder.path}/shared`, 0o640);
    await link(`${folder.path}/first`, `${folder.path}/second`);
    await folder.link("link", "private");
    await folder.link("lost", "nowhere");
    await mkdir(`${folder.path}/folder`);
    execFileSync("mkfifo", ["-m", "600", `${folder.path}/pipe`]);
    const path = name.startsWith("/") ? name : `${folder.path}/${name}`;
    const fault = faultOf(() => openAppendFile(path).append("x"));
    assert.ok(fault.startsWith(`output.unwritable: Cannot write "${path}": `), fault);
    assert.match(fault, why);
    for (const file of ["private", "shared", "first"]) {
      assert.is(await readFile(`${folder.path}/${file}`, "utf8"), "old\n");
    }
    assert.is(await stat(`${folder.path}/nowhere`).catch(() => "none"), "none");
  });
}

test("append() says when the system takes no more", () => {
  // A full disk is not to be had here; a bound on a file's size fails in the same place.
  if (process.platform !== "linux") return;
  // Ignored, the signal that would end the process leaves the error to the write.
  const script = 'trap "" XFSZ; ulimit -f 1; exec "$0" "$@"';
  const ending = import.meta.url.endsWith(".ts") ? ".ts" : ".js";
  const file = fileURLToPath(new URL(`./append-until-full${ending}`, import.meta.url));
  const program = "Deno" in globalThis
    ? [process.execPath, "run", "-A", "--quiet", "--no-check"]
    : [process.execPath];
  const out = execFileSync("sh", ["-c", script, ...program, file], { encoding: "utf8" });
  assert.match(out, /^output\.unwritable: Cannot write ".*": (EFBIG|File too large)/);
});

test.run();

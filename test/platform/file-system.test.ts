import { execFile } from "node:child_process";
import { promisify } from "node:util";
import * as assert from "uvu/assert";
import {
  fileKind,
  isWithin,
  readDirectory,
  readFileBounded,
  readPipeBounded,
  removeFile,
  resolvePath,
  withSlashes,
} from "../../src/platform/file-system.ts";
import { PluginError } from "../../src/plugin-error.ts";
import { temporaryFolder } from "../input/temporary-folder.ts";
import { suite } from "../support/suite.ts";

const test = suite("platform/file-system");

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const onWindows = process.platform === "win32";

async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (error) {
    return error instanceof PluginError ? error.code : `no PluginError: ${error}`;
  }
  return "no error";
}

test("readFileBounded() reads a file of exactly its bound, and none beyond it", async () => {
  await using folder = await temporaryFolder();
  await folder.write({ empty: "", eight: "12345678" });
  assert.is(text(await readFileBounded(`${folder.path}/empty`, 0)), "");
  assert.is(text(await readFileBounded(`${folder.path}/eight`, 8)), "12345678");
  assert.is(await codeOf(readFileBounded(`${folder.path}/eight`, 7)), "input.too-large");
});

test("readFileBounded() bounds a file that says it has no size", async () => {
  if (process.platform !== "linux") return;
  assert.match(text(await readFileBounded("/proc/self/status", 1 << 20)), /^Name:/);
  assert.is(await codeOf(readFileBounded("/proc/self/status", 10)), "input.too-large");
});

test("readFileBounded() names what cannot be read", async () => {
  await using folder = await temporaryFolder();
  const { path } = folder;
  assert.is(await codeOf(readFileBounded(`${path}/gone`, 9)), "input.not-found");
  assert.is(await codeOf(readFileBounded(path, 9)), "input.unreadable");
  if (onWindows) return;
  assert.is(await codeOf(readFileBounded("/dev/zero", 9)), "input.unreadable");
  // Nobody writes to it, and the call must come back all the same.
  await promisify(execFile)("mkfifo", [`${path}/pipe`]);
  assert.is(await codeOf(readFileBounded(`${path}/pipe`, 9)), "input.unreadable");
});

test("readPipeBounded() reads a pipe to its end, over many buffers, and a device to its bound", async () => {
  if (onWindows) return;
  await using folder = await temporaryFolder();
  const path = `${folder.path}/pipe`;
  await promisify(execFile)("mkfifo", [path]);
  // Another process writes: a runtime may write to a full pipe on the thread that should empty it.
  const writer = promisify(execFile)("sh", ["-c", 'seq 1 50000 > "$0"', path]);
  const read = text(await readPipeBounded(path, 1 << 20));
  await writer;
  assert.is(read.split("\n").length, 50_001);
  assert.ok(read.endsWith("\n50000\n"));
  assert.is(await codeOf(readPipeBounded("/dev/zero", 1 << 20)), "input.too-large");
  assert.is(await codeOf(readPipeBounded(`${folder.path}/gone`, 9)), "input.not-found");
});

test("readFileBounded() follows links, unless it is to refuse them", async () => {
  await using folder = await temporaryFolder();
  await folder.write({ file: "one" });
  await folder.link("link", "file");
  const path = `${folder.path}/link`;
  assert.is(text(await readFileBounded(path, 3)), "one");
  if (onWindows) return;
  assert.is(await codeOf(readFileBounded(path, 3, { refuseLinks: true })), "input.unreadable");
  const plain = readFileBounded(`${folder.path}/file`, 3, { refuseLinks: true });
  assert.is(text(await plain), "one");
});

test("removeFile() removes a link itself, and minds nothing that is not there", async () => {
  await using folder = await temporaryFolder();
  await folder.write({ file: "one" });
  await folder.link("link", "file");
  for (let time = 0; time < 2; time++) await removeFile(`${folder.path}/link`);
  assert.equal((await readDirectory(folder.path)).map(({ name }) => name), ["file"]);
  await removeFile(`${folder.path}/file`);
  assert.equal(await readDirectory(folder.path), []);
});

test("fileKind() follows links, and knows what is not there", async () => {
  await using folder = await temporaryFolder();
  await folder.write({ file: "" });
  await folder.link("link", "file");
  await folder.link("broken", "gone");
  const kinds = ["file", "link", ".", "broken", "gone", "file/below"]
    .map((name) => fileKind(`${folder.path}/${name}`));
  assert.equal(await Promise.all(kinds), [
    "file",
    "file",
    "directory",
    undefined,
    undefined,
    undefined,
  ]);
  if (!onWindows) assert.is(await fileKind("/dev/null"), "other");
});

test("readDirectory() sorts entries and says what each is, links unfollowed", async () => {
  await using folder = await temporaryFolder();
  await folder.write({ "b": "", "a/x": "", "B": "" });
  await folder.link("c", "a");
  assert.equal(await readDirectory(folder.path), [
    { name: "B", kind: "file" },
    { name: "a", kind: "directory" },
    { name: "b", kind: "file" },
    { name: "c", kind: "link" },
  ]);
  assert.is(await codeOf(readDirectory(`${folder.path}/b`)), "input.not-found");
});

test("resolvePath() resolves links, and is undefined where they lead nowhere or in a circle", async () => {
  await using folder = await temporaryFolder();
  await folder.write({ file: "" });
  await folder.link("link", "file");
  await folder.link("loop", "loop");
  const real = await resolvePath(folder.path);
  assert.is(await resolvePath(`${folder.path}/link`), `${real}/file`);
  assert.is(await resolvePath(`${folder.path}/loop`), undefined);
  assert.is(await resolvePath(`${folder.path}/gone`), undefined);
});

const WITHIN: readonly [string, string, boolean][] = [
  ["/a/b", "/a", true],
  ["/a", "/a", true],
  ["/a/..b", "/a", true],
  ["/ab", "/a", false],
  ["/", "/a", false],
  ["/b", "/a", false],
  ["/a", "/", true],
];

for (const [path, folder, expected] of WITHIN) {
  test(`isWithin() says that ${path} is ${expected ? "" : "not "}within ${folder}`, () => {
    assert.is(isWithin(path, folder), expected);
  });
}

test("withSlashes() changes backslashes on Windows only", () => {
  assert.is(withSlashes("a\\b/c"), onWindows ? "a/b/c" : "a\\b/c");
});

test.run();

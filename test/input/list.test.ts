import { execFile } from "node:child_process";
import { rm, truncate, writeFile } from "node:fs/promises";
import { promisify } from "node:util";
import * as assert from "uvu/assert";
import { type InputFile, listInputs, type ListOptions } from "../../src/input/list.ts";
import { LIMITS } from "../../src/limits.ts";
import { PluginError } from "../../src/plugin-error.ts";
import { temporaryFolder } from "./temporary-folder.ts";
import { suite } from "../support/suite.ts";

const test = suite("input/list");

async function list(inputs: readonly string[], options?: ListOptions): Promise<InputFile[]> {
  const files: InputFile[] = [];
  for await (const file of listInputs(inputs, options)) files.push(file);
  return files;
}

/** What reading a file gives: its text, or the code and message of the error. */
async function outcome(file: InputFile | undefined): Promise<string> {
  try {
    return new TextDecoder().decode(await file!.read());
  } catch (error) {
    assert.instance(error, PluginError);
    return `${(error as PluginError).code}: ${(error as PluginError).message}`;
  }
}

/** Names relative to the folder, and where reading fails the code. */
async function listed(
  folder: string,
  inputs: readonly string[],
  options?: ListOptions,
): Promise<string[]> {
  const shown: string[] = [];
  for (const file of await list(inputs.map((input) => `${folder}/${input}`), options)) {
    const code = /^(input\.[a-z-]+): /.exec(await outcome(file))?.[1];
    const name = file.name.replace(`${folder}/`, "").replace(folder, ".");
    shown.push(code === undefined ? name : `${name}: ${code}`);
  }
  return shown;
}

const TREE = {
  "k8s/web.yaml": "web",
  "k8s/README.md": "read me",
  "k8s/sub/db.json": "db",
  "k8s/.hidden.yaml": "hidden",
  "Dockerfile": "FROM a",
  "a[1].yaml": "literal",
  "a1.yaml": "by glob",
};

test("listInputs() takes from a folder what looks like a document, sorted", async () => {
  await using folder = await temporaryFolder();
  await folder.write(TREE);
  assert.equal(await listed(folder.path, [""]), [
    "Dockerfile",
    "a1.yaml",
    "a[1].yaml",
    "k8s/.hidden.yaml",
    "k8s/sub/db.json",
    "k8s/web.yaml",
  ]);
});

test("listInputs() reads a named file whatever it is called", async () => {
  await using folder = await temporaryFolder();
  await folder.write(TREE);
  const [file] = await list([`${folder.path}/k8s/README.md`]);
  assert.is(file?.name, `${folder.path}/k8s/README.md`);
  assert.is(await outcome(file), "read me");
});

const GLOBS: readonly [string, readonly string[]][] = [
  ["k8s/*.yaml", ["k8s/web.yaml"]],
  ["k8s/*", ["k8s/README.md", "k8s/web.yaml"]],
  ["k8s/.*", ["k8s/.hidden.yaml"]],
  ["**/*.json", ["k8s/sub/db.json"]],
  ["k8s/{web.yaml,sub/*}", ["k8s/sub/db.json", "k8s/web.yaml"]],
  ["*", ["Dockerfile", "a1.yaml", "a[1].yaml"]],
  // What exists is not read as a glob, of which this would be `a1.yaml`.
  ["a[1].yaml", ["a[1].yaml"]],
  ["a[0-9].yaml", ["a1.yaml"]],
  ["a\\[1\\].y*", ["a[1].yaml"]],
  ["k8s/*.toml", ["k8s/*.toml: input.not-found"]],
  ["gone/*.yaml", ["gone/*.yaml: input.not-found"]],
  ["k8s/web.yaml/*", ["k8s/web.yaml/*: input.not-found"]],
];

for (const [glob, expected] of GLOBS) {
  test(`listInputs() reads the glob ${glob}`, async () => {
    if (process.platform === "win32" && glob.includes("\\")) return;
    await using folder = await temporaryFolder();
    await folder.write(TREE);
    assert.equal(await listed(folder.path, [glob]), expected);
  });
}

test("listInputs() keeps the order of its inputs and gives each file once", async () => {
  await using folder = await temporaryFolder();
  await folder.write(TREE);
  assert.equal(await listed(folder.path, ["k8s/web.yaml", "k8s", "k8s//*.yaml", "Dockerfile"]), [
    "k8s/web.yaml",
    "k8s/.hidden.yaml",
    "k8s/sub/db.json",
    "Dockerfile",
  ]);
});

test("listInputs() leaves out what is excluded, be it named, found or matched", async () => {
  await using folder = await temporaryFolder();
  await folder.write(TREE);
  const exclude = ["*.yaml", "sub"];
  assert.equal(await listed(folder.path, [""], { exclude }), ["Dockerfile"]);
  assert.equal(await listed(folder.path, ["k8s/web.yaml", "k8s/*"], { exclude }), [
    "k8s/README.md",
  ]);
  assert.equal(await listed(folder.path, ["k8s"], { exclude }), []);
  assert.equal(await listed(folder.path, ["k8s"], { exclude: ["k8s"] }), []);
});

test("listInputs() gives standard input its place, once, and only where it is offered", async () => {
  const bytes = new TextEncoder().encode("piped");
  const stdin = { name: "stdin.yaml", read: () => Promise.resolve(bytes) };
  const files = await list(["-", "-"], { stdin, exclude: ["*.yaml"] });
  assert.equal(files.map((file) => file.name), ["stdin.yaml"]);
  assert.is(await outcome(files[0]), "piped");
  const [file] = await list(["-"]);
  assert.match(await outcome(file), /^input\.not-found/);
});

test("listInputs() lists what is not there, so that reading it says so", async () => {
  await using folder = await temporaryFolder();
  await folder.write(TREE);
  assert.equal(await listed(folder.path, ["gone.yaml", "k8s/web.yaml"]), [
    "gone.yaml: input.not-found",
    "k8s/web.yaml",
  ]);
  for (const name of ["", "a\0b", "x".repeat(5000)]) {
    const [file] = await list([name]);
    assert.match(await outcome(file), /^input\.(not-found|unreadable): Cannot read "/);
  }
});

test("listInputs() says of a folder that it holds no input", async () => {
  await using folder = await temporaryFolder();
  await folder.write({ "README.md": "" });
  const [file] = await list([folder.path]);
  assert.is(
    await outcome(file),
    `input.empty: Cannot read "${folder.path}": the folder holds no file that looks like a ` +
      "document; a file that is named itself is always read",
  );
  assert.equal(await listed(folder.path, [""], { exclude: ["*.md"] }), [".: input.empty"]);
});

test("listInputs() passes over a .conf of a folder that is no object, and says so", async () => {
  await using folder = await temporaryFolder();
  await folder.write({
    "10-bridge.conf": ' {"name": "a"}',
    "nginx.conf": "server {}",
    "README.md": "",
    "bom.spdx": "SPDXVersion: SPDX-2.3",
  });
  const passed: string[] = [];
  const options = { onPassedOver: (name: string) => passed.push(name.split("/").at(-1)!) };
  assert.equal(await listed(folder.path, [""], options), ["10-bridge.conf"]);
  assert.equal(passed, ["README.md", "bom.spdx", "nginx.conf"]);
  assert.equal(await listed(folder.path, ["nginx.conf", "*.spdx"]), ["nginx.conf", "bom.spdx"]);
  assert.equal(await listed(folder.path, [""], { exclude: ["10*"], maxBytes: 3 }), [
    "nginx.conf: input.too-large",
  ]);
  const [conf] = await list([folder.path]);
  assert.is(await outcome(conf), ' {"name": "a"}');
});

test("listInputs() finds a file that is gone when it is read", async () => {
  await using folder = await temporaryFolder();
  await folder.write(TREE);
  const files = await list([`${folder.path}/k8s`]);
  await rm(`${folder.path}/k8s/sub/db.json`);
  const outcomes = await Promise.all(files.map(outcome));
  assert.is(outcomes[0], "hidden");
  assert.match(outcomes[1] ?? "", /^input\.not-found: Cannot read ".*db\.json"/);
  assert.is(outcomes[2], "web");
});

test("listInputs() refuses 200 MB without reading them", async () => {
  await using folder = await temporaryFolder();
  await writeFile(`${folder.path}/big.json`, "");
  await truncate(`${folder.path}/big.json`, 200 * 1024 * 1024);
  const [file] = await list([folder.path]);
  const before = performance.now();
  assert.is(
    await outcome(file),
    `input.too-large: Cannot read "${folder.path}/big.json": it has 209715200 bytes, ` +
      `at most ${LIMITS.inputBytes} are allowed`,
  );
  assert.ok(performance.now() - before < 1000);
});

test("listInputs() reads to its bound and no further", async () => {
  await using folder = await temporaryFolder();
  await folder.write({ "a.yaml": "12345678" });
  const name = `${folder.path}/a.yaml`;
  assert.is(await outcome((await list([name], { maxBytes: 8 }))[0]), "12345678");
  assert.match(await outcome((await list([name], { maxBytes: 7 }))[0]), /^input\.too-large/);
});

test("listInputs() reads a named pipe and a device, bounded, when they are named", async () => {
  if (process.platform === "win32") return;
  await using folder = await temporaryFolder();
  const pipe = `${folder.path}/pipe`;
  await promisify(execFile)("mkfifo", [pipe]);
  const [file] = await list([pipe]);
  const writer = promisify(execFile)("sh", ["-c", 'printf "through the pipe" > "$0"', pipe]);
  assert.is(await outcome(file), "through the pipe");
  await writer;
  const [zero] = await list(["/dev/zero"], { maxBytes: 100_000 });
  assert.match(await outcome(zero), /^input\.too-large: Cannot read "\/dev\/zero"/);
});

test.run();

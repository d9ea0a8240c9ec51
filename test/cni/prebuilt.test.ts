import { spawnSync } from "node:child_process";
import { chmod, readdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import process from "node:process";
import * as assert from "uvu/assert";
import { readPrebuilt } from "../../src/cni/prebuilt.ts";
import { PluginError } from "../../src/plugin-error.ts";
import { makeFolder, type TestFolder } from "../support/folder.ts";
import { leaveOut } from "../support/optional.ts";
import { suite } from "../support/suite.ts";
import { compiled, withCompiler } from "./shim-world.ts";

interface Context {
  folder: TestFolder;
}

const test = suite<Context>("prebuilt");
const testC = withCompiler(test);

test.before(async (context) => {
  context.folder = await makeFolder();
});
test.after(({ folder }) => folder.remove());

const read = async (path: string, binDir = dirname(path)) => {
  const before = await readdir(binDir);
  try {
    return await readPrebuilt(path, binDir, new AbortController().signal);
  } finally {
    assert.equal(await readdir(binDir), before);
  }
};
const fault = (path: string, binDir?: string) =>
  read(path, binDir).then(() => undefined, PluginError.from);

/** The executable, or another one, with another text in place of one. */
function replaced(text: string, other: string, executable = compiled!): Uint8Array {
  const [from, to] = [text, other].map((one) => new TextEncoder().encode(one));
  const bytes = executable.slice();
  const isAt = (at: number) => from!.every((byte, n) => bytes[at + n] === byte);
  for (let at = 0; at < bytes.length; at++) if (isAt(at)) bytes.set(to!, at);
  return bytes;
}

testC("readPrebuilt() takes an executable that runs here", async ({ folder }) => {
  const path = join(folder.path, "good");
  await writeFile(path, compiled!);
  assert.equal(await read(path), compiled);
});

testC("readPrebuilt() knows the protocol wherever a compiler has put it", async ({ folder }) => {
  const mark = "cofferdam-cni-shim CNI";
  const kept = replaced(`${mark}1`, `${mark}\x01`);
  const path = join(folder.path, "without");
  await writeFile(path, replaced(`${mark}\x01`, `${mark}1`, replaced("CNI1", "CNI0", kept)));
  await read(path);
});

for (
  const [name, bytes, words] of [
    ["another program", () => new TextEncoder().encode("\x7fELF"), /none in C/],
    [
      "a script of ours",
      () => new TextEncoder().encode("#!/bin/sh\n# cofferdam-cni-shim CNI1\n"),
      /none in C/,
    ],
    [
      "one of another protocol",
      () => replaced("cofferdam-cni-shim CNI1", "cofferdam-cni-shim CNI0"),
      /another protocol with the daemon/,
    ],
    [
      "one for another machine",
      () => {
        const other = compiled!.slice();
        // e_machine: none that there is.
        other.set([0xfe, 0xfe], 18);
        return other;
      },
      /does not run here, tried in ".*": ./,
    ],
    ["one that is cut", () => compiled!.slice(0, compiled!.length >> 1), /./],
  ] as readonly [string, () => Uint8Array, RegExp][]
) {
  testC(`readPrebuilt() refuses ${name}`, async ({ folder }) => {
    const path = join(folder.path, name.replaceAll(" ", "-"));
    await writeFile(path, bytes());
    const error = await fault(path);
    assert.is(error?.code, "usage.invalid");
    assert.match(error!.message, words);
  });
}

testC("readPrebuilt() trusts none that others can write, and needs one", async ({ folder }) => {
  const path = join(folder.path, "writable");
  await writeFile(path, compiled!);
  await chmod(path, 0o777);
  assert.is((await fault(path))?.code, "trust.writable");
  assert.is((await fault(join(folder.path, "none")))?.code, "input.not-found");
});

testC("readPrebuilt() runs it in no folder that others can write", async ({ folder }) => {
  await folder.write({ "open/shim": compiled! });
  await chmod(join(folder.path, "open"), 0o777);
  await folder.write({ closed: compiled! });
  const error = await fault(join(folder.path, "closed"), join(folder.path, "open"));
  assert.is(error?.code, "trust.writable");
});

// A file system on which nothing runs, in mounts that nobody else sees, and a program there.
const MOUNT =
  `mount --make-rprivate / && mount -t tmpfs -o noexec,mode=755 tmpfs "$0" && exec "$@"`;
const isPermitted = spawnSync("unshare", ["--mount", "true"]).status === 0;
if (!isPermitted) leaveOut("a folder on which nothing runs", "mounts are not permitted");

testC(
  "readPrebuilt() needs no temporary folder, but the other, to let it run",
  async ({ folder }) => {
    if (!isPermitted) return;
    const none = join(folder.path, "noexec");
    await folder.write({ "noexec/.keep": "", "bin/shim": compiled! });
    const bin = join(folder.path, "bin");
    const { url } = import.meta;
    const tries = new URL(`try-prebuilt${url.slice(url.lastIndexOf("."))}`, url).pathname;
    const run = "Deno" in globalThis ? ["run", "-A", "--quiet"] : [];
    const program = [process.execPath, ...run, tries, join(bin, "shim"), bin, none];
    const { stdout, stderr } = spawnSync(
      "unshare",
      ["--mount", "/bin/sh", "-c", MOUNT, none, ...program],
      { encoding: "utf8", env: { ...process.env, TMPDIR: none } },
    );
    assert.is(stderr, "");
    const [there, here] = stdout.split("\n");
    assert.is(there, "runs");
    assert.match(here!, /^Cannot install .*: Cannot start it: the system does not permit it$/);
  },
);

test.run();

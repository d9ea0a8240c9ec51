import { chmod, readFile, rm, stat, symlink } from "node:fs/promises";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { type CliResult, runCli } from "../support/cli.ts";
import { makeFolder, type TestFolder } from "../support/folder.ts";
import { answering, bundleOf } from "../support/guest.ts";
import { suite } from "../support/suite.ts";

const test = suite("cli/lock");

const ALLOW = '{"allowed":true,"reasons":[]}';
const named = (name: string, more: Record<string, unknown> = {}) =>
  bundleOf(answering(ALLOW), { name, ...more });

/** A test with a folder of its own. */
function inFolder(name: string, check: (folder: TestFolder) => Promise<void>): void {
  test(name, async () => {
    const folder = await makeFolder();
    try {
      await folder.write({
        "etc/cofferdam.yaml": "plugins:\n  one: {path: ../plugins/one.wasm}\n",
        "etc/empty.yaml": "waivers: []\n",
        "plugins/one.wasm": named("one"),
        "two.wasm": named("two", { capabilities: ["state"] }),
        "a.json": '{"a":1}',
      });
      await check(folder);
    } finally {
      await folder.remove();
    }
  });
}

const CONFIG = ["--config", "etc/cofferdam.yaml"];
const lock = ({ path }: TestFolder, ...args: string[]): Promise<CliResult> =>
  runCli(["lock", ...args], { cwd: path });
const check = ({ path }: TestFolder, ...args: string[]): Promise<CliResult> =>
  runCli(["check", ...args, "a.json"], { cwd: path });
const content = ({ path }: TestFolder) => readFile(join(path, "etc/cofferdam.lock"), "utf8");

inFolder(
  "lock pins what the configuration and the command line name, beside the configuration",
  async (folder) => {
    const { code, stdout, stderr } = await lock(folder, ...CONFIG, "--plugin", "two.wasm");
    assert.is(code, 0, stderr);
    assert.match(stdout, /^\+ one \(added\)\n {4}digest: sha256:/);
    assert.match(stdout, /\+ two \(added\)[\s\S]* {4}capabilities: \+ state\n/);
    assert.match(stdout, /cofferdam\.lock was written\n$/);
    const { plugins } = JSON.parse(await content(folder));
    assert.equal(Object.keys(plugins), ["one", "two"]);
    assert.equal([plugins.one.path, plugins.two.path], ["../plugins/one.wasm", "../two.wasm"]);
    if (process.platform !== "win32") {
      const { mode } = await stat(join(folder.path, "etc/cofferdam.lock"));
      assert.is(mode & 0o777, 0o644);
    }
    const again = await lock(folder, ...CONFIG, "--plugin", "two.wasm");
    assert.equal([again.code, /is up to date\n$/.test(again.stdout)], [0, true]);
  },
);

inFolder("lock shows what has changed, and writes it only when it is accepted", async (folder) => {
  await lock(folder, ...CONFIG);
  const before = await content(folder);
  await folder.write({ "plugins/one.wasm": named("one", { capabilities: ["exec"] }) });
  const shown = await lock(folder, ...CONFIG);
  assert.is(shown.code, 1);
  assert.match(
    shown.stdout,
    /^~ one \(changed\)\n {4}digest: .* -> .*\n {4}capabilities: \+ exec\n/,
  );
  assert.match(shown.stdout, /was not written; "--accept" accepts this\n$/);
  assert.is(await content(folder), before);
  const accepted = await lock(folder, ...CONFIG, "--accept");
  assert.is(accepted.code, 0);
  assert.match(accepted.stdout, /capabilities: \+ exec[\s\S]*was written/);
  assert.match(await content(folder), '"exec"');
});

inFolder("lock shows what is named no more", async (folder) => {
  await lock(folder, ...CONFIG, "--plugin", "two.wasm");
  const { code, stdout } = await lock(folder, ...CONFIG);
  assert.equal([code, stdout.startsWith("- two (removed)\n")], [1, true]);
});

inFolder("check loads what is locked and nothing else", async (folder) => {
  await lock(folder, ...CONFIG);
  const good = await check(folder, ...CONFIG, "--plugin", "plugins/one.wasm");
  assert.is(good.code, 0, good.stderr);
  const other = await check(folder, ...CONFIG, "--plugin", "two.wasm");
  assert.is(other.code, 2);
  assert.match(other.stderr, /"cofferdam\.lock" does not name it.*\[trust\.unlocked\]/);
  await folder.write({ "plugins/one.wasm": named("one", { version: "2.0.0" }) });
  const changed = await check(folder, ...CONFIG, "--plugin", "plugins/one.wasm");
  assert.is(changed.code, 2);
  assert.match(changed.stderr, /version: 1\.0\.0 -> 2\.0\.0.*\[trust\.changed\]/);
});

inFolder("a lock counts for the configuration beside it alone", async (folder) => {
  await lock(folder, ...CONFIG);
  await folder.write({ "cofferdam.lock": "{}", "elsewhere/cofferdam.yaml": "waivers: []\n" });
  for (const config of [[], ["--config", "elsewhere/cofferdam.yaml"]]) {
    const { code, stderr } = await check(
      folder,
      ...config,
      "--plugin",
      "two.wasm",
      `--allow-state=${join(folder.path, "state")}`,
      "--instance",
      "i",
    );
    assert.is(code, 0, stderr);
  }
});

inFolder("lock takes every spelling of a path for the same", async (folder) => {
  await lock(folder, ...CONFIG, "--plugin", "two.wasm");
  await folder.write({
    "etc/cofferdam.yaml": "plugins:\n  one: {path: ./../etc/../plugins/one.wasm}\n",
  });
  for (const path of ["./two.wasm", join(folder.path, "two.wasm"), "plugins/../two.wasm"]) {
    const { code, stdout } = await lock(folder, ...CONFIG, "--plugin", path);
    assert.equal([code, /is up to date\n$/.test(stdout)], [0, true], path);
  }
});

inFolder("a lock that cannot be read locks everything out", async (folder) => {
  for (const broken of ["", "{", '{"lockVersion":9,"plugins":{}}']) {
    await folder.write({ "etc/cofferdam.lock": broken });
    const { code, stderr } = await check(folder, ...CONFIG, "--plugin", "plugins/one.wasm");
    assert.is(code, 2);
    assert.match(stderr, "[config.invalid]");
    assert.is((await lock(folder, ...CONFIG, "--accept")).code, 2);
  }
});

inFolder(
  "a lock that is a link that leads nowhere locks everything out, and is not written through",
  async (folder) => {
    if (process.platform === "win32") return;
    await symlink("nowhere", join(folder.path, "etc/cofferdam.lock"));
    const { code } = await check(folder, ...CONFIG, "--plugin", "plugins/one.wasm");
    assert.is(code, 2);
    assert.is((await lock(folder, ...CONFIG, "--accept")).code, 2);
    assert.is(await stat(join(folder.path, "etc/nowhere")).catch(() => "none"), "none");
  },
);

inFolder("lock does not write through a link to a good lock", async (folder) => {
  if (process.platform === "win32") return;
  await lock(folder, ...CONFIG);
  const good = await content(folder);
  await folder.write({ "real": good });
  await rm(join(folder.path, "etc/cofferdam.lock"));
  await symlink("../real", join(folder.path, "etc/cofferdam.lock"));
  const { code, stderr } = await lock(folder, ...CONFIG, "--plugin", "two.wasm", "--accept");
  assert.is(code, 2);
  assert.match(stderr, /it is a link/);
  assert.is(await readFile(join(folder.path, "real"), "utf8"), good);
});

const FAULTS: [string, string[], RegExp][] = [
  ["no configuration", [], /"--config" is missing/],
  ["no plugin", ["--config", "etc/empty.yaml"], /nothing to write/],
  ["a file behind no flag", [...CONFIG, "two.wasm"], /"--plugin P\.wasm"/],
  ["a plugin that is not there", [...CONFIG, "--plugin", "none.wasm"], /input\.not-found/],
];
for (const [what, args, why] of FAULTS) {
  inFolder(`lock refuses ${what}`, async (folder) => {
    const { code, stderr } = await lock(folder, ...args);
    assert.is(code, 2);
    assert.match(stderr, why);
  });
}

inFolder(
  "lock refuses a file that is called otherwise than the configuration says",
  async (folder) => {
    await folder.write({ "etc/cofferdam.yaml": "plugins: {one: {path: ../two.wasm}}\n" });
    const { code, stderr } = await lock(folder, ...CONFIG);
    assert.is(code, 2);
    assert.match(stderr, /"plugins\.one" names "\.\.\/two\.wasm", which is called "two"/);
  },
);

inFolder("lock refuses a digest that is not the one in the configuration", async (folder) => {
  await folder.write({
    "etc/cofferdam.yaml": `plugins: {one: {digest: "sha256:${"0".repeat(64)}"}}\n`,
  });
  const { code, stderr } = await lock(folder, ...CONFIG, "--plugin", "plugins/one.wasm");
  assert.is(code, 2);
  assert.match(stderr, "bundle.digest-mismatch");
  assert.match(stderr, /"[^"]*(one|two)\.wasm"/);
});

inFolder("lock refuses two plugins of one name", async (folder) => {
  await folder.write({ "three.wasm": named("one", { version: "3.0.0" }) });
  const { code, stderr } = await lock(folder, ...CONFIG, "--plugin", "three.wasm");
  assert.is(code, 2);
  assert.match(stderr, "registry.duplicate-name");
});

inFolder("what the configuration grants counts once something pins the plugin", async (folder) => {
  const granting =
    "plugins: {two: {path: ../two.wasm, instance: i, grants: {state: {folder: s}}}}\n";
  await folder.write({ "etc/cofferdam.yaml": granting });
  const unpinned = await check(folder, ...CONFIG, "--plugin", "two.wasm");
  assert.is(unpinned.code, 2);
  assert.match(unpinned.stderr, /nothing pins the plugin.*\[trust\.unlocked\]/);
  await lock(folder, ...CONFIG);
  const pinned = await check(folder, ...CONFIG, "--plugin", "two.wasm");
  assert.not.match(pinned.stderr, /trust\.|is not granted/);
});

for (const said of ["commands: {ls: {}}", "grants: {delegate: {types: [bridge]}}"]) {
  inFolder(`a configuration with ${said} must be its owner's alone`, async (folder) => {
    if (process.platform === "win32") return;
    await folder.write({ "etc/cofferdam.yaml": `plugins: {one: {${said}}}\n` });
    await chmod(join(folder.path, "etc"), 0o755);
    await chmod(join(folder.path, "etc/cofferdam.yaml"), 0o664);
    const { code, stderr } = await check(folder, ...CONFIG, "--plugin", "plugins/one.wasm");
    assert.is(code, 2);
    assert.match(stderr, /"[^"]*cofferdam\.yaml" can be written by others .*\[trust\.writable\]/);
  });
}

inFolder(
  "settings, digest and limits of the configuration count where no flag says otherwise",
  async (folder) => {
    const settings = {
      type: "object",
      properties: { mode: { const: "strict" } },
      required: ["mode"],
    };
    await folder.write({
      "plugins/one.wasm": named("one", { settings }),
      "etc/cofferdam.yaml": "plugins: {one: {settings: {mode: strict}}}\n",
      "loose.yaml": "mode: loose\n",
    });
    const args = ["--plugin", "plugins/one.wasm"];
    assert.is((await check(folder, ...CONFIG, ...args)).code, 0);
    const flag = await check(folder, ...CONFIG, ...args, "--settings", "loose.yaml");
    assert.match(flag.stderr, "contract.settings-invalid");
    await folder.write({
      "etc/cofferdam.yaml": `plugins: {one: {digest: "sha256:${"0".repeat(64)}"}}\n`,
    });
    const digest = await check(folder, ...CONFIG, ...args);
    assert.match(digest.stderr, "bundle.digest-mismatch");
  },
);

test.run();

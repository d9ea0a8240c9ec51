import { chmod } from "node:fs/promises";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { runCli } from "../support/cli.ts";
import { makeFolder, type TestFolder } from "../support/folder.ts";
import { answering, bundleOf } from "../support/guest.ts";
import { suite } from "../support/suite.ts";

const test = suite<{ folder: TestFolder }>("cli/cipd-serve");

const ALLOW = '{"allowed":true,"reasons":[]}';

test.before(async (context) => {
  context.folder = await makeFolder();
  await context.folder.write({
    "allow.wasm": bundleOf(answering(ALLOW), {
      name: "allow",
      implements: [{ contract: "admission", version: 1, kinds: ["cipd.pin"] }],
    }),
    "config.yaml": "waivers: []\n",
  });
});

test.after(({ folder }) => folder.remove());

const PLUGIN = ["--plugin", "allow.wasm"];

for (
  const [what, args, words] of [
    ["no plugin", [], /"--plugin" is missing/],
    ["an input", [...PLUGIN, "x.ensure"], /"x\.ensure" is not wanted here/],
    ["a flag of check", [...PLUGIN, "--format", "json"], /"--format" is not known/],
  ] as const
) {
  test(`it refuses ${what}`, async ({ folder }) => {
    const { code, stdout, stderr } = await runCli(["cipd", "serve", ...args], { cwd: folder.path });
    assert.equal([code, stdout], [2, ""]);
    assert.match(stderr, words);
  });
}

test("it is a verb of two words, with help of its own and a suggestion", async ({ folder }) => {
  const cwd = folder.path;
  const help = await runCli(["cipd", "serve", "--help"], { cwd });
  assert.is(help.code, 0);
  assert.match(help.stdout, "CIPD_ADMISSION_PLUGIN");
  assert.equal(await runCli(["help", "cipd", "serve"], { cwd }), help);
  const other = await runCli(["cipd", "sreve"], { cwd });
  assert.is(other.code, 2);
  assert.match(other.stderr, /"cipd sreve" is not known.*did you mean "cipd serve"/);
  assert.is((await runCli(["cipd"], { cwd })).code, 2);
});

test("a configuration that others can write is refused", async ({ folder }) => {
  const path = join(folder.path, "config.yaml");
  await chmod(path, 0o666);
  const args = ["cipd", "serve", ...PLUGIN, "--config", "config.yaml"];
  const { code, stderr } = await runCli(args, {
    cwd: folder.path,
    // Nobody listens there, and nobody is asked.
    stdin: '{"port":1,"ticket":"x"}\n',
  });
  assert.is(code, 2);
  assert.match(stderr, /\[trust\.writable\]/);
});

test("a bare --allow-metadata means the client, and check has none", async ({ folder }) => {
  await folder.write({ "x.ensure": `a/b ${"a".repeat(40)}\n` });
  const args = ["check", ...PLUGIN, "--allow-metadata", "--", "x.ensure"];
  const { code, stderr } = await runCli(args, { cwd: folder.path });
  assert.is(code, 2);
  assert.match(stderr, /nobody says where metadata comes from: write --allow-metadata=FILE/);
});

test.run();

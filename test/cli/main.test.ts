/** The command as a user runs it: what is the same for every verb. */
import * as assert from "uvu/assert";
import { VERSION } from "../../src/version.ts";
import { runCli } from "../support/cli.ts";
import { suite } from "../support/suite.ts";
import { type CheckContext, makeCheckFolder } from "./check-folder.ts";

const test = suite<CheckContext>("main");

test.before(async (context) => {
  context.folder = await makeCheckFolder();
});

test.after(({ folder }) => folder.remove());

test("--version and --help answer on stdout with 0", async () => {
  const version = await runCli(["--version"]);
  assert.equal([version.code, version.stdout], [0, `cofferdam ${VERSION}\n`]);
  const help = await runCli(["--help"]);
  assert.is(help.code, 0);
  const verbs = "build check init inspect lock pack replay test verify".split(" ");
  for (const verb of verbs) assert.match(help.stdout, verb);
  for (const verb of verbs) {
    const own = await runCli([verb, "--help"]);
    assert.is(own.code, 0);
    assert.match(own.stdout, /Permissions on Deno: --allow-read/);
  }
});

test("--log-format json puts machine-readable lines on stderr", async ({ folder }) => {
  const { code, stderr } = await runCli(
    ["check", "--log-format", "json", "--plugin", "none.wasm", "a.json"],
    { cwd: folder.path },
  );
  assert.is(code, 2);
  const line = JSON.parse(stderr);
  assert.equal([line.level, line.code], ["error", "input.not-found"]);
});

test("a mistyped flag is answered with where the verb's help is", async () => {
  const { code, stderr } = await runCli(["check", "--plugn", "x"]);
  assert.is(code, 2);
  assert.match(stderr, 'see "cofferdam check --help"');
});

test("half a verb is answered with the verbs that have the word", async () => {
  for (const [word, verbs] of [["docker", "docker serve"], ["install", "install cni"]] as const) {
    const { code, stderr } = await runCli([word]);
    assert.is(code, 2);
    assert.match(stderr, `"${word}" is one word of a verb: ${verbs}`);
  }
});

test("help on a system's name is help on its verbs", async () => {
  const [one, several] = await Promise.all(
    [["docker", "--help"], ["help", "cni"]].map((args) => runCli(args)),
  );
  assert.equal(one, await runCli(["docker", "serve", "--help"]));
  assert.is(several!.code, 0);
  assert.match(several!.stdout, /cni call .*\n.*cni serve /);
});

test("an unknown verb gets a suggestion", async () => {
  const { code, stderr } = await runCli(["chekc"]);
  assert.is(code, 2);
  assert.match(stderr, /did you mean "check"/);
});

test.run();

import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { runCommand } from "../../scripts/run-command.ts";
import { CLI, runCli } from "../support/cli.ts";
import { makeFolder, type TestFolder } from "../support/folder.ts";
import { MANIFEST } from "../support/guest.ts";
import { suite } from "../support/suite.ts";

interface Context {
  folder: TestFolder;
}

const test = suite<Context>("build");

test.before(async (context) => {
  context.folder = await makeFolder();
  await context.folder.write({
    "policy.ts": `import { admission } from "cofferdam/guest";
export default admission((request) => {
  if ((request.object as { fail?: boolean }).fail) {
    throw new RangeError("as asked");
  }
  return { allowed: true, reasons: [] };
});`,
    "plugin.json": JSON.stringify(MANIFEST),
    "other.json": JSON.stringify({ ...MANIFEST, name: "other-name" }),
    "wrong.ts": "export default 5;",
    "good.json": "{}",
    "fail.json": '{"fail":true}',
  });
});

test.after(({ folder }) => folder.remove());

test("build makes a plugin that check takes, and prints its digest", async ({ folder }) => {
  const cwd = folder.path;
  const build = await runCli(["build", "policy.ts", "-o", "out.wasm"], { cwd });
  assert.is(build.code, 0, build.stderr);
  const digest = build.stdout.trim();
  const verify = await runCli(["verify", "out.wasm", "--digest", digest], { cwd });
  assert.is(verify.code, 0, verify.stderr);
  const good = await runCli(["check", "--plugin", "out.wasm", "good.json"], { cwd });
  assert.is(good.code, 0, good.stderr);
  const fail = await runCli(["check", "--plugin", "out.wasm", "fail.json"], { cwd });
  assert.is(fail.code, 2);
  assert.match(fail.stdout, /RangeError: as asked at .*\(policy\.ts:4:\d+\)/);
});

test("build takes another manifest", async ({ folder }) => {
  const cwd = folder.path;
  const args = ["build", "policy.ts", "--manifest", "other.json", "-o", "other.wasm"];
  assert.is((await runCli(args, { cwd })).code, 0);
  assert.match((await runCli(["inspect", "other.wasm"], { cwd })).stdout, "other-name 1.0.0");
});

test("build writes nothing when it fails, and says why", async ({ folder }) => {
  const { code, stderr } = await runCli(["build", "wrong.ts", "-o", "wrong.wasm"], {
    cwd: folder.path,
  });
  assert.is(code, 2);
  assert.match(stderr, "[build.not-a-plugin]");
  assert.is(await readFile(join(folder.path, "wrong.wasm")).catch(() => "none"), "none");
});

test("build replaces a plugin, but nothing else", async ({ folder }) => {
  const cwd = folder.path;
  for (const name of ["policy.ts", "plugin.json", "good.json"]) {
    const before = await readFile(join(cwd, name), "utf8");
    const { code, stderr } = await runCli(["build", "policy.ts", "-o", name], { cwd });
    assert.is(code, 2);
    assert.match(stderr, "[usage.invalid]");
    assert.is(await readFile(join(cwd, name), "utf8"), before);
  }
  for (let times = 0; times < 2; times++) {
    assert.is((await runCli(["build", "policy.ts", "-o", "twice.wasm"], { cwd })).code, 0);
  }
});

test("build shows each type error in a line of its own, and takes JavaScript", async ({ folder }) => {
  const cwd = folder.path;
  await folder.write({
    "typed.ts": 'export const a: number = "";\nexport const b: number = "";\n',
    "policy.js": 'import { admission } from "cofferdam/guest";\n' +
      "export default admission(() => ({ allowed: true, reasons: [] }));\n",
  });
  const typed = await runCli(["build", "typed.ts", "-o", "typed.wasm"], { cwd });
  assert.match(typed.stderr, /typed\.ts:1:14: .*\n {2}typed\.ts:2:14: .*build\.type-error/);
  const script = await runCli(["build", "policy.js", "-o", "script.wasm"], { cwd });
  assert.is(script.code, 0, script.stderr);
});

test("build says what its command line lacks", async ({ folder }) => {
  const cwd = join(folder.path, "empty");
  await mkdir(cwd, { recursive: true });
  for (
    const [args, says] of [
      [["build"], 'Cannot build ".": it holds neither policy.ts nor assembly/index.ts'],
      [["build", "a.ts", "b.ts"], "wanted one module"],
      [["build", "gone.ts", "-o", "gone.wasm"], "there is no such file"],
    ] as const
  ) {
    const { code, stderr } = await runCli(args, { cwd });
    assert.is(code, 2);
    assert.match(stderr, says);
  }
});

if ("Deno" in globalThis) {
  test("build says which permission it lacks", async ({ folder }) => {
    const allowed = ["--quiet", "--no-prompt", "--allow-read", "--allow-env", "--allow-write"];
    const args = ["run", ...allowed, "--allow-sys", CLI[1].at(-1)!, "build"];
    const { code, output } = await runCommand(CLI[0], args, { cwd: folder.path });
    assert.is(code, 2);
    assert.match(output, '"--allow-run" [build.failed]');
  });
}

test.run();

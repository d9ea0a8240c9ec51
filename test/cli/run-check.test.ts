/** `cofferdam check` as a user runs it: what it judges, and by what flags. */
import { readFile, symlink } from "node:fs/promises";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { runCli } from "../support/cli.ts";
import { suite } from "../support/suite.ts";
import { type CheckContext, json, makeCheckFolder, NOW, runCheckIn } from "./check-folder.ts";

const test = suite<CheckContext>("run-check");

test.before(async (context) => {
  context.folder = await makeCheckFolder();
});

test.after(({ folder }) => folder.remove());

test("check exits 0 when all is allowed, 1 when something is denied", async ({ folder }) => {
  assert.is((await json(folder, "--plugin", "allow.wasm", "a.json", "c.json")).code, 0);
  const { code, report } = await json(
    folder,
    "--plugin",
    "allow.wasm",
    "--plugin",
    "deny.wasm",
    "a.json",
  );
  assert.is(code, 1);
  assert.equal(report.summary, { allowed: 1, denied: 1, errors: 0 });
  const denied = report.results.find((r: { allowed: boolean }) => !r.allowed);
  assert.equal(denied.reasons, [{
    rule: "no-b",
    message: "b is not wanted",
    severity: "error",
    path: "/b",
    line: 3,
    column: 3,
    help: "Take b out",
  }]);
  assert.is(denied.plugin.name, "deny");
  assert.match(denied.plugin.digest, /^sha256:/);
});

test("check reports a file that cannot be parsed, checks the others and exits 2", async ({ folder }) => {
  const { code, report } = await json(folder, "--plugin", "deny.wasm", "broken.json", "a.json");
  assert.is(code, 2);
  assert.equal(report.summary, { allowed: 0, denied: 1, errors: 1 });
  const { error, allowed, plugin } = report.results[0];
  assert.equal([allowed, plugin, error.code, error.line], [null, null, "document.malformed", 2]);
  assert.is.not(error.column, undefined);
});

test("check reports a plugin that does not answer and exits 2", async ({ folder }) => {
  const { code, report } = await json(
    folder,
    "--plugin",
    "loop.wasm",
    "--fuel",
    "9007199254740991",
    "--plugin",
    "deny.wasm",
    "a.json",
  );
  assert.is(code, 2);
  assert.equal(report.summary, { allowed: 0, denied: 1, errors: 1 });
  assert.is(report.results[0].error.code, "sandbox.timeout");
});

test("check lets warnings deny with --fail-on warning", async ({ folder }) => {
  assert.is((await json(folder, "--plugin", "warn.wasm", "a.json")).code, 0);
  const strict = await json(folder, "--plugin", "warn.wasm", "--fail-on", "warning", "a.json");
  assert.is(strict.code, 1);
});

test("check excuses what the named configuration waives, and only that", async ({ folder }) => {
  const args = ["--plugin", "deny.wasm", "--config", "waivers.yaml"];
  const waived = await json(folder, ...args, "a.json");
  assert.is(waived.code, 0);
  assert.equal(waived.report.results[0].reasons[0].waived, {
    reason: "known",
    until: "2026-06-30",
  });
  assert.is((await json(folder, ...args, "c.json")).code, 1);
  const later = await runCli(
    ["check", "--now", "2026-07-01T00:00:00Z", ...args, "a.json"],
    { cwd: folder.path },
  );
  assert.is(later.code, 1);
  assert.match(later.stderr, /ended at 2026-06-30/);
});

test("check takes the configuration from COFFERDAM_CONFIG, and none by itself", async ({ folder }) => {
  const args = ["check", ...NOW, "--plugin", "deny.wasm", "a.json"];
  const env = { COFFERDAM_CONFIG: "waivers.yaml" };
  assert.is((await runCli(args, { cwd: folder.path, env })).code, 0);
  await folder.write({
    "cofferdam.yaml": await readFile(join(folder.path, "waivers.yaml"), "utf8"),
  });
  assert.is((await runCli(args, { cwd: folder.path })).code, 1);
});

test("check reads standard input under a name", async ({ folder }) => {
  const { code, stdout } = await runCli(
    ["check", "--format", "json", "--plugin", "deny.wasm", "--stdin-name", "piped.json", "-"],
    { cwd: folder.path, stdin: '{"b": 1}' },
  );
  assert.is(code, 1);
  assert.is(JSON.parse(stdout).results[0].input, "piped.json");
});

test("check --kind forces what inputs are taken for", async ({ folder }) => {
  const { report } = await json(folder, "--plugin", "allow.wasm", "--kind", "json", "a.json");
  assert.is(report.results[0].kind, "json");
  const forced = await json(folder, "--plugin", "allow.wasm", "--kind", "kubernetes", "a.json");
  assert.is(forced.code, 2);
  assert.is(forced.report.results[0].error.code, "document.kind-mismatch");
});

test("check --output writes the report into a file and nothing to stdout", async ({ folder }) => {
  const { code, stdout } = await runCli(
    ["check", "--format", "json", "-o", "report.json", "--plugin", "allow.wasm", "a.json"],
    { cwd: folder.path },
  );
  assert.equal([code, stdout], [0, ""]);
  const report = JSON.parse(await readFile(join(folder.path, "report.json"), "utf8"));
  assert.is(report.summary.allowed, 1);
});

test("check keeps its results in the order of the inputs", async ({ folder }) => {
  const files = Object.fromEntries(
    Array.from(
      { length: 150 },
      (_, n) => [`many/${String(n).padStart(3, "0")}.json`, `{"n":${n}}`],
    ),
  );
  await folder.write(files);
  const { code, report } = await json(folder, "--plugin", "allow.wasm", "many");
  assert.is(code, 0);
  assert.equal(report.results.map((r: { input: string }) => r.input), Object.keys(files));
});

test("a file that cannot be read is reported by name", async ({ folder }) => {
  // A link to itself cannot be read by anybody, not even by root.
  await symlink("loop.json", join(folder.path, "loop.json"));
  const { code, report } = await json(folder, "--plugin", "allow.wasm", "loop.json");
  assert.equal([code, report.results[0].error.code], [2, "input.unreadable"]);
});

test("check --output is refused before anything is judged", async ({ folder }) => {
  const args = ["-o", "gone/report.json", "--plugin", "none.wasm", "a.json"];
  const { code, stdout, stderr } = await runCheckIn(folder, args);
  assert.equal([code, stdout], [2, ""]);
  assert.match(stderr, /Cannot write "gone\/report\.json": .*\[output\.unwritable\]/);
  assert.not.match(stderr, /none\.wasm/);
});

test("check asks a plugin no more that loops", async ({ folder }) => {
  const names = Array.from({ length: 40 }, (_, n) => `loops/${String(n).padStart(2, "0")}.json`);
  await folder.write(Object.fromEntries(names.map((name) => [name, "{}"])));
  const started = Date.now();
  const { code, report } = await json(folder, "--plugin", "loop.wasm", "loops");
  // 40 timeouts of 200 ms, a few at a time, would be many more.
  assert.ok(Date.now() - started < 3_000, `${Date.now() - started} ms`);
  assert.equal([code, report.summary.errors], [2, 40]);
  // deno-lint-ignore no-explicit-any
  const errors = report.results.map((result: any) => result.error);
  // Whichever comes first: a fast machine spends the fuel within the time.
  const ends = ["sandbox.timeout", "sandbox.fuel"];
  assert.ok(errors.every((error: { code: string }) => ends.includes(error.code)));
  assert.ok(
    errors.some(({ message }: { message: string }) =>
      /about "loops\/\d+\.json": it is asked no more in this run/.test(message)
    ),
  );
});

test.run();

/** The command as a user runs it, over every verb. */
import * as assert from "uvu/assert";
import { readFile, symlink } from "node:fs/promises";
import { join } from "node:path";
import { spawn } from "node:child_process";
import { check } from "../../src/cli/check.ts";
import { VERSION } from "../../src/version.ts";
import { CLI, runCli } from "../support/cli.ts";
import { makeFolder, type TestFolder } from "../support/folder.ts";
import { answering, assemble, bundleOf, MANIFEST } from "../support/guest.ts";
import { suite } from "../support/suite.ts";

interface Context {
  folder: TestFolder;
}

const test = suite<Context>("main");

const ALLOW = '{"allowed":true,"reasons":[]}';
const DENY = JSON.stringify({
  allowed: false,
  reasons: [{ rule: "no-b", message: "b is not wanted", severity: "error", path: "/b" }],
});
const WARN = JSON.stringify({
  allowed: true,
  reasons: [{ rule: "old", message: "getting old", severity: "warning" }],
});
const LOOP =
  '(module (func (export "admission_check") (result i32) (loop $l (br $l)) (i32.const 0)))';
const settings = {
  type: "object",
  properties: { mode: { type: "string" } },
  additionalProperties: false,
};

test.before(async (context) => {
  context.folder = await makeFolder();
  const named = (name: string, text: string, more = {}) => bundleOf(text, { name, ...more });
  await context.folder.write({
    "allow.wasm": named("allow", answering(ALLOW), { settings }),
    "deny.wasm": named("deny", answering(DENY), {
      rules: [{ id: "no-b", title: "No b", help: "Take b out" }],
    }),
    "warn.wasm": named("warn", answering(WARN)),
    "loop.wasm": named("loop", LOOP, { limits: { timeoutMs: 200 } }),
    "volume.wasm": named("volume", "(module)", {
      implements: [{ contract: "volume", version: 1 }],
    }),
    "plain.wasm": assemble(answering(ALLOW)),
    "manifest.json": JSON.stringify(MANIFEST),
    "a.json": '{\n  "a": 1,\n  "b": 2\n}\n',
    "c.json": '{"c": 3}\n',
    "broken.json": '{"a": 1,\n "b": }\n',
    "text.toml": "a = 1\n",
    "empty/.keep": "",
    "good-settings.yaml": "mode: strict\n",
    "bad-settings.yaml": "mode: [1]\n",
    "waivers.yaml": "waivers: [{rule: no-b, subject: a.json, reason: known, until: 2026-06-30}]\n",
  });
});

test.after(({ folder }) => folder.remove());

const NOW = ["--now", "2026-06-01T00:00:00Z"];
const json = async (folder: TestFolder, ...args: string[]) => {
  const { code, stdout, stderr } = await runCli(["check", "--format", "json", ...NOW, ...args], {
    cwd: folder.path,
  });
  return { code, stderr, report: stdout === "" ? undefined : JSON.parse(stdout) };
};

test("--version and --help answer on stdout with 0", async () => {
  const version = await runCli(["--version"]);
  assert.equal([version.code, version.stdout], [0, `cofferdam ${VERSION}\n`]);
  const help = await runCli(["--help"]);
  assert.is(help.code, 0);
  for (const verb of ["check", "inspect", "pack", "verify"]) assert.match(help.stdout, verb);
  for (const verb of ["check", "inspect", "pack", "verify"]) {
    const own = await runCli([verb, "--help"]);
    assert.is(own.code, 0);
    assert.match(own.stdout, /Permissions on Deno: --allow-read/);
  }
});

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
    "--plugin",
    "deny.wasm",
    "a.json",
  );
  assert.is(code, 2);
  assert.equal(report.summary, { allowed: 0, denied: 1, errors: 1 });
  assert.is(report.results[0].error.code, "sandbox.timeout");
});

const UNCLEAR: [string, string[], RegExp][] = [
  ["no plugin", ["a.json"], /"--plugin" is missing/],
  ["no input", ["--plugin", "allow.wasm"], /no INPUT/],
  [
    "a plugin that is not there",
    ["--plugin", "none.wasm", "a.json"],
    /none\.wasm.*input\.not-found/,
  ],
  ["a plugin that is no Wasm", ["--plugin", "a.json", "a.json"], /bundle\.malformed/],
  ["a plugin without a manifest", ["--plugin", "plain.wasm", "a.json"], /bundle\.manifest-missing/],
  [
    "a plugin that judges nothing",
    ["--plugin", "volume.wasm", "a.json"],
    /registry\.not-implements/,
  ],
  [
    "two plugins of one name",
    ["--plugin", "allow.wasm", "--plugin", "./allow.wasm", "a.json"],
    /registry\.duplicate-name/,
  ],
  [
    "an unknown flag",
    ["--plugin", "allow.wasm", "--formt", "json", "a.json"],
    /did you mean "--format"/,
  ],
  [
    "an unknown format",
    ["--plugin", "allow.wasm", "--format", "xml", "a.json"],
    /not one of text, json/,
  ],
  ["a time that is none", ["--plugin", "allow.wasm", "--now", "today", "a.json"], /wanted 2026/],
  [
    "settings that do not fit",
    ["--plugin", "allow.wasm", "--settings", "bad-settings.yaml", "a.json"],
    /"\/mode".*contract\.settings-invalid/,
  ],
  [
    "settings of a plugin that takes none",
    ["--plugin", "deny.wasm", "--settings", "good-settings.yaml", "a.json"],
    /takes none/,
  ],
  [
    "another digest",
    ["--plugin", "allow.wasm", "--digest", `sha256:${"0".repeat(64)}`, "a.json"],
    /bundle\.digest-mismatch/,
  ],
  ["a kind that nobody judges", ["--plugin", "allow.wasm", "text.toml"], /nothing matched/],
  ["a folder without inputs", ["--plugin", "allow.wasm", "empty"], /^$/],
  ["a missing file", ["--plugin", "allow.wasm", "missing.json"], /^$/],
  [
    "a configuration that is not there",
    ["--plugin", "allow.wasm", "--config", "no.yaml", "a.json"],
    /no\.yaml/,
  ],
  [
    "a configuration that is none",
    ["--plugin", "allow.wasm", "--config", "a.json", "a.json"],
    /config\.invalid/,
  ],
];
for (const [what, args, message] of UNCLEAR) {
  test(`check exits 2 for ${what}`, async ({ folder }) => {
    const { code, stderr } = await runCli(["check", ...args], { cwd: folder.path });
    assert.is(code, 2, stderr);
    assert.match(stderr, message);
    assert.not.match(stderr, /\n\s+at /, "no stack trace");
  });
}

test("check takes settings in YAML for the plugin before them", async ({ folder }) => {
  const args = [
    "--plugin",
    "allow.wasm",
    "--settings",
    "good-settings.yaml",
    "--plugin",
    "warn.wasm",
  ];
  assert.is((await json(folder, ...args, "a.json")).code, 0);
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

test("check --combine judges one input, with the others as evidence", async ({ folder }) => {
  const { code, report } = await json(
    folder,
    "--plugin",
    "deny.wasm",
    "--combine",
    "a.json",
    "c.json",
  );
  assert.is(code, 1);
  assert.equal(report.results.map((r: { input: string }) => r.input), ["a.json"]);
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

test("check survives a reader that closes its end of the pipe", async ({ folder }) => {
  const files = Object.fromEntries(
    Array.from({ length: 400 }, (_, n) => [`wide/${n}.json`, `{"n":${n}}`]),
  );
  await folder.write(files);
  const { code, stderr } = await runCli(["check", "--plugin", "deny.wasm", "wide"], {
    cwd: folder.path,
    onStart: (child) => child.stdout!.destroy(),
  });
  assert.is(code, 1);
  assert.is(stderr, "");
});

test("check ends by the signal when it is interrupted, without a stack trace", async ({ folder }) => {
  await folder.write({
    "slow.wasm": bundleOf(LOOP, { name: "slow", limits: { timeoutMs: 5_000 } }),
  });
  const started = Date.now();
  const { code, signal, stderr, stdout } = await runCli([
    "check",
    "--plugin",
    "slow.wasm",
    "a.json",
  ], {
    cwd: folder.path,
    onStart: (child) => setTimeout(() => child.kill("SIGINT"), 800),
  });
  assert.ok(Date.now() - started < 4_500, "it waited for the plugin");
  assert.equal([code, signal, stdout], [null, "SIGINT", ""]);
  assert.match(stderr, /interrupted/);
  assert.not.match(stderr, /\n\s+at /);
});

test("pack, inspect and verify agree about a file", async ({ folder }) => {
  const cwd = folder.path;
  const pack = await runCli(
    ["pack", "plain.wasm", "--manifest", "manifest.json", "-o", "out.wasm"],
    { cwd },
  );
  assert.is(pack.code, 0, pack.stderr);
  const digest = pack.stdout.trim();
  const verify = await runCli(["verify", "out.wasm", "--digest", digest], { cwd });
  assert.equal([verify.code, verify.stdout], [0, `out.wasm: test-plugin 1.0.0 ${digest}\n`]);
  const other = await runCli(["verify", "out.wasm", "--digest", `sha256:${"1".repeat(64)}`], {
    cwd,
  });
  assert.is(other.code, 2);
  assert.match(other.stderr, /bundle\.digest-mismatch/);
  const inspect = await runCli(["inspect", "out.wasm", "--json"], { cwd });
  const description = JSON.parse(inspect.stdout);
  assert.equal([description.digest, description.mismatches], [digest, []]);
  const text = await runCli(["inspect", "out.wasm"], { cwd });
  assert.match(text.stdout, digest);
  assert.match(text.stdout, "admission 1: json");
});

test("pack writes nothing when the manifest is wrong", async ({ folder }) => {
  await folder.write({ "wrong.json": '{"manifestVersion": 1}' });
  const { code, stderr } = await runCli(
    ["pack", "plain.wasm", "--manifest", "wrong.json", "-o", "wrong.wasm"],
    { cwd: folder.path },
  );
  assert.is(code, 2);
  assert.match(stderr, /bundle\.manifest-invalid/);
  assert.is(await readFile(join(folder.path, "wrong.wasm")).catch(() => "none"), "none");
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

test("an unknown verb gets a suggestion", async () => {
  const { code, stderr } = await runCli(["chekc"]);
  assert.is(code, 2);
  assert.match(stderr, /did you mean "check"/);
});

test("a file that cannot be read is reported by name", async ({ folder }) => {
  // A link to itself cannot be read by anybody, not even by root.
  await symlink("loop.json", join(folder.path, "loop.json"));
  const { code, report } = await json(folder, "--plugin", "allow.wasm", "loop.json");
  assert.equal([code, report.results[0].error.code], [2, "input.unreadable"]);
});

if ("Deno" in globalThis) {
  test("check runs with the permissions that its help names", async ({ folder }) => {
    const permissions = check.denoPermissions.replace(/ \(.*/, "").split(" ");
    const args = CLI[1].flatMap((arg) => arg === "-A" ? permissions : [arg]);
    const code = await new Promise((resolve) => {
      const child = spawn(CLI[0], [...args, "check", "--plugin", "allow.wasm", "a.json"], {
        cwd: folder.path,
        stdio: ["ignore", "ignore", "inherit"],
      });
      child.on("close", resolve);
    });
    assert.is(code, 0);
  });
}

test.run();

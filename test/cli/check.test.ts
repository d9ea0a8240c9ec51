/** `cofferdam check` as a user runs it: what it refuses, and how it ends. */
import { spawn } from "node:child_process";
import * as assert from "uvu/assert";
import { check } from "../../src/cli/check.ts";
import { CLI, runCli } from "../support/cli.ts";
import { bundleOf } from "../support/guest.ts";
import { suite } from "../support/suite.ts";
import { type CheckContext, LOOP, makeCheckFolder } from "./check-folder.ts";

const test = suite<CheckContext>("check");

test.before(async (context) => {
  context.folder = await makeCheckFolder();
});

test.after(({ folder }) => folder.remove());

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

/** `cofferdam check` as a user runs it: what it refuses, and how it ends. */
import { spawn } from "node:child_process";
import * as assert from "uvu/assert";
import { check } from "../../src/cli/check.ts";
import { CLI, plainEnvironment, runCli } from "../support/cli.ts";
import type { TestFolder } from "../support/folder.ts";
import { answering, bundleOf } from "../support/guest.ts";
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
  [
    "a plugin that is no Wasm",
    ["--plugin", "a.json", "a.json"],
    /Cannot open "a.json".*bundle\.malformed/,
  ],
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

/** With fuel for hours, so that it is the clock that counts. */
const SLOW = ["--plugin", "slow.wasm", "--fuel", "9007199254740991"];

test("check ends in order when its terminal goes away or asks it to quit", async ({ folder }) => {
  await folder.write({
    "slow.wasm": bundleOf(LOOP, { name: "slow", limits: { timeoutMs: 4_900 } }),
  });
  for (const wanted of ["SIGHUP", "SIGQUIT"] as const) {
    const { signal, stderr } = await runCli(["check", ...SLOW, "a.json"], {
      cwd: folder.path,
      onStart: (child) => setTimeout(() => child.kill(wanted), 800),
    });
    assert.is(signal, wanted);
    assert.match(stderr, /interrupted/);
  }
});

test("check ends by the signal when it is interrupted, without a stack trace", async ({ folder }) => {
  await folder.write({
    "slow.wasm": bundleOf(LOOP, { name: "slow", limits: { timeoutMs: 4_900 } }),
  });
  const started = Date.now();
  const { code, signal, stderr, stdout } = await runCli(["check", ...SLOW, "a.json"], {
    cwd: folder.path,
    onStart: (child) => setTimeout(() => child.kill("SIGINT"), 800),
  });
  assert.ok(Date.now() - started < 4_500, "it waited for the plugin");
  assert.equal([code, signal, stdout], [null, "SIGINT", ""]);
  assert.match(stderr, /interrupted/);
  assert.not.match(stderr, /\n\s+at /);
});

const ALLOW = '{"allowed":true,"reasons":[]}';

/** Runs `cofferdam check` on Deno with these permissions alone. */
async function runPermitted(
  folder: TestFolder,
  permissions: readonly string[],
  args: readonly string[],
): Promise<{ code: number | null; stderr: string }> {
  const start = CLI[1].flatMap((arg) => arg === "-A" ? ["--no-prompt", ...permissions] : [arg]);
  const child = spawn(CLI[0], [...start, "check", ...args], {
    cwd: folder.path,
    env: plainEnvironment() as Record<string, string>,
    stdio: ["ignore", "ignore", "pipe"],
  });
  let stderr = "";
  child.stderr!.on("data", (chunk) => stderr += chunk);
  const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
  return { code, stderr };
}

if ("Deno" in globalThis) {
  test("check runs with the permissions that its help names", async ({ folder }) => {
    const permissions = check.denoPermissions.replace(/ \(.*/, "").split(" ");
    const args = ["--plugin", "allow.wasm", "a.json"];
    const { code, stderr } = await runPermitted(folder, permissions, args);
    assert.is(code, 0, stderr);
  });

  test("check keeps state with the permissions that its help names, and names what is missing", async ({ folder }) => {
    await folder.write({
      "state.wasm": bundleOf(answering(ALLOW), { name: "state", capabilities: ["state"] }),
    });
    const args = ["--plugin", "state.wasm", "--allow-state=kept", "--instance", "x", "a.json"];
    const permissions = "--allow-read --allow-write --allow-env --allow-sys=cpus,uid".split(" ");
    for (const permission of permissions) assert.match(check.denoPermissions, permission);
    const readOnly = permissions.filter((one) => one !== "--allow-write");
    const refused = await runPermitted(folder, readOnly, args);
    assert.is(refused.code, 2);
    assert.match(refused.stderr, /run it with "--allow-write".*\[output\.unwritable\]/);
    const { code, stderr } = await runPermitted(folder, permissions, args);
    assert.is(code, 0, stderr);
  });
}

test.run();

import { existsSync } from "node:fs";
import { chmod, readFile, stat, symlink } from "node:fs/promises";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { type CliResult, runCli } from "../support/cli.ts";
import { makeFolder, type TestFolder } from "../support/folder.ts";
import { answering, bundleOf } from "../support/guest.ts";
import { suite } from "../support/suite.ts";
import { LOOP } from "./check-folder.ts";

const test = suite<{ folder: TestFolder; line: string }>("cli/replay");

const ALLOW = '{"allowed":true,"reasons":[]}';
const NOW = ["--now", "2026-06-01T00:00:00Z"];

const run = ({ path }: TestFolder, ...args: string[]): Promise<CliResult> =>
  runCli(args, { cwd: path });

test.before(async (context) => {
  context.folder = await makeFolder();
  const { folder } = context;
  await folder.write({
    "allow.wasm": bundleOf(answering(ALLOW), { name: "allow" }),
    "other.wasm": bundleOf(answering(ALLOW), { name: "other" }),
    "loop.wasm": bundleOf(LOOP, { name: "loop", limits: { timeoutMs: 100 } }),
    "a.json": '{"a":1}',
    "b.json": '{"token":"s3cret"}',
  });
  const args = ["--plugin", "allow.wasm", "--record", "calls", "a.json", "b.json"];
  const { code, stderr } = await run(folder, "check", ...NOW, ...args);
  assert.is(code, 0, stderr);
  context.line = (await readFile(join(folder.path, "calls"), "utf8")).split("\n")[0]!;
});

test.after(({ folder }) => folder.remove());

/** Replays lines of a recording. */
async function replay(folder: TestFolder, text: string, ...args: string[]): Promise<CliResult> {
  await folder.write({ "changed": text });
  return await run(folder, "replay", "changed", "--plugin", "allow.wasm", ...args);
}

test("check --record writes whole calls into a private file, and adds to it", async ({ folder }) => {
  const path = join(folder.path, "calls");
  const lines = (await readFile(path, "utf8")).trimEnd().split("\n");
  assert.is(lines.length, 2);
  const [call] = lines.map((line) => JSON.parse(line));
  assert.equal([call.version, call.plugin.name, call.entry, call.now], [
    1,
    "allow",
    "admission_check",
    "2026-06-01T00:00:00Z",
  ]);
  assert.equal(call.input.json.object, { a: 1 });
  assert.equal(call.output, { json: JSON.parse(ALLOW) });
  if (process.platform !== "win32") assert.is((await stat(path)).mode & 0o777, 0o600);
});

test("replay says identical, with the number of calls", async ({ folder }) => {
  const { code, stdout, stderr } = await run(folder, "replay", "calls", "--plugin", "allow.wasm");
  assert.equal([code, stdout], [0, "identical: 2 calls\n"], stderr);
});

test("replay shows the first difference of a call and exits 1", async ({ folder, line }) => {
  const changed = line.replace('"allowed":true', '"allowed":false');
  const { code, stdout } = await replay(folder, `${line}\n${changed}\n`);
  assert.is(code, 1);
  assert.equal(stdout.split("\n"), [
    'call 2 "admission_check" of allow: different: output at "/allowed": recorded false, replayed true',
    "2 calls: 1 identical, 1 different",
    "",
  ]);
});

const UNTOLD: [string, (line: string) => string, RegExp][] = [
  [
    "is cut short",
    (line) => `${line}\n${line.slice(0, -30)}`,
    /call 2: could not tell: .*cut short/,
  ],
  ["is no recording", () => "hello\n", /\[replay\.malformed\]/],
  ["is empty", () => "", /^0 calls: 0 identical\n$/],
  ["has another version", (line) => line.replace('"version":1', '"version":2'), /version 2/],
  ["has another schedule", (line) => line.replace('"schedule":1', '"schedule":9'), /schedule 9/],
  [
    "was made with another plugin",
    (line) => line.replace(/sha256:[0-9a-f]{64}/, `sha256:${"0".repeat(64)}`),
    /\[bundle\.digest-mismatch\]/,
  ],
];
for (const [what, change, shown] of UNTOLD) {
  test(`replay cannot tell where the recording ${what}`, async ({ folder, line }) => {
    const { code, stdout, stderr } = await replay(folder, change(line));
    assert.is(code, 2, stderr);
    assert.match(stdout, shown);
  });
}

test("replay shows that a call ends otherwise than it did", async ({ folder, line }) => {
  const { code, stdout } = await replay(folder, line.replace("admission_check", "x"));
  assert.is(code, 1);
  assert.match(stdout, "code: recorded a result, replayed contract.export-missing");
});

test("could not tell wins over different", async ({ folder, line }) => {
  const changed = line.replace('"allowed":true', '"allowed":false');
  const { code, stdout } = await replay(folder, `${changed}\nnothing\n`);
  assert.is(code, 2);
  assert.match(stdout, /2 calls: 0 identical, 1 different, 1 could not tell\n$/);
});

test("replay takes calls of several plugins", async ({ folder }) => {
  const both = ["--plugin", "allow.wasm", "--plugin", "other.wasm"];
  await run(folder, "check", ...NOW, ...both, "--record", "both", "a.json");
  assert.is((await run(folder, "replay", "both", ...both)).stdout, "identical: 2 calls\n");
  assert.is((await run(folder, "replay", "both", "--plugin", "allow.wasm")).code, 2);
});

test("replay skips a call that timed out, by name", async ({ folder, line }) => {
  await run(folder, "check", ...NOW, "--plugin", "loop.wasm", "--record", "looped", "a.json");
  const looped = await readFile(join(folder.path, "looped"), "utf8");
  assert.match(looped, '"code":"sandbox.timeout"');
  const { code, stdout } = await replay(folder, `${line}\n${looped}`, "--plugin", "loop.wasm");
  assert.equal([code, stdout.split("\n")], [0, [
    'call 2 "admission_check" of loop: skipped: it ended in sandbox.timeout, which is not repeatable',
    "identical: 2 calls, 1 skipped",
    "",
  ]]);
  const alone = await run(folder, "replay", "looped", "--plugin", "loop.wasm");
  assert.equal([alone.code, /^1 call: 0 identical, 1 skipped$/m.test(alone.stdout)], [2, true]);
});

test("replay ends a recording that was forged to loop", async ({ folder }) => {
  const looped = (await readFile(join(folder.path, "looped"), "utf8"))
    .replace('"fuel":1000000000', `"fuel":${Number.MAX_SAFE_INTEGER}`)
    .replace("sandbox.timeout", "sandbox.fuel");
  await folder.write({ forged: looped });
  const args = ["replay", "forged", "--plugin", "loop.wasm", "--timeout", "200"];
  const refused = await run(folder, ...args);
  assert.equal([refused.code, refused.stderr], [2, ""]);
  assert.match(refused.stdout, "--fuel 9007199254740991");
  const { code, stdout } = await run(folder, ...args, "--fuel", "9007199254740991");
  assert.is(code, 2);
  assert.match(stdout, "[sandbox.timeout]");
});

test("what is redacted is in no recording, and no such recording is replayed", async ({ folder }) => {
  const args = ["--plugin", "allow.wasm", "--record", "redacted", "--redact", "/object/token"];
  assert.is((await run(folder, "check", ...NOW, ...args, "b.json")).code, 0);
  const text = await readFile(join(folder.path, "redacted"), "utf8");
  assert.not.match(text, "s3cret");
  assert.match(text, '"token":"[redacted]"');
  const { code, stdout } = await run(folder, "replay", "redacted", "--plugin", "allow.wasm");
  assert.is(code, 2);
  assert.match(stdout, /written with redaction/);
});

test("check redacts everything by the root pointer", async ({ folder }) => {
  const args = ["--plugin", "allow.wasm", "--record", "nothing", "--redact", "", "b.json"];
  const { code, stderr } = await run(folder, "check", ...NOW, ...args);
  assert.is(code, 0, stderr);
  const { input, output } = JSON.parse(await readFile(join(folder.path, "nothing"), "utf8"));
  assert.equal([input, output], [{ json: "[redacted]" }, { json: "[redacted]" }]);
});

test("check takes the subject's digest out with a part of its object", async ({ folder }) => {
  const args = ["--plugin", "allow.wasm", "--record", "digest", "--redact", "/object/token"];
  assert.is((await run(folder, "check", ...NOW, ...args, "b.json")).code, 0);
  const { input } = JSON.parse(await readFile(join(folder.path, "digest"), "utf8"));
  assert.is(input.json.subject.digest, "[redacted]");
});

test("check does not begin where a record file is not private", async ({ folder }) => {
  if (process.platform === "win32") return;
  await folder.write({ shared: "" });
  await chmod(join(folder.path, "shared"), 0o644);
  for (const flag of ["--audit", "--record"]) {
    const { code, stdout, stderr } = await run(
      folder,
      ...["check", "--plugin", "allow.wasm", flag, "shared", "a.json"],
    );
    assert.equal([code, stdout], [2, ""]);
    assert.match(stderr, "[output.unwritable]");
  }
});

test("check does not begin where two of its files are one", async ({ folder }) => {
  const check = ["check", "--plugin", "allow.wasm"];
  for (
    const args of [
      ["--audit", "same", "--record", "same"],
      ["--audit", "same", "--output", "./same"],
      ["--record", "same", "-o", "../" + folder.path.split("/").at(-1) + "/same"],
    ]
  ) {
    const { code, stderr } = await run(folder, ...check, ...args, "a.json");
    assert.is(code, 2);
    assert.match(stderr, /name the same file.*\[usage\.invalid\]/);
    assert.not(existsSync(join(folder.path, "same")));
  }
  if (process.platform === "win32") return;
  await folder.write({ "report": "" });
  await chmod(join(folder.path, "report"), 0o600);
  await symlink("report", join(folder.path, "link"));
  const { code, stderr } = await run(
    folder,
    ...[...check, "--audit", "report", "-o", "link", "a.json"],
  );
  assert.is(code, 2);
  assert.match(stderr, /"--audit" and "--output" name the same file/);
});

test("check wants a pointer to redact, and something to redact in", async ({ folder }) => {
  const args = ["check", "--plugin", "allow.wasm", "a.json"];
  const pointer = await run(folder, ...args, "--record", "unused", "--redact", "token");
  assert.match(pointer.stderr, /JSON Pointer/);
  const alone = await run(folder, ...args, "--redact", "/token");
  assert.match(alone.stderr, /without "--audit" or "--record"/);
  assert.equal([pointer.code, alone.code], [2, 2]);
});

test("replay says what its command line wants", async ({ folder }) => {
  for (const args of [[], ["calls"], ["calls", "more", "--plugin", "allow.wasm"]]) {
    const { code, stderr } = await run(folder, "replay", ...args);
    assert.is(code, 2);
    assert.match(stderr, "usage.invalid");
  }
  assert.is((await run(folder, "replay", "none", "--plugin", "allow.wasm")).code, 2);
});

test.run();

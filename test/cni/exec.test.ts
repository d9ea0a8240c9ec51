import { closeSync, openSync, writeSync } from "node:fs";
import { chmod, copyFile, mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import process from "node:process";
import * as assert from "uvu/assert";
import { createExec, findInPath } from "../../src/cni/exec.ts";
import { bytesOf, FakePlugins } from "../support/cni-fake-plugin.ts";
import { makeFolder, type TestFolder } from "../support/folder.ts";
import {
  checkEnds,
  pause,
  pidAtDeadline,
  readLineOf,
  rejection,
} from "../support/process-fixture.ts";
import { suite } from "../support/suite.ts";

const test = suite("cni/exec");

let folder: TestFolder;
let plugins: FakePlugins;
test.before(async () => {
  folder = await makeFolder();
  plugins = await FakePlugins.make();
});
test.after(async () => {
  await folder.remove();
  await plugins.remove();
});

const at = (name: string) => join(folder.path, name);

test("findInPath() gives the first regular file (cni 9)", async () => {
  await folder.write({ "one/a": "", "two/a": "", "two/b": "", "two/sub": "" });
  await mkdir(at("one/sub"));
  await symlink(at("two/b"), at("one/linked"));
  const folders = [at("none"), at("one"), "", at("two")];
  for (const [name, wanted] of [["a", "one/a"], ["b", "two/b"], ["sub", "two/sub"]] as const) {
    assert.is(await findInPath(name, folders), at(wanted));
  }
  assert.is(await findInPath("linked", folders), at("one/linked"));
});

test("findInPath() says why there is none (cni 9)", async () => {
  const cases: [string, string[], RegExp][] = [
    ["x", [], /no folders were given$/],
    ["x", ["", ""], /no folders were given$/],
    ["", [folder.path], /no name was given$/],
    ["x", ["/nowhere", folder.path], new RegExp(`in none of /nowhere, ${folder.path}$`)],
    ["../x", [folder.path], /no name of a plugin's file$/],
    ["/bin/sh", [folder.path], /no name of a plugin's file$/],
    ["..", [folder.path], /no name of a plugin's file$/],
    ["a\0", [folder.path], /no name of a plugin's file$/],
  ];
  for (const [name, folders, wanted] of cases) {
    const { message } = await rejection(findInPath(name, folders), "cni.plugin-not-found");
    assert.match(message, wanted);
  }
});

test("execPlugin() hands on stdin and environment, and what is printed, as they are (cni 5)", async () => {
  const path = await plugins.script("echo", 'printf "%s|" "$CNI_COMMAND" "$OTHER"; cat');
  const stdin = Uint8Array.from([...bytesOf('{ "a" :1}\n'), 0, 255]);
  const env = { CNI_COMMAND: "ADD", OTHER: "x y", PATH: "/usr/bin:/bin" };
  const stdout = await createExec().execPlugin(path, stdin, env);
  assert.equal([...stdout], [...bytesOf("ADD|x y|"), ...stdin]);
});

test("execPlugin() without an environment has the plugin find this process's (cni 3)", async () => {
  const path = await plugins.script("home", 'printf %s "$HOME"');
  const stdout = await createExec().execPlugin(path, bytesOf("{}"), undefined);
  assert.is(new TextDecoder().decode(stdout), process.env["HOME"]);
});

test("execPlugin() takes a path from the current folder", async () => {
  const path = await plugins.script("near", "echo here");
  const near = join(relative(process.cwd(), dirname(path)), "near");
  const stdout = await createExec().execPlugin(near, bytesOf("{}"), {});
  assert.is(new TextDecoder().decode(stdout), "here\n");
});

test("execPlugin() tells what was written to stderr, whatever the end (cni 10)", async () => {
  const lines: [string, string][] = [];
  const exec = createExec({ onStderr: (text, plugin) => lines.push([text, plugin]) });
  const good = await plugins.script("good", "echo some words >&2; echo '{}'");
  assert.is(new TextDecoder().decode(await exec.execPlugin(good, bytesOf("{}"), {})), "{}\n");
  const bad = await plugins.script("bad", "echo other words >&2; exit 1");
  await rejection(exec.execPlugin(bad, bytesOf("{}"), {}), "cni.plugin-failed");
  assert.equal(lines, [["some words\n", good], ["other words\n", bad]]);
});

const long = "x".repeat(600);

const ENDS: [name: string, body: string, message: RegExp, cni?: unknown][] = [
  [
    "an error as it should be",
    `echo '{"code":11,"msg":"later","details":"busy"}'; exit 1`,
    /: later; busy \(11\)$/,
    { code: 11, msg: "later", details: "busy" },
  ],
  [
    "an error with exit code 0",
    `echo '{"cniVersion":"1.0.0","code":7,"msg":"no"}'`,
    /: no \(7\)$/,
    { code: 7, msg: "no" },
  ],
  [
    "an error by keys in any case",
    `echo '{"Code":7,"MSG":"my words","Detail\u017f":"d"}'; exit 1`,
    /: my words; d \(7\)$/,
    { code: 7, msg: "my words", details: "d" },
  ],
  [
    "an error with a key twice, the last one",
    `echo '{"code":7,"msg":"no","Code":8}'; exit 1`,
    /: no \(8\)$/,
    { code: 8, msg: "no" },
  ],
  ["words only", `echo '{"msg":"only words"}'; exit 1`, /: only words \(exit code 1\)$/],
  [
    "words with code 0",
    `echo '{"Code":0,"Msg":"words","details":"more"}'; kill -KILL $$`,
    /: words; more \(signal SIGKILL\)$/,
  ],
  ["a code that is none", `echo '{"code":"7","msg":"no"}'; exit 1`, /: exit code 1, and said "/],
  ["nothing at all", "exit 3", /: exit code 3$/],
  ["stderr only", "echo boom >&2; exit 3", /: exit code 3; stderr: "boom"$/],
  ["a signal", "kill -KILL $$", /: signal SIGKILL$/],
  ["garbage", "echo nonsense; exit 1", /: exit code 1, and said "nonsense"$/],
  ["what a terminal would obey", String.raw`printf '\033[2J'; exit 1`, /said "\\u\{1b\}\[2J"$/],
  ["too many words", `printf %s ${long} >&2; exit 1`, /x{512}…"$/],
  ["another exit code with a result", "echo '{}'; exit 9", /: exit code 9, and said "\{\}"$/],
];
for (const [name, body, message, cni] of ENDS) {
  test(`execPlugin() decodes ${name} (cni 10)`, async () => {
    const path = await plugins.script("end", body);
    const run = createExec().execPlugin(path, bytesOf("{}"), { CNI_COMMAND: "ADD" });
    const error = await rejection(run, "cni.plugin-failed");
    assert.ok(error.message.startsWith(`Plugin "${path}" failed at ADD: `), error.message);
    assert.match(error.message, message);
    assert.equal(error.details["cni"], cni);
  });
}

test("execPlugin() names a plugin that does not start (cni 10)", async () => {
  await folder.write({ plain: "no script", "no-loader": "#!/nowhere/sh\n", closed: "#!/bin/sh" });
  await chmod(at("no-loader"), 0o755);
  const whole = await readFile("/bin/true");
  for (const [name, content] of [["half", whole.subarray(0, 40)], ["empty", ""]] as const) {
    await writeFile(at(name), content);
    await chmod(at(name), 0o755);
  }
  const cases: [string, RegExp][] = [
    ["missing", /is not there$/],
    ["plain", /neither a program of this system nor a script/],
    ["closed", /does not permit it$/],
    ["no-loader", /is not there$/],
    ["half", /neither a program of this system nor a script/],
    ["empty", /neither a program of this system nor a script/],
  ];
  for (const [name, wanted] of cases) {
    const run = createExec({ busyMs: 100 }).execPlugin(at(name), bytesOf("{}"), {});
    const { message } = await rejection(run, "cni.plugin-failed");
    assert.ok(message.startsWith(`Cannot start plugin "${at(name)}": `), message);
    assert.match(message, wanted);
  }
});

test("execPlugin() bounds what a plugin prints", async () => {
  const exec = createExec({ maxOutputBytes: 1_000_000 });
  for (const channel of [1, 2]) {
    const path = await plugins.script("flood", `head -c 50000000 /dev/zero >&${channel}`);
    const run = exec.execPlugin(path, bytesOf("{}"), { PATH: "/usr/bin:/bin" });
    const { message } = await rejection(run, "cni.plugin-failed");
    assert.match(message, /it wrote more than 1000000 bytes, or left its output open$/);
  }
});

test("execPlugin() ends a plugin that hangs, at its time and on abort (cni 26)", async () => {
  const path = await plugins.script("hang", 'echo $$ >"$NOTE"; while :; do sleep 1000; done');
  const note = at("hang.pid");
  const env = { NOTE: note, PATH: "/usr/bin:/bin" };
  const byTime = async (timeoutMs: number) => {
    const run = createExec({ timeoutMs }).execPlugin(path, bytesOf("{}"), env);
    await run.catch((error) => {
      assert.is(error.code, "cni.timeout");
      throw Object.assign(error, { code: "capability.timeout" });
    });
  };
  await checkEnds(await pidAtDeadline(note, byTime));
  const controller = new AbortController();
  const second = { ...env, NOTE: at("second.pid") };
  const run = createExec().execPlugin(path, bytesOf("{}"), second, controller.signal);
  const pid = Number(await readLineOf(at("second.pid")));
  controller.abort();
  await rejection(run, "call.aborted");
  await checkEnds(pid);
});

test("execPlugin() waits for who writes the plugin", async () => {
  const path = at("written");
  const whole = await readFile("/bin/true");
  const writer = openSync(path, "w", 0o755);
  const run = createExec().execPlugin(path, bytesOf("{}"), {});
  await pause(40);
  writeSync(writer, whole, 0, 40);
  await pause(40);
  writeSync(writer, whole, 40);
  await pause(40);
  closeSync(writer);
  assert.is((await run).length, 0);
});

test("execPlugin() fails where somebody goes on writing the plugin", async () => {
  const path = at("always-written");
  await copyFile("/bin/true", path);
  const writer = openSync(path, "r+");
  try {
    const busy = createExec({ busyMs: 100 }).execPlugin(path, bytesOf("{}"), {});
    const { message } = await rejection(busy, "cni.plugin-failed");
    assert.match(message, /somebody is writing to the program$/);
    const controller = new AbortController();
    const given = createExec().execPlugin(path, bytesOf("{}"), {}, controller.signal);
    await pause(20);
    controller.abort();
    await rejection(given, "call.aborted");
  } finally {
    closeSync(writer);
  }
});

test.run();

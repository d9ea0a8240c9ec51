import { chmod, copyFile, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import * as assert from "uvu/assert";
import { exec } from "../../src/capability/exec.ts";
import type { ExecCommand } from "../../src/capability/exec-grant.ts";
import type { OpenedCapability } from "../../src/capability/host-function.ts";
import type { JsonObject } from "../../src/json.ts";
import { LIMITS } from "../../src/limits.ts";
import { sha256Sync } from "../../src/platform/hash.ts";
import { closedAfter } from "../support/capability.ts";
import { suiteFolder } from "../support/folder.ts";
import {
  ask,
  ASKER,
  askOk,
  askRefused,
  checkEnds,
  readLineOf,
  rejection,
  writeScript,
} from "../support/process-fixture.ts";
import { suite } from "../support/suite.ts";

const test = suite("exec");

const closing = closedAfter(test);
const folder = suiteFolder(test);

const at = (name: string) => join(folder.path, name);

async function open(commands: Record<string, ExecCommand>): Promise<OpenedCapability> {
  return closing(await exec.open({ commands }, ASKER));
}

async function unpinned(
  name: string,
  body: string,
  more: Partial<ExecCommand> = {},
): Promise<ExecCommand> {
  const program = await writeScript(folder, name, body);
  return { program, unpinned: true, arguments: [], cwd: "/", ...more };
}

test("exec_run runs a command and gives what it did", async () => {
  const one = await open({
    greet: await unpinned("greet", 'echo "hello $1"; echo "$GREETING" >&2; cat; exit 3', {
      arguments: [{ hole: "whom", type: "name" }],
      env: { GREETING: "hi" },
      stdin: true,
    }),
  });
  const request = { command: "greet", holes: { whom: "world" }, stdin: "in é" };
  assert.equal(await askOk(one, "exec_run", request), {
    code: 3,
    stdout: "hello world\nin é",
    stderr: "hi\n",
    truncated: false,
  });
});

test("exec_run runs a pinned binary under its own name", async () => {
  await copyFile("/bin/sh", at("pinned"));
  const digest = sha256Sync(await readFile(at("pinned")));
  const command = { program: at("pinned"), digest, arguments: ["-c", 'echo "$0"'], cwd: "/" };
  const one = await open({ pinned: command });
  assert.is((await askOk(one, "exec_run", { command: "pinned" }))["stdout"], `${at("pinned")}\n`);
  await rejection(
    exec.open({ commands: { pinned: { ...command, digest: `sha256:${"1".repeat(64)}` } } }, ASKER),
    "trust.changed",
  );
});

test("exec_run tells a guest no path of a program that was changed", async () => {
  const program = await writeScript(folder, "altered", "echo good");
  const digest = sha256Sync(await readFile(program));
  const one = await open({ altered: { program, digest, arguments: [], cwd: "/" } });
  await writeFile(program, "#!/bin/sh\necho evil\n");
  const message = await askRefused(
    one,
    "exec_run",
    { command: "altered" },
    "capability.failed",
  );
  assert.is(
    message,
    'Cannot start command "altered": its program is not, or no longer, what was granted',
  );
});

test("exec_run gives a signal, cut output and bytes that are no text", async () => {
  const one = await open({
    signal: await unpinned("signal", "kill -KILL $$"),
    flood: await unpinned("flood", "while :; do printf é; done", { maxOutputBytes: 5 }),
    bytes: await unpinned("bytes", "printf '\\377\\000a'; echo text >&2"),
  });
  assert.equal(await askOk(one, "exec_run", { command: "signal" }), {
    code: null,
    signal: "SIGKILL",
    stdout: "",
    stderr: "",
    truncated: false,
  });
  const { stdout, truncated, encoding } = await askOk(one, "exec_run", { command: "flood" });
  assert.equal([stdout, truncated, encoding], ["éé", true, undefined]);
  assert.equal(await askOk(one, "exec_run", { command: "bytes" }), {
    code: 0,
    stdout: "/wBh",
    stderr: "text\n",
    truncated: false,
    encoding: { stdout: "base64" },
  });
});

test("exec_run refuses what was not granted and what is no request", async () => {
  const one = await open({
    plain: await unpinned("plain", 'echo "$@"', {
      arguments: [{ hole: "x", type: "pattern", pattern: ".*" }],
    }),
  });
  const holes = { x: "a" };
  for (const command of ["other", "toString", "__proto__", "", "plain "]) {
    const message = await askRefused(one, "exec_run", { command, holes }, "capability.denied");
    assert.ok(message.includes(`"${command.trim()}"`), message);
  }
  const bad: JsonObject[] = [
    {},
    { command: "plain" },
    { command: "plain", holes: {} },
    { command: "plain", holes: { x: "a", y: "b" } },
    { command: "plain", holes: { x: ["a"] } },
    JSON.parse('{"command":"plain","holes":{"x":"a","__proto__":"b"}}'),
    { command: "plain", holes: { x: "a", constructor: "b" } },
    { command: "plain", holes: { x: "a", prototype: "b" } },
    { command: "plain", holes: { x: null } },
    { command: "plain", holes: { x: 1 } },
    { command: "plain", holes: { x: "-e" } },
    { command: "plain", holes: { x: "a\n" } },
    { command: "plain", holes: { x: "a\0" } },
    { command: "plain", holes, stdin: "in" },
    { command: "plain", holes, env: {} },
    { command: ["plain"], holes },
  ];
  for (const request of bad) await askRefused(one, "exec_run", request, "capability.invalid");
});

test("exec_run bounds what a guest writes to it", async () => {
  const one = await open({ cat: await unpinned("cat", "wc -c", { stdin: true }) });
  const ask = (bytes: number) => ({ command: "cat", stdin: "x".repeat(bytes) });
  const { stdout } = await askOk(one, "exec_run", ask(LIMITS.processInputBytes));
  assert.is(Number(stdout), LIMITS.processInputBytes);
  await askRefused(one, "exec_run", ask(LIMITS.processInputBytes + 1), "capability.invalid");
});

test("exec_run gives no input where none is given", async () => {
  const one = await open({ cat: await unpinned("no-input", "exec cat", { stdin: true }) });
  assert.is((await askOk(one, "exec_run", { command: "cat" }))["stdout"], "");
});

test("exec_run ends with its time, its call and its capability", async () => {
  const one = await open({
    late: await unpinned("late", "sleep 1000", { timeoutMs: 100 }),
    stay: await unpinned("stay", 'echo $$ >"$1"; sleep 1000 & wait', {
      arguments: [{ hole: "note", type: "pattern", pattern: "/.*" }],
    }),
  });
  await askRefused(one, "exec_run", { command: "late" }, "capability.timeout");
  const stay = (name: string) => ({ command: "stay", holes: { note: at(name) } });
  const call = new AbortController();
  const aborted = ask(one, "exec_run", stay("call"), call.signal);
  const closed = ask(one, "exec_run", stay("close"));
  const pids = await Promise.all([readLineOf(at("call")), readLineOf(at("close"))]);
  call.abort();
  assert.match(JSON.stringify(await aborted), "capability.failed");
  await one.close();
  assert.match(JSON.stringify(await closed), "capability.failed");
  for (const pid of pids) await checkEnds(Number(pid));
  assert.match(
    JSON.stringify(await ask(one, "exec_run", { command: "late" })),
    "capability.failed",
  );
});

if (process.getuid?.() === 0) {
  test("exec_run runs as the granted user, without groups", async () => {
    const program = await writeScript(folder, "who", "exec id");
    await chmod(folder.path, 0o755);
    const user = { uid: 65_534, gid: 65_533 };
    const one = await open({ who: { program, unpinned: true, arguments: [], cwd: "/", user } });
    const { stdout } = await askOk(one, "exec_run", { command: "who" });
    assert.match(stdout as string, /^uid=65534\S* gid=65533\S*( groups=65533\S*)?\n$/);
  });
}

test("open() refuses grants that cannot be meant", async () => {
  const good = await unpinned("good", "");
  const digest = `sha256:${"0".repeat(64)}`;
  const bad: unknown[] = [
    undefined,
    {},
    { commands: { good }, more: 1 },
    { commands: { "Not A Name": good } },
    { commands: { good: { ...good, unpinned: undefined } } },
    { commands: { good: { ...good, unpinned: false } } },
    { commands: { good: { ...good, digest } } },
    { commands: { good: { ...good, program: "sh" } } },
    { commands: { good: { ...good, program: "./good" } } },
    { commands: { good: { ...good, program: `${good.program}\0` } } },
    { commands: { good: { ...good, program: at("missing") } } },
    { commands: { good: { ...good, cwd: "relative" } } },
    { commands: { good: { ...good, cwd: at("missing") } } },
    { commands: { good: { ...good, cwd: good.program } } },
    { commands: { good: { ...good, env: { LD_PRELOAD: "/x.so" } } } },
    { commands: { good: { ...good, arguments: [{ hole: "x", type: "any" }] } } },
    { commands: { good: { ...good, arguments: [{ hole: "x", type: "name", prefix: "--" }] } } },
    { commands: { good: { ...good, timeoutMs: 0 } } },
    { commands: { good: { ...good, timeoutMs: 2 ** 31 } } },
    { commands: { good: { ...good, maxOutputBytes: 1.5 } } },
    { commands: { good: { ...good, concurrency: 0 } } },
    { commands: { good: { ...good, user: { uid: -1, gid: 0 } } } },
    { commands: { good: { ...good, shell: true } } },
  ];
  for (const grant of bad) await rejection(exec.open(grant as never, ASKER), "config.invalid");
});

test("open() warns of a shell", async () => {
  const one = await open({
    shell: { program: "/bin/sh", unpinned: true, arguments: [], cwd: "/" },
    plain: { program: "/bin/echo", unpinned: true, arguments: [], cwd: "/" },
  });
  assert.is(one.warnings!.length, 1);
  assert.match(one.warnings![0]!, /^command "shell" runs "\/bin\/sh"/);
});

test.run();

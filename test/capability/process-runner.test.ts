import { closeSync, openSync, readdirSync, realpathSync } from "node:fs";
import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import * as assert from "uvu/assert";
import { type ProcessRun, ProcessRunner } from "../../src/capability/process-runner.ts";
import { inheritableDescriptors } from "../../src/platform/inherited-descriptor.ts";
import { suiteFolder } from "../support/folder.ts";
import {
  checkEnds,
  pause,
  pidAtDeadline,
  readLineOf,
  rejection,
  writeScript,
  zombiesOf,
} from "../support/process-fixture.ts";
import { suite } from "../support/suite.ts";

const test = suite("process-runner");

const folder = suiteFolder(test);

const never = () => new AbortController().signal;

function runOf(file: string, more: Partial<ProcessRun> = {}): ProcessRun {
  return {
    name: "the program",
    argv0: file,
    args: [],
    env: {},
    cwd: "/",
    timeoutMs: 60_000,
    maxOutputBytes: 65_536,
    prepare: () => Promise.resolve(file),
    ...more,
  };
}

async function run(file: string, more: Partial<ProcessRun> = {}, runner = new ProcessRunner(8)) {
  const { status, stdout, stderr, truncated } = await runner.run(runOf(file, more), never());
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { ...status, stdout: text(stdout), stderr: text(stderr), truncated };
}

test("run() gives code and output", async () => {
  const script = await writeScript(folder, "speak", 'cat; echo "$1" >&2; exit 3');
  const stdin = new TextEncoder().encode("in");
  assert.equal(await run(script, { args: ["a b; $(id)"], stdin }), {
    code: 3,
    stdout: "in",
    stderr: "a b; $(id)\n",
    truncated: false,
  });
});

test("run() names the signal that ended a program", async () => {
  const script = await writeScript(folder, "suicide", "kill -TERM $$");
  const { code, signal } = await run(script) as { code: unknown; signal?: string };
  assert.equal([code, signal], [null, "SIGTERM"]);
});

test("run() gives the environment as it is, the folder and the name", async () => {
  const variables = async (env: Record<string, string>) => {
    const { stdout } = await run("/usr/bin/env", { env });
    // Deno's own mark for descriptors that are replaced; see the README of src/platform.
    return inheritableDescriptors().length === 0
      ? stdout
      : stdout.replace(/^DENO_EXTRA_STDIO_FDS=[\d,]+\n/m, "");
  };
  assert.is(await variables({ ONE: "1", TWO: "a\nb" }), "ONE=1\nTWO=a\nb\n");
  assert.is(await variables({}), "");
  const where = await writeScript(folder, "where", "pwd -P");
  assert.is((await run(where, { cwd: folder.path })).stdout, `${realpathSync(folder.path)}\n`);
  const shell = { argv0: "/its/name", args: ["-c", 'echo "$0"'] };
  assert.is((await run("/bin/sh", shell)).stdout, "/its/name\n");
});

test("run() hands on no descriptor", async () => {
  const open = [0, 1, 2].map(() => openSync("/bin/sh", "r"));
  try {
    const { stdout } = await run("/bin/ls", { args: ["-l", "/proc/self/fd"] });
    const links = stdout.split("\n").map((line) => /(\d+) -> (.*)/.exec(line)).filter(Boolean);
    // Besides its own three: the folder it lists, and what stands in for descriptors left open to us.
    const more = links.map((link) => [link![1]!, link![2]!] as const)
      .filter(([fd, to]) => Number(fd) > 2 && to !== "/dev/null" && !/^\/proc\/\d+\/fd$/.test(to));
    assert.equal(more, []);
    assert.ok(links.length >= 4);
  } finally {
    open.forEach(closeSync);
  }
});

test("run() ends an endless program at its time", async () => {
  const script = await writeScript(folder, "endless", 'echo $$ >"$1"; while :; do :; done');
  const note = join(folder.path, "endless.pid");
  const pid = await pidAtDeadline(note, (timeoutMs) => run(script, { args: [note], timeoutMs }));
  await checkEnds(pid);
  const error = await rejection(run(script, { args: [note], timeoutMs: 50 }), "capability.timeout");
  assert.is(error.message, "Ended the program: it took more than 50 ms");
});

test("run() ends a program that ignores what can be ignored", async () => {
  const script = await writeScript(
    folder,
    "deaf",
    'trap "" TERM INT HUP; echo $$ >"$1"; while :; do sleep 1000; done',
  );
  const note = join(folder.path, "deaf.pid");
  const pid = await pidAtDeadline(note, (timeoutMs) => run(script, { args: [note], timeoutMs }));
  await checkEnds(pid);
});

test("run() kills what a program leaves behind in its group", async () => {
  const script = await writeScript(folder, "parent", "sleep 1000 & echo $!");
  const { stdout, code, truncated } = await run(script);
  assert.equal([code, truncated], [0, false]);
  await checkEnds(Number(stdout));
});

test("run() kills grandchildren at the deadline, and those that hold the output", async () => {
  const script = await writeScript(folder, "tree", '(sleep 1000 & echo $! >"$1"; wait) & wait');
  const note = join(folder.path, "tree.pid");
  const pid = await pidAtDeadline(note, (timeoutMs) => run(script, { args: [note], timeoutMs }));
  await checkEnds(pid);
});

test("run() does not wait for what escaped and holds the output", async () => {
  const script = await writeScript(
    folder,
    "escape",
    `setsid sh -c 'echo out >"$0"; sleep 3' "$1" & while [ ! -s "$1" ]; do :; done; echo said`,
  );
  const note = join(folder.path, "escaped");
  const { stdout, code, truncated } = await run(script, { args: [note] });
  assert.equal([stdout, code, truncated], ["said\n", 0, true]);
});

test("run() cuts a flood and ends it", async () => {
  for (const channel of ["1", "2"]) {
    const script = await writeScript(
      folder,
      `flood${channel}`,
      `echo $$ >"$1"; while :; do echo 0123456789; done >&${channel}`,
    );
    const note = join(folder.path, `flood${channel}.pid`);
    const result = await run(script, { args: [note], maxOutputBytes: 10_000 });
    assert.is(result[channel === "1" ? "stdout" : "stderr"].length, 10_000);
    assert.equal([result.truncated, result.code], [true, null]);
    await checkEnds(Number(await readLineOf(note)));
  }
});

test("run() does not cut what fits to the byte", async () => {
  const script = await writeScript(folder, "exact", "printf 12345");
  const { stdout, truncated } = await run(script, { maxOutputBytes: 5 });
  assert.equal([stdout, truncated], ["12345", false]);
  const less = await run(script, { maxOutputBytes: 4 });
  assert.equal([less.stdout, less.truncated], ["1234", true]);
});

test("run() bears a program that does not read its input", async () => {
  const stdin = new Uint8Array(4 * 1024 * 1024);
  const script = await writeScript(folder, "unread", "exec <&-; exit 0");
  assert.is((await run(script, { stdin })).code, 0);
});

test("run() refuses what does not start, without naming paths", async () => {
  const broken = await writeScript(folder, "broken", "");
  await folder.write({ broken: "#!/nowhere/interpreter\n", plain: "echo" });
  const cases: [string, Partial<ProcessRun>, RegExp][] = [
    [join(folder.path, "nothing"), {}, /is not there$/],
    [broken, {}, /is not there$/],
    ["/bin/sh", { cwd: "/nowhere" }, /is not there$/],
    [join(folder.path, "plain"), {}, /does not permit it$/],
    [folder.path, {}, /does not permit it$/],
    ["/bin/sh", { args: ["a\0b"] }, /refuses it$/],
  ];
  for (const [file, more, wanted] of cases) {
    const error = await rejection(run(file, more), "capability.failed");
    assert.match(error.message, wanted);
    assert.not.match(error.message, folder.path);
  }
});

test("run() waits for who writes a program, for a while", async () => {
  const busy = join(folder.path, "busy");
  await copyFile("/bin/true", busy);
  const writer = openSync(busy, "r+");
  const ended = run(busy, { argv0: "true" });
  await pause(30);
  closeSync(writer);
  assert.is((await ended).code, 0);
});

test("run() gives up while it waits for who writes a program", async () => {
  const busy = join(folder.path, "busier");
  await copyFile("/bin/true", busy);
  const writer = openSync(busy, "r+");
  try {
    await rejection(run(busy), "capability.failed");
    const aborter = new AbortController();
    const started = new ProcessRunner(1).run(runOf(busy), aborter.signal);
    await pause(20);
    aborter.abort();
    await rejection(started, "call.aborted");
  } finally {
    closeSync(writer);
  }
});

test("run() is aborted before, while and after it starts", async () => {
  const script = await writeScript(folder, "stay", 'echo $$ >"$1"; sleep 1000');
  const note = (name: string) => join(folder.path, `stay-${name}.pid`);
  const runner = new ProcessRunner(8);
  const start = (name: string, signal: AbortSignal) =>
    runner.run(runOf(script, { args: [note(name)] }), signal);

  await rejection(start("before", AbortSignal.abort()), "call.aborted");
  const same = new AbortController();
  const starting = start("same", same.signal);
  same.abort();
  await rejection(starting, "call.aborted");
  const after = new AbortController();
  const running = start("after", after.signal);
  const pid = Number(await readLineOf(note("after")));
  after.abort();
  await rejection(running, "call.aborted");
  await checkEnds(pid);
  const notes = readdirSync(folder.path).filter((name) => name.startsWith("stay-"));
  assert.equal(notes, ["stay-after.pid"]);
});

test("run() is not kept by a preparation that hangs", async () => {
  const prepare = () => new Promise<string>(() => {});
  await rejection(run("/bin/true", { prepare, timeoutMs: 50 }), "capability.timeout");
});

test("run() lets only so many run, and counts waiting as time", async () => {
  const runner = new ProcessRunner(1);
  const script = await writeScript(folder, "long", 'echo $$ >"$1"; sleep 1000');
  const aborter = new AbortController();
  const note = join(folder.path, "long.pid");
  const first = runner.run(runOf(script, { args: [note] }), aborter.signal);
  await readLineOf(note);
  await rejection(run("/bin/true", { timeoutMs: 100 }, runner), "capability.timeout");
  const waiting = run("/bin/true", {}, runner);
  aborter.abort();
  await rejection(first, "call.aborted");
  assert.is((await waiting).code, 0);
});

test("close() ends what runs, what waits and what comes later", async () => {
  const runner = new ProcessRunner(2);
  const script = await writeScript(folder, "close", 'sleep 1000 & echo $! >"$1"; wait');
  const notes = [1, 2, 3].map((n) => join(folder.path, `close${n}.pid`));
  const runs = notes.map((note) => runner.run(runOf(script, { args: [note] }), never()));
  const ends = runs.map((one) => rejection(one, "call.aborted"));
  const pids = await Promise.all(notes.slice(0, 2).map(readLineOf));
  await runner.close();
  await Promise.all(ends);
  for (const pid of pids) await checkEnds(Number(pid));
  await rejection(runner.run(runOf("/bin/true"), never()), "call.aborted");
});

test("run() leaves nothing behind after a thousand runs", async () => {
  const runner = new ProcessRunner(4);
  const descriptors = () => readdirSync("/proc/self/fd").length;
  await run("/bin/true", {}, runner);
  const before = descriptors();
  const all = await Promise.all(
    Array.from({ length: 1_000 }, () => run("/bin/true", {}, runner)),
  );
  assert.ok(all.every(({ code }) => code === 0));
  assert.is(await zombiesOf(process.pid), 0);
  assert.ok(descriptors() <= before + 2, `${before} descriptors have become ${descriptors()}`);
});

test.run();

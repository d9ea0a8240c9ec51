import { type ChildProcess, spawn } from "node:child_process";
import { chmod, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { Worker } from "node:worker_threads";
import * as assert from "uvu/assert";
import type { StateBounds } from "../../src/capability/state-bounds.ts";
import type { StateChange } from "../../src/capability/state-database.ts";
import { StateDatabase } from "../../src/capability/state-database.ts";
import { openInstanceStore } from "../../src/capability/state-folder.ts";
import type { StateStore } from "../../src/capability/state-store.ts";
import { loadSqlite, type SqliteDatabase } from "../../src/platform/sqlite.ts";
import type { PluginError } from "../../src/plugin-error.ts";
import { type Command, commandsOf, pairOf } from "../support/both-runtimes.ts";
import { plainEnvironment } from "../support/cli.ts";
import { makeFolder } from "../support/folder.ts";
import { writtenValue } from "../support/state-value.ts";
import { suite } from "../support/suite.ts";

const test = suite("state-store");

const KILLS = 200;

const BOUNDS: StateBounds = {
  maxBytes: 1 << 30,
  maxKeys: 1_000_000,
  maxKeyBytes: 100,
  maxValueBytes: 1 << 20,
  writesPerSecond: 1_000_000,
};

/** A change of one key, now. */
const changeOf = (key: string, value: string): StateChange => ({
  changes: [{ key, value }],
  bounds: BOUNDS,
  now: Date.now(),
});

const WRITERS = await pairOf("state-writer");

/** A process that waits to be told to write. */
interface Writer {
  readonly prefix: string;
  readonly child: ChildProcess;
  readonly ready: Promise<void>;
  /** Resolves once so many writes were acknowledged. */
  wrote(count: number): Promise<void>;
  /** Resolves with everything that was acknowledged, once the process is gone. */
  readonly acknowledged: Promise<number[]>;
}

function startWriter([program, ...args]: Command, folder: string, prefix: string): Writer {
  const child = spawn(program, [...args, folder, prefix], {
    env: plainEnvironment(),
    stdio: ["pipe", "pipe", "pipe"],
  });
  let output = "";
  let errors = "";
  child.stdin!.on("error", () => {});
  child.stderr!.on("data", (chunk) => errors += chunk);
  const ready = new Promise<void>((resolve, reject) => {
    child.stdout!.on("data", (chunk) => {
      output += chunk;
      if (output.startsWith("ready\n")) resolve();
    });
    child.on("close", () => reject(new Error(`the writer ended early: ${errors}`)));
  });
  ready.catch(() => {});
  const acknowledged = new Promise<number[]>((resolve, reject) => {
    child.on("close", (_code, signal) => {
      if (signal !== "SIGKILL") return reject(new Error(`the writer was not killed: ${errors}`));
      // Behind the last line feed may stand the half of a line.
      resolve(output.split("\n").slice(1, -1).map(Number));
    });
  });
  acknowledged.catch(() => {});
  const wrote = (count: number) =>
    new Promise<void>((resolve) => {
      const look = () => {
        if (output.split("\n").length <= count + 1) return;
        child.stdout!.removeListener("data", look);
        resolve();
      };
      child.stdout!.on("data", look);
      look();
    });
  return { prefix, child, ready, wrote, acknowledged };
}

function startPair(folder: string, round: number): Writer[] {
  return WRITERS.map((command, index) => startWriter(command, folder, `${round}/${index}`));
}

/** Kills a writer a moment after its first writes, however slow the machine is. */
async function killAfter(writer: Writer, writes: number, ms: number): Promise<number[]> {
  await writer.ready;
  writer.child.stdin!.write("go");
  await writer.wrote(writes);
  await new Promise((resolve) => setTimeout(resolve, ms));
  writer.child.kill("SIGKILL");
  return await writer.acknowledged;
}

/** The keys of one writer, which must be whole, each of them. */
async function keysOf(store: StateStore, prefix: string): Promise<Set<string>> {
  const { keys } = await store.list({ prefix: `${prefix}/`, limit: 1_000_000 });
  for (const key of keys) {
    const n = Number(key.slice(prefix.length + 1));
    assert.is(await store.get(key), writtenValue(prefix, n), key);
  }
  return new Set(keys);
}

/** What the transactions counted is what is there: none was half done. */
async function checkUsage(store: StateStore): Promise<void> {
  const { keys } = await store.list({ prefix: "", limit: 1_000_000 });
  let bytes = 0;
  for (const key of keys) bytes += key.length + (await store.get(key))!.length;
  assert.equal(await store.usage(), { keys: keys.length, bytes });
}

test(`kill -9 loses no acknowledged write of two writers, killed at ${KILLS} random points`, async () => {
  const folder = await makeFolder();
  const path = join(folder.path, "state");
  const { store, release } = await openInstanceStore(path, "crash");
  let acknowledged = 0;
  /** Pairs that are starting, or are ready and idle. */
  const waiting: Writer[][] = [];
  try {
    let started = 0;
    for (let round = 0; round < KILLS / 2; round++) {
      // While some write, the next ones start, so that stores are opened beside writers all the time.
      while (waiting.length < 3 && started < KILLS / 2) waiting.push(startPair(path, started++));
      const pair = waiting.shift()!;
      const results = await Promise.all(
        pair.map((writer) => killAfter(writer, Math.floor(Math.random() * 8), Math.random() * 10)),
      );
      for (const [index, writes] of results.entries()) {
        const { prefix } = pair[index]!;
        const keys = await keysOf(store, prefix);
        assert.equal(writes.filter((n) => !keys.has(`${prefix}/${n}`)), [], `lost of ${prefix}`);
        // At most the one that was under way came without its acknowledgement.
        assert.ok(keys.size - writes.length <= 1, `${prefix}: ${keys.size}, ${writes.length}`);
        acknowledged += writes.length;
      }
    }
    await checkUsage(store);
    assert.ok(acknowledged > KILLS, `only ${acknowledged} writes came to pass`);
  } finally {
    for (const { child } of waiting.flat()) child.kill("SIGKILL");
    await Promise.all(waiting.flat().map((writer) => writer.acknowledged.catch(() => {})));
    await release();
    await folder.remove();
  }
});

test("opening and closing beside writers loses nothing", async () => {
  const folder = await makeFolder();
  const path = join(folder.path, "state");
  const writers = startPair(path, 0);
  try {
    for (const { ready } of writers) await ready;
    for (const { child } of writers) child.stdin!.write("go");
    // Each of these opens the file anew.
    for (let n = 0; n < 100; n++) {
      const { store, release } = await openInstanceStore(path, "crash");
      await store.change(changeOf("opener", String(n)));
      await release();
    }
    for (const { child } of writers) child.kill("SIGKILL");
    const { store, release } = await openInstanceStore(path, "crash");
    for (const { prefix, acknowledged } of writers) {
      const [writes, keys] = [await acknowledged, await keysOf(store, prefix)];
      assert.ok(writes.length > 0);
      assert.equal(writes.filter((n) => !keys.has(`${prefix}/${n}`)), [], `lost of ${prefix}`);
    }
    assert.is(await store.get("opener"), "99");
    await checkUsage(store);
    await release();
  } finally {
    for (const { child } of writers) child.kill("SIGKILL");
    await Promise.all(writers.map((writer) => writer.acknowledged.catch(() => {})));
    await folder.remove();
  }
});

/** Another connection, as another process might have it. */
async function openBeside(path: string): Promise<SqliteDatabase> {
  return (await loadSqlite())(join(path, "state.sqlite"), { timeout: 1_000 });
}

test("who holds the lock holds up only those who wait for this store", async () => {
  const folder = await makeFolder();
  try {
    const held = await openInstanceStore(folder.path, "held");
    const free = await openInstanceStore(folder.path, "free");
    const change = (key: string) => changeOf(key, "v");
    const other = await openBeside(join(folder.path, "held"));
    other.exec("BEGIN EXCLUSIVE");
    const soon = () => AbortSignal.timeout(250);
    const codeOf = (action: Promise<unknown>) => action.then(() => "done", (error) => error.code);
    const late = [
      codeOf(held.store.change(change("late"), soon())),
      codeOf(held.store.get("k", soon())),
      codeOf(held.store.list({ prefix: "", limit: 1 }, soon())),
    ];
    assert.is(await codeOf(free.store.change(change("k"), soon())), "done");
    assert.equal(await Promise.all(late), Array(3).fill("capability.timeout"));
    const patient = held.store.change(change("patient"));
    other.exec("COMMIT");
    other.close();
    assert.equal(await patient, { matched: true, before: [null] });
    assert.equal(await held.store.list({ prefix: "", limit: 9 }), {
      keys: ["patient"],
      more: false,
    });
    await held.release();
    await free.release();
  } finally {
    await folder.remove();
  }
});

test("release() is quick behind calls that are over, and behind those that wait", async () => {
  const folder = await makeFolder();
  try {
    for (const over of [true, false]) {
      const controllers = Array.from({ length: 100 }, () => new AbortController());
      const { store, release } = await openInstanceStore(folder.path, "x");
      const other = await openBeside(join(folder.path, "x"));
      other.exec("BEGIN EXCLUSIVE");
      const asked = controllers.map(({ signal }) =>
        store.get("k", over ? signal : undefined).then(() => "done", (error) => error.code)
      );
      for (const controller of controllers) controller.abort();
      const started = performance.now();
      await release();
      // Each of them waited for the lock by itself would be ten seconds.
      assert.ok(performance.now() - started < 5_000);
      assert.equal(await Promise.all(asked), Array(100).fill("capability.timeout"));
      other.close();
    }
  } finally {
    await folder.remove();
  }
});

test("a store whose thread has ended is opened anew", async () => {
  const folder = await makeFolder();
  // The thread of a store is nobody's but its own; here it is seen when it is first written to.
  const { postMessage } = Worker.prototype;
  const threads = new Set<Worker>();
  Worker.prototype.postMessage = function (this: Worker, ...args) {
    threads.add(this);
    return Reflect.apply(postMessage, this, args);
  };
  try {
    const first = await openInstanceStore(folder.path, "x");
    await first.store.change(changeOf("k", "v"));
    const ended = first.store.get("k").then(() => first.store.get("k"));
    for (const thread of threads) await thread.terminate();
    assert.match(await ended.then(() => "done", String), /thread of a store has ended/);
    const second = await openInstanceStore(folder.path, "x");
    assert.is(await second.store.get("k"), "v");
    await first.release();
    assert.is(await second.store.get("k"), "v");
    await second.release();
  } finally {
    Worker.prototype.postMessage = postMessage;
    await folder.remove();
  }
});

test("a file that was replaced is opened by whoever comes then, and fails who had it", async () => {
  const folder = await makeFolder();
  const put = (store: StateStore, value: string) =>
    store.change(changeOf("k", value)).then(() => "done", String);
  const file = join(folder.path, "x", "state.sqlite");
  try {
    const first = await openInstanceStore(folder.path, "x");
    assert.is(await put(first.store, "old"), "done");
    await rename(file, `${file}.old`);
    const second = await openInstanceStore(folder.path, "x");
    assert.is(await second.store.get("k"), null);
    assert.is(await put(second.store, "new"), "done");
    assert.match(await put(first.store, "lost"), /readonly/);
    assert.match((await first.store.get("k").catch(String))!, /file of a store is gone/);
    await first.release();
    assert.is(await second.store.get("k"), "new");
    await second.release();
  } finally {
    await folder.remove();
  }
});

test("opening waits for another process's lock by the clock", async () => {
  const folder = await makeFolder();
  const file = join(folder.path, "state.sqlite");
  const open = await loadSqlite();
  try {
    // A file in this mode is refused at once, however long one would wait.
    const other = open(file, { timeout: 1_000 });
    other.exec("PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; CREATE TABLE t (a)");
    const started = performance.now();
    assert.throws(
      () => new StateDatabase(open, file, 300),
      (error: PluginError) => error.code === "capability.timeout" && /holds it/.test(error.message),
    );
    assert.ok(performance.now() - started >= 300);
    other.close();
  } finally {
    await folder.remove();
  }
});

test("a database of something else is left as it is", async () => {
  const folder = await makeFolder();
  const file = join(folder.path, "foreign.sqlite");
  const open = await loadSqlite();
  const refused = (path: string, words: RegExp) =>
    assert.throws(
      () => new StateDatabase(open, path),
      (error: PluginError) => error.code === "config.invalid" && words.test(error.message),
    );
  try {
    for (
      const sql of [
        "CREATE TABLE theirs (a)",
        "DROP TABLE theirs; PRAGMA application_id = 7",
        "PRAGMA application_id = 0; PRAGMA user_version = 1",
      ]
    ) {
      const db = open(file, { timeout: 1_000 });
      db.exec(sql);
      db.close();
      const before = await readFile(file);
      refused(file, /database of something else/);
      assert.equal(await readFile(file), before, sql);
    }
    refused(":memory:", /journal stays in mode "memory", wanted "persist"/);
  } finally {
    await folder.remove();
  }
});

if (process.getuid?.() === 0) {
  test("a place that cannot be written is refused when it is opened", async () => {
    const folder = await makeFolder();
    const open = await loadSqlite();
    const user = 65_534;
    const place = join(folder.path, "x");
    const file = join(place, "state.sqlite");
    const refused = () =>
      assert.throws(
        () => new StateDatabase(open, file),
        (error: PluginError) => error.code === "output.unwritable",
      );
    try {
      await mkdir(place);
      await chmod(folder.path, 0o755);
      await chmod(place, 0o555);
      process.seteuid!(user);
      refused();
      process.seteuid!(0);
      new StateDatabase(open, file).close();
      await rm(`${file}-journal`, { force: true });
      await chmod(file, 0o666);
      process.seteuid!(user);
      refused();
      process.seteuid!(0);
      await chmod(file, 0o444);
      await chmod(place, 0o777);
      process.seteuid!(user);
      refused();
    } finally {
      process.seteuid!(0);
      await folder.remove();
    }
  });
}

test("openInstanceStore() refuses a file that is no store, or one of another version", async () => {
  const folder = await makeFolder();
  const refusal = () =>
    openInstanceStore(folder.path, "x").then(() => "opened", ({ code, message }) => {
      assert.is(code, "config.invalid");
      return message;
    });
  try {
    await (await openInstanceStore(folder.path, "x")).release();
    const other = await openBeside(join(folder.path, "x"));
    other.exec("PRAGMA user_version = 2");
    other.close();
    assert.match(await refusal(), /has version 2, wanted 1/);
    await folder.write({ "x/state.sqlite": "this is no database, ".repeat(1_000) });
    assert.match(await refusal(), /Cannot open the state in ".*": file is not a database/);
  } finally {
    await folder.remove();
  }
});

test("a damaged file fails the call that meets the damage", async () => {
  const folder = await makeFolder();
  try {
    const first = await openInstanceStore(folder.path, "x");
    for (let n = 0; n < 50; n++) {
      const value = "v".repeat(1_000);
      await first.store.change(changeOf(`key ${n}`, value));
    }
    await first.release();
    const file = join(folder.path, "x", "state.sqlite");
    const bytes = await readFile(file);
    // All but the pages that opening reads: header, schema, usage.
    await writeFile(file, bytes.fill(0xaa, 4 * 4_096));
    const { store, release } = await openInstanceStore(folder.path, "x");
    const asked = [
      store.list({ prefix: "", limit: 100 }),
      store.get("key 30"),
      store.get("key 49"),
    ];
    const failures = await Promise.all(
      asked.map((one) => (one as Promise<unknown>).then(() => "read", ({ message }) => message)),
    );
    assert.ok(failures.some((one) => /malformed/.test(one)), failures.join());
    await release();
  } finally {
    await folder.remove();
  }
});

test("change() goes on a second after the clock was set back", async () => {
  const folder = await makeFolder();
  try {
    const { store, release } = await openInstanceStore(join(folder.path, "state"), "clock");
    const bounds = { ...BOUNDS, writesPerSecond: 1 };
    let round = 0;
    const writeAt = (now: number) =>
      store.change({ changes: [{ key: "k", value: String(++round) }], bounds, now })
        .then(() => "written", (error) => error.code);
    const late = Date.now();
    const early = late - 3_600_000;
    assert.is(await writeAt(late), "written");
    assert.is(await writeAt(early), "capability.limit");
    assert.is(await writeAt(early + 999), "capability.limit");
    assert.is(await writeAt(early + 1_000), "written");
    assert.is(await store.get("k"), "4");
    await release();
  } finally {
    await folder.remove();
  }
});

test("a full disk fails the write and nothing else", async () => {
  if (process.platform === "win32") return;
  const folder = await makeFolder();
  try {
    // No file may have more than 400 blocks; XFSZ is what would end the process that tries.
    const limited = ["-c", "trap '' XFSZ; ulimit -f 400; exec \"$@\"", "sh"];
    const path = join(folder.path, "state");
    const child = spawn("sh", [...limited, ...commandsOf("state-filler")[0]!, path], {
      env: plainEnvironment(),
      stdio: ["ignore", "pipe", "pipe"],
    });
    let [output, errors] = ["", ""];
    child.stdout.on("data", (chunk) => output += chunk);
    child.stderr.on("data", (chunk) => errors += chunk);
    const code = await new Promise((resolve) => child.on("close", resolve));
    assert.is(code, 0, errors);
    const { acknowledged, failure, keys } = JSON.parse(output);
    assert.is(failure, "capability.failed");
    assert.ok(acknowledged > 0);
    assert.is(keys, acknowledged);
  } finally {
    await folder.remove();
  }
});

test.run();

import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { openInstanceStore } from "../../../src/capability/state-folder.ts";
import type { StateStore } from "../../../src/capability/state-store.ts";
import { type Command, pairOf } from "../../support/both-runtimes.ts";
import { plainEnvironment } from "../../support/cli.ts";
import { makeFolder } from "../../support/folder.ts";
import { changeOf } from "../../support/state-bounds.ts";
import { writtenValue } from "../../support/state-value.ts";
import { suite } from "../../support/suite.ts";

const test = suite("state-store/kill");

const KILLS = 200;

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

test.run();

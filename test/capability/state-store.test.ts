import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import process from "node:process";
import * as assert from "uvu/assert";
import { openInstanceStore } from "../../src/capability/state-folder.ts";
import { plainEnvironment } from "../support/cli.ts";
import { makeFolder } from "../support/folder.ts";
import { projectPath } from "../support/paths.ts";
import { writtenValue } from "../support/state-value.ts";
import { suite } from "../support/suite.ts";

const test = suite("state-store");

const KILLS = 200;

/** The command that runs a program of `test/support`, on the runtime that the tests run on. */
function commandOf(name: string): [string, ...string[]] {
  return "Deno" in globalThis
    ? [process.execPath, "run", "-A", "--no-check", projectPath("test", "support", `${name}.ts`)]
    : [process.execPath, projectPath("build", "test", "support", `${name}.js`)];
}

/** A process that waits to be told to write. */
interface Writer {
  readonly prefix: string;
  readonly child: ChildProcess;
  readonly ready: Promise<void>;
  /** Resolves with everything that was acknowledged, once the process is gone. */
  readonly acknowledged: Promise<number[]>;
}

function startWriter(folder: string, prefix: string): Writer {
  const [program, ...args] = commandOf("state-writer");
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
  return { prefix, child, ready, acknowledged };
}

function startPair(folder: string, round: number): Writer[] {
  return ["a", "b"].map((name) => startWriter(folder, `${round}${name}`));
}

async function killAfter(writer: Writer, ms: number): Promise<number[]> {
  await writer.ready;
  writer.child.stdin!.write("go");
  await new Promise((resolve) => setTimeout(resolve, ms));
  writer.child.kill("SIGKILL");
  return await writer.acknowledged;
}

test(`kill -9 loses no acknowledged write of two writers, killed at ${KILLS} random points`, async () => {
  const folder = await makeFolder();
  const path = join(folder.path, "state");
  const { store, release } = await openInstanceStore(path, "crash");
  const text = new TextEncoder();
  let acknowledged = 0;
  /** Pairs that are starting, or are ready and idle. */
  const waiting: Writer[][] = [];
  /** The keys of one writer, which must be its first ones, each of them whole. */
  const keysOf = (prefix: string): string[] => {
    const page = store.list(text.encode(`${prefix}/`), undefined, 1_000_000);
    const keys = page.keys.map((key) => new TextDecoder().decode(key));
    for (const key of keys) {
      const value = new TextDecoder().decode(store.get(text.encode(key)));
      assert.is(value, writtenValue(prefix, Number(key.slice(prefix.length + 1))), key);
    }
    return keys;
  };
  try {
    let started = 0;
    for (let round = 0; round < KILLS / 2; round++) {
      // While some write, the next ones start.
      while (waiting.length < 3 && started < KILLS / 2) waiting.push(startPair(path, started++));
      const pair = waiting.shift()!;
      const results = await Promise.all(
        pair.map((writer) => killAfter(writer, 5 + Math.random() * 55)),
      );
      for (const [index, writes] of results.entries()) {
        const { prefix } = pair[index]!;
        let keys = new Set(keysOf(prefix));
        const missing = () => writes.filter((n) => !keys.has(`${prefix}/${n}`));
        // This process may still look at the store as it was before the last commit. What is lost stays
        // lost, and is told from what is only seen late.
        for (let tries = 0; missing().length > 0 && tries < 20; tries++) {
          await new Promise((resolve) => setTimeout(resolve, 100));
          keys = new Set(keysOf(prefix));
        }
        assert.equal(missing(), [], `lost of ${prefix}`);
        // At most the one that was under way came without its acknowledgement.
        assert.ok(keys.size - writes.length <= 1, `${prefix}: ${keys.size}, ${writes.length}`);
        acknowledged += writes.length;
      }
    }
    // What the transactions counted is what is there: none was half done.
    const all = store.list(new Uint8Array(0), undefined, 1_000_000).keys;
    const bytes = all.reduce((sum, key) => sum + key.length + store.get(key)!.length, 0);
    assert.equal(store.usage(), { keys: all.length, bytes });
    assert.ok(acknowledged > KILLS, `only ${acknowledged} writes came to pass`);
  } finally {
    for (const { child } of waiting.flat()) child.kill("SIGKILL");
    await Promise.all(waiting.flat().map((writer) => writer.acknowledged.catch(() => {})));
    await release();
    await folder.remove();
  }
});

test("change() goes on a second after the clock was set back", async () => {
  const folder = await makeFolder();
  const { now } = Date;
  try {
    const { store, release } = await openInstanceStore(join(folder.path, "state"), "clock");
    const bounds = {
      maxBytes: 100,
      maxKeys: 10,
      maxKeyBytes: 10,
      maxValueBytes: 10,
      writesPerSecond: 1,
    };
    let round = 0;
    const writeAt = (time: number) => {
      Date.now = () => time;
      const value = Uint8Array.of(++round);
      return store.change(Uint8Array.of(1), bounds, new AbortController().signal, () => ({
        write: true,
        value,
      })).then(() => "written", (error) => error.code);
    };
    const late = now();
    const early = late - 3_600_000;
    assert.is(await writeAt(late), "written");
    assert.is(await writeAt(early), "capability.limit");
    assert.is(await writeAt(early + 999), "capability.limit");
    assert.is(await writeAt(early + 1_000), "written");
    assert.equal([...store.get(Uint8Array.of(1))!], [4]);
    await release();
  } finally {
    Date.now = now;
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
    const child = spawn("sh", [...limited, ...commandOf("state-filler"), path], {
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

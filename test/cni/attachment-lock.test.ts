import { type ChildProcess, spawn } from "node:child_process";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { withAllLocks, withAttachmentLock } from "../../src/cni/attachment-lock.ts";
import { tryLockFile } from "../../src/platform/file-lock.ts";
import { ResultCache } from "../../src/cni/result-cache.ts";
import { type Command, pairOf } from "../support/both-runtimes.ts";
import { plainEnvironment } from "../support/cli.ts";
import { suiteFolder } from "../support/folder.ts";
import { pause, rejection } from "../support/process-fixture.ts";
import { suite } from "../support/suite.ts";

const test = suite("cni/attachment-lock", 60_000);

const folder = suiteFolder(test);

const OTHERS = await pairOf("cni-runtime");

const KEY = { network: "net", containerId: "c1", ifname: "eth0" };

/** A process that holds all locks; resolves once it does. */
async function startHolder([program, ...args]: Command, cache: string): Promise<ChildProcess> {
  const child = spawn(program, [...args, cache, "/nowhere", "hold"], { env: plainEnvironment() });
  let errors = "";
  child.stderr!.on("data", (chunk) => errors += chunk);
  await new Promise<void>((resolve, reject) => {
    child.stdout!.once("data", () => resolve());
    child.on("close", () => reject(new Error(`it ended: ${errors}`)));
  });
  return child;
}

/** Waits until something is so. */
async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!await isSo()) await pause(2);
}

test("one call at a time works on an attachment; others do not wait for it", async () => {
  const order: string[] = [];
  const work = (name: string, key = KEY) =>
    withAttachmentLock(folder.path, key, {}, async () => {
      order.push(`${name} begins`);
      await pause(20);
      order.push(`${name} ends`);
    });
  await Promise.all([work("a"), work("b"), work("c")]);
  for (let n = 0; n < order.length; n += 2) {
    assert.is(order[n]!.replace("begins", "ends"), order[n + 1]);
  }
  await withAttachmentLock(folder.path, KEY, {}, async () => {
    await withAttachmentLock(folder.path, { ...KEY, containerId: "c2" }, {}, async () => {});
  });
});

test("all locks exclude each attachment's, both ways", async () => {
  let isAlone = true;
  const keys = Array.from({ length: 100 }, (_, n) => ({ ...KEY, containerId: `c${n}` }));
  let inside = 0;
  const others = keys.map((key) =>
    withAttachmentLock(folder.path, key, {}, async () => {
      inside++;
      await pause(1);
      inside--;
    })
  );
  const all = withAllLocks(folder.path, {}, async () => {
    isAlone &&= inside === 0;
    await pause(20);
    isAlone &&= inside === 0;
  });
  await Promise.all([...others, all]);
  assert.ok(isAlone);
  const files = (await readdir(folder.path)).filter((name) => !/^lock-\d+$/.test(name));
  assert.equal(files.sort(), ["lock-all", "lock-gate"]);
});

test("fifty calls at once do not wait for each other", async () => {
  let meet!: () => void;
  const haveMet = new Promise<void>((resolve) => meet = resolve);
  let inside = 0;
  await Promise.all(Array.from({ length: 50 }, (_, n) => {
    const key = { ...KEY, containerId: `${"0123456789abcdef"[n % 16]}-${n}` };
    return withAttachmentLock(folder.path, key, { waitMs: 20_000 }, () => {
      if (++inside === 50) meet();
      return haveMet;
    });
  }));
});

test("calls that come while GC waits come after it", async () => {
  const order: string[] = [];
  const work = (containerId: string, action: () => Promise<void>) =>
    withAttachmentLock(folder.path, { ...KEY, containerId }, {}, async () => {
      await action();
      order.push(containerId);
    });
  let release!: () => void;
  const first = work("first", () => new Promise((resolve) => release = resolve));
  await until(() => release !== undefined);
  const gc = withAllLocks(folder.path, {}, () => Promise.resolve(void order.push("gc")));
  const gate = join(folder.path, "lock-gate");
  await until(async () => {
    const lock = await tryLockFile(gate, "shared");
    lock?.release();
    return lock === undefined;
  });
  const later = ["a", "b", "c"].map((name) => work(name, () => Promise.resolve()));
  await pause(100);
  assert.equal(order, []);
  release();
  await Promise.all([first, gc, ...later]);
  assert.equal(order.slice(0, 2), ["first", "gc"]);
  assert.is(order.length, 5);
});

test("an action's failure gives the lock back", async () => {
  const work = withAttachmentLock(folder.path, KEY, {}, () => Promise.reject(new Error("no")));
  assert.is((await work.catch((error) => error)).message, "no");
  await withAllLocks(folder.path, { waitMs: 0 }, async () => {});
});

test("who waits too long, or no more, says so", async () => {
  await withAttachmentLock(folder.path, KEY, {}, async () => {
    const late = withAttachmentLock(folder.path, KEY, { waitMs: 30 }, async () => {});
    const { message } = await rejection(late, "cni.locked");
    assert.match(message, /for 30 ms .*try again later$/);
    await rejection(withAllLocks(folder.path, { waitMs: 30 }, async () => {}), "cni.locked");
    const controller = new AbortController();
    const waiting = withAllLocks(folder.path, { signal: controller.signal }, async () => {});
    await pause(10);
    controller.abort();
    await rejection(waiting, "call.aborted");
  });
  await withAllLocks(folder.path, { waitMs: 0 }, async () => {});
});

for (const [name, command] of [["this", OTHERS[0]], ["the other", OTHERS[1]]] as const) {
  test(`a process of ${name} runtime excludes us, and its end, however it comes, does no more`, async () => {
    const cache = join(folder.path, name);
    const locks = await new ResultCache(cache).workFolder();
    const holder = await startHolder(command, cache);
    const ended = new Promise((resolve) => holder.on("close", resolve));
    try {
      const waiting = withAttachmentLock(locks, KEY, { waitMs: 30 }, async () => {});
      await rejection(waiting, "cni.locked");
    } finally {
      holder.kill("SIGKILL");
      await ended;
    }
    await withAllLocks(locks, { waitMs: 0 }, async () => {});
  });
}

test("a lock that cannot be made is an error", async () => {
  const work = withAllLocks(join(folder.path, "nowhere"), {}, async () => {});
  await rejection(work, "output.unwritable");
  await folder.write({
    "bad/lock-gate": "this is no database, and long enough to be looked at ".repeat(20),
  });
  await rejection(withAllLocks(join(folder.path, "bad"), {}, async () => {}), "output.unwritable");
});

test.run();

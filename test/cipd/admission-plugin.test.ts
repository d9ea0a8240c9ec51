import * as assert from "uvu/assert";
import { type Checker, createAdmissionPlugin } from "../../src/cipd/admission-plugin.ts";
import type { Decision } from "../../src/cipd/decision.ts";
import type { Pin } from "../../src/cipd/pin.ts";
import { PluginError } from "../../src/plugin-error.ts";
import { IID, SHA1_IID } from "../support/cipd-fake-host.ts";
import { suite } from "../support/suite.ts";
import { until } from "../support/until.ts";

// "(host N)" in a test's name is the number of a behaviour of CIPD's own host; see README.md.

const test = suite("createAdmissionPlugin()", 60_000);

const ADMITTED: Decision = { admitted: true, reasons: [] };

/** A checker whose answers are given by hand. */
class HandChecker implements Checker {
  readonly executable = "/some/plugin";
  starts = 0;
  closes = 0;
  readonly asked: string[] = [];
  readonly answers: Map<string, PromiseWithResolvers<Decision>> = new Map();
  fail!: (error: PluginError) => void;
  startup: Promise<void> = Promise.resolve();

  start(onFailure: (error: PluginError) => void): Promise<void> {
    this.starts++;
    this.fail = onFailure;
    return this.startup;
  }

  check({ package: name }: Pin): Promise<Decision> {
    this.asked.push(name);
    const answer = withResolvers<Decision>();
    this.answers.set(name, answer);
    return answer.promise;
  }

  close(): Promise<void> {
    this.closes++;
    return Promise.resolve();
  }

  /** Answers once the question is there. */
  async admit(name: string): Promise<void> {
    await until(() => this.answers.has(name));
    this.answers.get(name)!.resolve(ADMITTED);
    this.answers.delete(name);
  }
}

interface PromiseWithResolvers<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (error: unknown) => void;
}

function withResolvers<T>(): PromiseWithResolvers<T> {
  let settle!: Omit<PromiseWithResolvers<T>, "promise">;
  const promise = new Promise<T>((resolve, reject) => settle = { resolve, reject });
  return { promise, ...settle };
}

function make() {
  const checker = new HandChecker();
  return { checker, plugin: createAdmissionPlugin(checker) };
}

const pin = (name: string): Pin => ({ package: name, instanceId: IID });

const codeOf = (promise: Promise<unknown>) => promise.then(() => "none", (error) => error.code);

const DEAD = new PluginError("cipd.plugin-failed", "The admission plugin failed: it is dead");

test("nothing is started before the first check, and then once (host 28)", async () => {
  const { checker, plugin } = make();
  assert.is(checker.starts, 0);
  assert.is(plugin.executable, "/some/plugin");
  const first = plugin.checkAdmission(pin("a"));
  const second = plugin.checkAdmission(pin("b"));
  await Promise.all([checker.admit("a"), checker.admit("b")]);
  assert.equal(await Promise.all([first, second]), [ADMITTED, ADMITTED]);
  assert.is(checker.starts, 1);
});

test("the same pin has the same promise, while it waits and behind it (host 11, 12, 13)", async () => {
  const { checker, plugin } = make();
  const first = plugin.checkAdmission(pin("a"));
  assert.is(plugin.checkAdmission({ instanceId: IID, package: "a" }), first);
  await checker.admit("a");
  await first;
  assert.is(plugin.checkAdmission(pin("a")), first);
  assert.equal(checker.asked, ["a"]);

  const failing = plugin.checkAdmission(pin("b"));
  await until(() => checker.answers.has("b"));
  checker.answers.get("b")!.reject(new PluginError("cipd.check-failed", "no"));
  const errors = await Promise.all([1, 2].map(() => failing.catch((error) => error)));
  assert.is(errors[0], errors[1]);
  assert.is(plugin.checkAdmission(pin("b")), failing);
});

for (
  const [what, other] of [
    ["package", pin("b")],
    ["instance", { package: "a", instanceId: IID.replace("q", "r") }],
    ["instance's hash", { package: "a", instanceId: SHA1_IID }],
    // Where the two are put together they must not run into each other.
    ["package, by its end", { package: "a/b", instanceId: IID }],
  ] as const
) {
  test(`pins that differ in their ${what} are checked each (host 29)`, async () => {
    const { checker, plugin } = make();
    const promises = [pin("a"), other, pin("a")].map((one) => plugin.checkAdmission(one));
    assert.is(promises[0], promises[2]);
    assert.is.not(promises[0], promises[1]);
    await until(() => checker.asked.length === 2);
    assert.equal(checker.asked, ["a", other.package]);
  });
}

test("after clearCache() a pin is checked again; what still waits keeps its promise (host 14, 31)", async () => {
  const { checker, plugin } = make();
  const done = plugin.checkAdmission(pin("a"));
  await checker.admit("a");
  await done;
  const waiting = plugin.checkAdmission(pin("b"));
  plugin.clearCache();
  assert.is(plugin.checkAdmission(pin("b")), waiting);
  const again = plugin.checkAdmission(pin("a"));
  assert.is.not(again, done);
  await Promise.all([checker.admit("a"), checker.admit("b")]);
  await Promise.all([again, waiting]);
  assert.equal(checker.asked, ["a", "b", "a"]);
});

test("a failure rejects all that waits and all that is new, for good (host 25, 26, 32)", async () => {
  const { checker, plugin } = make();
  const done = plugin.checkAdmission(pin("a"));
  await checker.admit("a");
  assert.is(await done, ADMITTED);
  const waiting = [pin("b"), pin("c")].map((one) => plugin.checkAdmission(one));
  await until(() => checker.asked.length === 3);
  checker.fail(DEAD);
  checker.fail(new PluginError("cipd.plugin-failed", "another"));
  const errors = await Promise.all(waiting.map((one) => one.catch((error) => error)));
  assert.equal(errors, [DEAD, DEAD]);
  // What was answered stays, also an approval; what is new is not asked, and not kept.
  assert.is(plugin.checkAdmission(pin("a")), done);
  const late = plugin.checkAdmission(pin("d"));
  assert.is(await late.catch((error) => error), DEAD);
  assert.is.not(plugin.checkAdmission(pin("d")), late);
  plugin.clearCache();
  assert.is(await plugin.checkAdmission(pin("a")).catch((error) => error), DEAD);
  assert.is(checker.starts, 1);
});

test("very many may wait, and a failure rejects them all with the first error (host 32)", async () => {
  const { checker, plugin } = make();
  const startup = withResolvers<void>();
  checker.startup = startup.promise;
  const check = (n: number) => plugin.checkAdmission({ package: `a/${n}`, instanceId: SHA1_IID });
  const early = Array.from({ length: 50_000 }, (_, n) => check(n));
  startup.resolve();
  await until(() => checker.asked.length === 50_000);
  const late = Array.from({ length: 50_000 }, (_, n) => check(50_000 + n));
  await until(() => checker.asked.length === 100_000);
  checker.fail(DEAD);
  checker.fail(new PluginError("cipd.plugin-failed", "another"));
  const results = await Promise.allSettled([...early, ...late]);
  assert.is(results.filter((one) => one.status === "rejected" && one.reason === DEAD).length, 1e5);
});

test("what cannot start rejects every check, and throws in none (host 23)", async () => {
  const { checker, plugin } = make();
  checker.startup = Promise.reject(DEAD);
  const checks = ["a", "b"].map((name) => plugin.checkAdmission(pin(name)));
  for (const check of checks) assert.is(await check.catch((error) => error), DEAD);
  assert.equal(checker.asked, []);
});

test("close() rejects what waits, at once, and what is new; answers stay until clearCache() (host 16, 20, 27, 30)", async () => {
  const { checker, plugin } = make();
  const done = plugin.checkAdmission(pin("a"));
  await checker.admit("a");
  await done;
  const waiting = plugin.checkAdmission(pin("b"));
  const closing = plugin.close();
  assert.is(await codeOf(waiting), "cipd.closed");
  assert.is(await codeOf(plugin.checkAdmission(pin("c"))), "cipd.closed");
  await closing;
  assert.is(plugin.checkAdmission(pin("a")), done);
  plugin.clearCache();
  assert.is(await codeOf(plugin.checkAdmission(pin("a"))), "cipd.closed");
});

test("close() can be called twice, also where nothing was ever started (host 35)", async () => {
  const { checker, plugin } = make();
  await Promise.all([plugin.close(), plugin.close()]);
  assert.is(checker.starts, 0);
  assert.is(checker.closes, 1);
});

test("close() waits for what is being started, whose checks are rejected meanwhile (host 22, 36)", async () => {
  const { checker, plugin } = make();
  const startup = withResolvers<void>();
  checker.startup = startup.promise;
  const waiting = plugin.checkAdmission(pin("a"));
  let closed = false;
  const closing = plugin.close().then(() => void (closed = true));
  assert.is(await codeOf(waiting), "cipd.closed");
  assert.is(closed, false);
  startup.resolve();
  await closing;
  assert.is(checker.closes, 1);
});

test("a malformed pin is rejected, and does not start anything (host 36)", async () => {
  const { checker, plugin } = make();
  for (
    const bad of [{ package: "a", instanceId: "latest" }, { package: "../a", instanceId: IID }]
  ) {
    assert.is(await codeOf(plugin.checkAdmission(bad)), "cipd.pin-invalid");
  }
  assert.is(checker.starts, 0);
});

test("giving up the wait does not touch the promise (host 33)", async () => {
  const { checker, plugin } = make();
  const check = plugin.checkAdmission(pin("a"));
  const late = new Promise((resolve) => setTimeout(() => resolve("gave up"), 5));
  assert.is(await Promise.race([check, late]), "gave up");
  await checker.admit("a");
  assert.is(await check, ADMITTED);
});

test.run();

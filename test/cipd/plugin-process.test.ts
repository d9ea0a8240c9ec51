import { existsSync } from "node:fs";
import { join } from "node:path";
import * as assert from "uvu/assert";
import type { AdmissionPlugin } from "../../src/cipd/admission-plugin.ts";
import { NativeChecker } from "../../src/cipd/native-checker.ts";
import { failure, isRunning, pidOf, pin, withCipdHost } from "../support/cipd-native.ts";
import { makeFolder } from "../support/folder.ts";
import { suite } from "../support/suite.ts";
import { until } from "../support/until.ts";

// "(host N)" in a test's name is the number of a behaviour of CIPD's own host; see README.md.

const test = suite("PluginProcess", 60_000);

/** Longer than a test may take: where it is waited for, the test fails. */
const NEVER_MS = 90_000;

test("closing the host ends a running plugin, whose process is gone (host 2)", async () => {
  let pid = 0;
  await withCipdHost(async ({ launch }) => {
    pid = await pidOf(launch("good", { closeTimeoutMs: NEVER_MS }));
    assert.ok(isRunning(pid));
  });
  assert.not(isRunning(pid));
});

test("closing the plugin ends it, and rejects what waits (host 2, 20, 27)", () =>
  withCipdHost(async ({ launch }) => {
    const plugin = launch("good", { closeTimeoutMs: NEVER_MS });
    const pid = await pidOf(plugin);
    const waiting = plugin.checkAdmission(pin("mute/b"));
    const closing = plugin.close();
    assert.is((await failure(waiting)).code, "cipd.closed");
    await closing;
    assert.not(isRunning(pid));
  }));

test("five plugins run at once, and all are gone with the host (host 2, 8)", async () => {
  let plugins: AdmissionPlugin[] = [];
  let pids: number[] = [];
  await withCipdHost(async ({ launch }) => {
    plugins = Array.from({ length: 5 }, () => launch("good", { closeTimeoutMs: NEVER_MS }));
    pids = await Promise.all(plugins.map(pidOf));
    assert.is(new Set(pids).size, 5);
    assert.ok(pids.every(isRunning));
  });
  assert.equal(pids.filter(isRunning), []);
  for (const plugin of plugins) {
    assert.is((await failure(plugin.checkAdmission(pin("good/b")))).code, "cipd.closed");
  }
});

test("a plugin that ends by itself with 0 ended cleanly, and is not called a crash (host 3)", () =>
  withCipdHost(async ({ launch }) => {
    const plugin = launch("good", { exitGraceMs: 30_000 });
    const pid = await pidOf(plugin);
    const { message } = await failure(plugin.checkAdmission(pin("exit/a")));
    assert.match(message, /it ended: exit code 0$/);
    assert.not(isRunning(pid));
    await plugin.close();
  }));

test("a plugin that is told to end has its time for it: nothing kills it (host 3)", () =>
  withFolder(async (folder) => {
    await withCipdHost(async ({ cipd, lines }) => {
      const file = join(folder, "ended");
      const script = `echo started; cat > /dev/null; sleep 0.3; echo > "${file}"`;
      const plugin = cipd.newAdmissionPlugin({
        command: ["/bin/sh", "-c", script],
        connectTimeoutMs: NEVER_MS,
        closeTimeoutMs: NEVER_MS,
      });
      void plugin.checkAdmission(pin("good/a"));
      await until(() => lines.some(({ message }) => message === "started"));
      await plugin.close();
      assert.ok(existsSync(file));
    });
  }));

test("what is closed before its launch is never launched", () =>
  withFolder(async (folder) => {
    await withCipdHost(async ({ cipd }) => {
      const file = join(folder, "begun");
      const command = ["/bin/sh", "-c", `echo > "${file}"; cat > /dev/null`];
      const plugin = cipd.newAdmissionPlugin({ command, closeTimeoutMs: NEVER_MS });
      void plugin.checkAdmission(pin("good/a"));
      await plugin.close();
      await new Promise((resolve) => setTimeout(resolve, 200));
      assert.not(existsSync(file));
    });
  }));

test("close() waits for the launch that is under way, and for the end of what was launched (host 36)", () =>
  withFolder(async (folder) => {
    const file = join(folder, "ended");
    const handshake = { port: 1, ticket: "t" };
    let closing: Promise<void> | undefined;
    const gate = {
      admit: () => {
        // Once the launch has begun, which takes some turns more.
        setTimeout(() => closing = checker.close(), 0);
        return Promise.resolve(handshake);
      },
      forget: () => {},
    };
    const checker = new NativeChecker({
      command: ["/bin/sh", "-c", `cat > /dev/null; echo > "${file}"`],
      closeTimeoutMs: NEVER_MS,
      server: () => Promise.resolve(gate),
      serviceUrl: "https://example.com",
      repository: undefined,
      onLog: () => {},
    });
    assert.is((await failure(checker.start(() => {}))).code, "cipd.closed");
    await closing;
    assert.ok(existsSync(file));
  }));

test("a plugin that is stuck is killed (host 4)", () =>
  withCipdHost(async ({ launch }) => {
    const plugin = launch("stuck", { closeTimeoutMs: 300 });
    const pid = await pidOf(plugin);
    await plugin.close();
    assert.not(isRunning(pid));
  }));

test("closing it while it connects rejects promptly, and ends its process (host 22)", () =>
  withCipdHost(async ({ launch, lines }) => {
    const options = { connectTimeoutMs: NEVER_MS, closeTimeoutMs: NEVER_MS };
    const plugin = launch("never-connects", options);
    const waiting = plugin.checkAdmission(pin("good/a"));
    // A newer Node may warn first, so that this is not always the first line.
    const started = () => lines.find(({ message }) => message.startsWith("started "));
    await until(() => started() !== undefined);
    const pid = Number(started()!.message.slice("started ".length));
    assert.ok(isRunning(pid));
    const closing = plugin.close();
    assert.is((await failure(waiting)).code, "cipd.closed");
    await closing;
    assert.not(isRunning(pid));
  }));

async function withFolder(use: (path: string) => Promise<void>): Promise<void> {
  const folder = await makeFolder();
  try {
    await use(folder.path);
  } finally {
    await folder.remove();
  }
}

test.run();

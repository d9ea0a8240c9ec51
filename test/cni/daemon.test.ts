import { chmod, mkdir, readdir, stat, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import * as assert from "uvu/assert";
import type { CniReply } from "../../src/cni/call.ts";
import { type CniDaemon, serveCni } from "../../src/cni/daemon.ts";
import { askDaemon, socketPath } from "../../src/cni/daemon-socket.ts";
import { privateFolderOf } from "../../src/cni/installed-plugin.ts";
import { encodeCall } from "../../src/cni/frame.ts";
import { PluginError } from "../../src/plugin-error.ts";
import { makeFolder, type TestFolder } from "../support/folder.ts";
import { suite } from "../support/suite.ts";
import { type FakeAnswers, fakeNetwork, waitingAdd } from "./fake-network.ts";
import { callOf, INSTALLED, writeInstalled } from "./installation.ts";

interface Context {
  folder: TestFolder;
}

const test = suite<Context>("daemon");

test.before(async (context) => {
  context.folder = await makeFolder();
});
/** What a test that fails leaves open. */
const left: CniDaemon[] = [];
test.after(async ({ folder }) => {
  for (const daemon of left) await daemon.close();
  await folder.remove();
});

let made = 0;

/** A folder in which `mynet` is installed. */
async function makeBin({ folder }: Context): Promise<string> {
  const bin = join(folder.path, `bin${made++}`);
  await mkdir(bin);
  await writeInstalled(bin, "mynet");
  return bin;
}

interface Served {
  readonly bin: string;
  readonly daemon: CniDaemon;
  /** What the daemon logged. */
  readonly lines: string[];
  /** How many plugins were ended. */
  readonly closed: { count: number };
  ask(
    type: string,
    command?: string,
    more?: Parameters<typeof callOf>[2],
  ): Promise<CniReply | undefined>;
}

async function serve(context: Context, answers: FakeAnswers = {}): Promise<Served> {
  const bin = await makeBin(context);
  const lines: string[] = [];
  const closed = { count: 0 };
  const daemon = await serveCni({
    binDirs: [bin],
    log: (level, message) => void lines.push(`${level}: ${message}`),
    load: ({ plugin: { settings } }) => {
      if (settings === "bad") throw new PluginError("contract.settings-invalid", "bad settings");
      const close = () => Promise.resolve(void closed.count++);
      return Promise.resolve({ network: fakeNetwork(answers), close });
    },
  });
  left.push(daemon);
  const ask: Served["ask"] = (...call) => askDaemon(privateFolderOf(bin), callOf(...call));
  return { bin, daemon, lines, closed, ask };
}

const RESULT = { cniVersion: "1.0.0", ips: [{ address: "10.1.0.5/16" }] };

test("serveCni() answers what is installed as a native plugin would", async (context) => {
  const { daemon, lines, closed, bin, ask } = await serve(context, {
    add: ({ onLog }) => {
      onLog!({ level: "info", message: "joins" });
      return RESULT;
    },
    check: () => ({ code: 103, msg: "is not there" }),
  });
  assert.equal(lines, [`info: serves "mynet" in ${bin}`]);
  assert.equal(await ask("mynet"), {
    exitCode: 0,
    stdout: JSON.stringify(RESULT, null, 4),
    stderr: "mynet: info: joins\n",
  });
  assert.equal(await ask("mynet", "CHECK"), {
    exitCode: 1,
    stdout: JSON.stringify({ code: 103, msg: "is not there" }, null, 4),
    stderr: "",
  });
  assert.match((await ask("mynet", "VERSION"))!.stdout, /supportedVersions/);
  const about = await ask("mynet", "");
  assert.equal([about!.exitCode, about!.stdout], [0, ""]);
  assert.match(about!.stderr, /^CNI plugin mynet, WebAssembly run by cofferdam .*\nCNI protocol/);
  await daemon.close();
  assert.is(closed.count, 1);
});

test("a type that is not installed, or cannot be loaded, is not available", async (context) => {
  const { bin, daemon, ask } = await serve(context);
  for (const type of ["other", "../x", ""]) {
    const { exitCode, stdout } =
      (await ask(type, "STATUS", { config: { name: "n", type: "x", cniVersion: "1.1.0" } }))!;
    assert.equal([exitCode, JSON.parse(stdout).code], [1, 50], type);
  }
  const plugin = { ...INSTALLED.plugin, settings: "bad" };
  await writeInstalled(bin, "mynet", { ...INSTALLED, plugin });
  const { stdout } = (await ask("mynet"))!;
  assert.equal(JSON.parse(stdout), {
    code: 50,
    msg: "bad settings",
    details: "contract.settings-invalid",
  });
  await writeInstalled(bin, "other");
  assert.is((await ask("other"))!.exitCode, 0, "one that was installed since");
  await daemon.close();
});

test("a daemon begins although one of its plugins cannot be loaded, and says so", async (context) => {
  const bin = await makeBin(context);
  await writeFile(await writeInstalled(bin, "broken"), "{");
  const lines: string[] = [];
  const daemon = await serveCni({
    binDirs: [bin],
    log: (level, message) => void lines.push(`${level}: ${message}`),
    load: () => Promise.resolve({ network: fakeNetwork(), close: () => Promise.resolve() }),
  });
  await daemon.close();
  assert.match(lines[0]!, /^warn: cannot serve "broken" in .* \[config\.invalid\]$/);
  assert.is(lines[1], `info: serves "mynet" in ${bin}`);
});

test("fifty calls at once are answered, each its own", async (context) => {
  const { daemon, ask } = await serve(context, { add: () => RESULT });
  const replies = await Promise.all(
    Array.from({ length: 50 }, (_, n) => ask("mynet", n % 2 ? "ADD" : "DEL")),
  );
  assert.ok(
    replies.every((reply, n) => reply!.exitCode === 0 && (reply!.stdout !== "") === (n % 2 === 1)),
  );
  await daemon.close();
});

test("a runtime that gives up a call ends it", async (context) => {
  const { answers, hasBegun, isGivenUp } = waitingAdd();
  const { bin, daemon } = await serve(context, answers);
  const socket = connect({ path: await socketPath(privateFolderOf(bin)) });
  socket.on("data", () => socket.write(encodeCall(callOf("mynet"))));
  await hasBegun;
  socket.destroy();
  await isGivenUp;
  await daemon.close();
});

test("close() finishes what runs, while others find no daemon", async (context) => {
  let begun!: () => void;
  const hasBegun = new Promise<void>((resolve) => begun = resolve);
  let finish!: () => void;
  const finished = new Promise<void>((resolve) => finish = resolve);
  const { bin, daemon, closed, ask } = await serve(context, {
    add: async () => {
      begun();
      await finished;
      return RESULT;
    },
  });
  const running = ask("mynet");
  await hasBegun;
  const closing = daemon.close();
  while ((await readdir(privateFolderOf(bin))).some((name) => name.startsWith("daemon"))) {
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  assert.is(await ask("mynet"), undefined);
  assert.is(closed.count, 0);
  finish();
  assert.is((await running)!.exitCode, 0);
  await closing;
  assert.is(closed.count, 1);
});

test("the socket lies in a folder that is closed to others, and so is it", async (context) => {
  const { bin, daemon } = await serve(context);
  const folder = privateFolderOf(bin);
  assert.is((await stat(folder)).mode & 0o777, 0o700);
  assert.is((await stat(await socketPath(folder))).mode & 0o077, 0);
  await daemon.close();
});

async function codeOf(work: Promise<unknown>): Promise<string> {
  return await work.then(() => "none", (error) => error.code);
}

const NOTHING = { log: () => {}, load: () => Promise.reject(new Error("x")) };

test("serveCni() refuses a folder that is not there, or that others can look into", async (context) => {
  const { folder } = context;
  const none = join(folder.path, "none");
  assert.is(await codeOf(serveCni({ ...NOTHING, binDirs: [none] })), "input.not-found");
  const bin = await makeBin(context);
  await chmod(privateFolderOf(bin), 0o711);
  assert.is(await codeOf(serveCni({ ...NOTHING, binDirs: [bin] })), "trust.writable");
  await chmod(privateFolderOf(bin), 0o700);
  await chmod(bin, 0o777);
  assert.is(await codeOf(serveCni({ ...NOTHING, binDirs: [bin] })), "trust.writable");
});

test("one daemon serves a folder; the socket of one that is dead is replaced", async (context) => {
  const first = await serve(context);
  assert.is(await codeOf(serveCni({ ...NOTHING, binDirs: [first.bin] })), "output.unwritable");
  assert.is((await first.ask("mynet"))!.exitCode, 0);
  await first.daemon.close();
  const bin = await makeBin(context);
  const path = await socketPath(privateFolderOf(bin));
  await writeFile(path, "");
  assert.is(await codeOf(serveCni({ ...NOTHING, binDirs: [bin] })), "output.unwritable");
});

test("where one folder cannot be served, none is", async (context) => {
  const { folder } = context;
  const bin = await makeBin(context);
  const binDirs = [bin, join(folder.path, "none")];
  assert.is(await codeOf(serveCni({ ...NOTHING, binDirs })), "input.not-found");
  assert.is(await askDaemon(privateFolderOf(bin), callOf("mynet")), undefined);
  assert.equal(await readdir(privateFolderOf(bin)), ["mynet.json"]);
});

test.run();

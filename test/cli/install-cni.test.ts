/** The verbs of CNI as an operator uses them, and what they install as a runtime does. */
import { spawn } from "node:child_process";
import { chmod, mkdir, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import process from "node:process";
import * as assert from "uvu/assert";
import { openBundle } from "../../src/bundle/bundle.ts";
import { bundlesOf } from "../../src/cni/installed-bundle.ts";
import { VERSION } from "../../src/version.ts";
import { ENVIRONMENT } from "../cni/installation.ts";
import { type Ran, runShim } from "../cni/run-shim.ts";
import { CLI, type CliResult, plainEnvironment, runCli } from "../support/cli.ts";
import { makeFolder, type TestFolder } from "../support/folder.ts";
import { answeringEach, assemble, bundleOf, MANIFEST } from "../support/guest.ts";
import { suite } from "../support/suite.ts";

interface Context {
  folder: TestFolder;
}

const test = suite<Context>("the verbs of CNI");

const RESULT = { cniVersion: "1.0.0", ips: [{ address: "10.1.0.5/16" }] };
const CNI = { name: "net", implements: [{ contract: "network", version: 1 }] };

function plugin(add: unknown, manifest: Record<string, unknown> = {}): Uint8Array {
  const answers = { network_add: JSON.stringify(add), network_del: "{}" };
  return bundleOf(answeringEach(answers), { ...CNI, ...manifest });
}

const running: (() => void)[] = [];

test.before(async (context) => {
  context.folder = await makeFolder();
  const only = {
    type: "object",
    properties: { a: { type: "string" } },
    additionalProperties: false,
  };
  await context.folder.write({
    "net.wasm": plugin(RESULT),
    "denies.wasm": plugin({ code: 103, msg: 'no container may join "net"', details: "rule 7" }),
    "settings.wasm": plugin(RESULT, { settings: only }),
    "state.wasm": plugin(RESULT, { capabilities: ["state"] }),
    "delegate.wasm": plugin(RESULT, { capabilities: ["delegate"] }),
    "policy.wasm": bundleOf(answeringEach({ admission_check: "{}" })),
    "traps.wasm": bundleOf(
      `(module (memory (export "memory") 1)
        (func (export "network_add") (result i32) unreachable)
        (func (export "network_del") (result i32) unreachable))`,
      CNI,
    ),
    "settings.yaml": "a: b\n",
    "wrong.yaml": "c: d\n",
  });
});
test.after(async ({ folder }) => {
  for (const stop of running) stop();
  await folder.remove();
});

let made = 0;

async function makeBin({ folder }: Context): Promise<string> {
  const bin = join(folder.path, `bin${made++}`);
  await mkdir(bin);
  return bin;
}

function install({ folder }: Context, bin: string, ...args: string[]): Promise<CliResult> {
  return runCli(["install", "cni", ...args, "--bin-dir", bin], { cwd: folder.path });
}

const config = (more: Record<string, unknown> = {}) =>
  JSON.stringify({ cniVersion: "1.0.0", name: "net", type: "mynet", ...more });

/** Starts the daemon, and waits until it listens. */
function startDaemon(
  ...args: string[]
): Promise<{ stop(signal?: NodeJS.Signals): Promise<Ran> }> {
  const child = spawn(CLI[0], [...CLI[1], "cni", "serve", ...args], {
    env: plainEnvironment() as Record<string, string>,
    stdio: ["ignore", "pipe", "pipe"],
  });
  running.push(() => child.kill("SIGKILL"));
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (chunk) => stdout += chunk);
  const ended = new Promise<Ran>((resolve) =>
    child.on("close", (code, signal) => resolve({ code, signal, stdout, stderr }))
  );
  const stop = (signal: NodeJS.Signals = "SIGTERM") => {
    // Not by `child.kill`, after which Deno says that the signal ended it, whatever did.
    process.kill(child.pid!, signal);
    return ended;
  };
  return new Promise((resolve, reject) => {
    child.stderr.on("data", (chunk) => {
      stderr += chunk;
      if (/listens in/.test(stderr)) resolve({ stop });
    });
    void ended.then(() => reject(new Error(stderr)));
  });
}

test("install cni writes three files and says so; uninstall cni removes them and says so", async (context) => {
  const bin = await makeBin(context);
  const installed = await install(context, bin, "--plugin", "net.wasm", "--type", "mynet");
  assert.equal([installed.code, installed.stderr], [0, ""]);
  const folder = join(bin, ".cofferdam");
  const lines = installed.stdout.trimEnd().split("\n");
  const { digest } = await openBundle(plugin(RESULT));
  const copy = join(folder, `mynet.${digest.slice("sha256:".length)}.wasm`);
  const names = [`${folder}/`, copy, `${folder}/mynet.json`];
  assert.equal(lines.slice(0, 3), names.map((name) => `wrote ${name}`));
  assert.match(lines[3]!, new RegExp(`^wrote ${bin}/mynet \\((compiled by|a script)`));
  assert.is((await stat(folder)).mode & 0o777, 0o700);
  assert.is((await stat(join(folder, "mynet.json"))).mode & 0o777, 0o600);
  assert.is((await stat(copy)).mode & 0o777, 0o600);
  assert.is((await stat(join(bin, "mynet"))).mode & 0o777, 0o755);
  const written = JSON.parse(await readFile(join(folder, "mynet.json"), "utf8"));
  assert.equal(written.command.slice(-2), ["cni", "call"]);
  assert.equal([written.plugin.path, written.plugin.digest], [copy, digest]);
  assert.equal((await readdir(bin)).sort(), [".cofferdam", "mynet"]);

  const removed = await runCli(["uninstall", "cni", "--type", "mynet", "--bin-dir", bin]);
  assert.equal([removed.code, removed.stderr], [0, ""]);
  assert.is(
    removed.stdout,
    [join(bin, "mynet"), join(folder, "mynet.json"), copy, `${folder}/`]
      .map((path) => `removed ${path}\n`).join(""),
  );
  assert.equal(await readdir(bin), []);
  const again = await runCli(["uninstall", "cni", "--type", "mynet", "--bin-dir", bin]);
  assert.equal([again.code, again.stdout], [2, ""]);
  assert.match(again.stderr, /Cannot uninstall "mynet": it is not in .* \[input\.not-found\]/);
});

test("what is installed is a copy, whatever becomes of the file", async (context) => {
  const { folder } = context;
  const bin = await makeBin(context);
  const copies = async () =>
    (await readdir(join(bin, ".cofferdam"))).filter((name) => name.endsWith(".wasm"));
  const own = (n: number) => ({ ...RESULT, ips: [{ address: `10.1.0.${n}/16` }] });
  const call = async () =>
    JSON.parse((await runShim(join(bin, "mynet"), { stdin: config() })).stdout);
  const args = ["--plugin", "mine/own.wasm", "--type", "mynet"];
  await folder.write({ "mine/own.wasm": plugin(own(1)) });
  await install(context, bin, ...args);
  await folder.write({ "mine/own.wasm": plugin(own(2)) });
  assert.equal(await call(), own(1));
  await rm(join(folder.path, "mine"), { recursive: true });
  const daemon = await startDaemon("--bin-dir", bin);
  assert.equal(await call(), own(1));
  const kept: string[][] = [await copies()];
  for (const n of [2, 3]) {
    await folder.write({ "mine/own.wasm": plugin(own(n)) });
    const { stdout } = await install(context, bin, ...args);
    assert.equal(await call(), own(n));
    kept.push(await copies());
    assert.is(/^removed /m.test(stdout), n === 3);
    if (n === 3) assert.match(stdout, `\nremoved ${bin}/.cofferdam/${kept[0]![0]}\n`);
  }
  assert.equal(kept.map(({ length }) => length), [1, 2, 2]);
  assert.not.ok(kept[2]!.includes(kept[0]![0]!));
  await daemon.stop();
  await runCli(["uninstall", "cni", "--type", "mynet", "--bin-dir", bin]);
  assert.equal(await readdir(bin), []);
});

test("a plain module and its manifest are copied as one file", async (context) => {
  const { folder } = context;
  const bin = await makeBin(context);
  const manifest = { ...MANIFEST, ...CNI };
  await folder.write({
    "plain/net.wasm": assemble(
      answeringEach({ network_add: JSON.stringify(RESULT), network_del: "{}" }),
    ),
    "plain/plugin.json": JSON.stringify(manifest),
  });
  const { code } = await install(context, bin, "--plugin", "plain/net.wasm", "--type", "mynet");
  assert.is(code, 0);
  await rm(join(folder.path, "plain"), { recursive: true });
  const { stdout } = await runShim(join(bin, "mynet"), { stdin: config() });
  assert.equal(JSON.parse(stdout), RESULT);
});

test("install cni writes down settings, grants, limits and instance, with absolute paths", async (context) => {
  const bin = await makeBin(context);
  const { code, stderr } = await install(
    context,
    bin,
    ...["--plugin", "state.wasm", "--instance", "ci", "--allow-state=keep", "--fuel", "5_000_000"],
    ...["--timeout", "2s", "--memory", "1MiB", "--type", "mynet"],
  );
  assert.equal([code, stderr], [0, ""]);
  const text = await readFile(join(bin, ".cofferdam", "mynet.json"), "utf8");
  const { path: _path, digest: _digest, ...written } = JSON.parse(text).plugin;
  assert.equal(written, {
    instance: "ci",
    grants: { state: { folder: join(context.folder.path, "keep") } },
    limits: { fuel: 5_000_000, timeoutMs: 2_000, memoryPages: 16 },
  });
  const third = await makeBin(context);
  const types = ["--allow-delegate=bridge", "--delegate-path=native", "--delegate-netns=/run/n:m"];
  await mkdir(join(context.folder.path, "native"));
  const delegate = ["--plugin", "delegate.wasm", "--type", "mynet", ...types];
  assert.is((await install(context, third, ...delegate)).code, 0);
  const said = JSON.parse(await readFile(join(third, ".cofferdam", "mynet.json"), "utf8")).plugin;
  const [folders, netns] = [["native"], ["/run/n", "m"]]
    .map((paths) => paths.map((path) => resolve(context.folder.path, path)));
  assert.equal(said.grants, { delegate: { types: ["bridge"], folders, netns } });
  const second = await makeBin(context);
  const args = ["--plugin", "settings.wasm", "--settings", "settings.yaml", "--type", "mynet"];
  assert.is((await install(context, second, ...args)).code, 0);
  const other = await readFile(join(second, ".cofferdam", "mynet.json"), "utf8");
  assert.equal(JSON.parse(other).plugin.settings, { a: "b" });
});

test("install cni writes a script where no compiler is found", async (context) => {
  const bin = await makeBin(context);
  const args = ["--plugin", "net.wasm", "--type", "mynet", "--bin-dir", bin];
  const options = { cwd: context.folder.path, env: { PATH: "/nowhere" } };
  const refused = await runCli(["install", "cni", ...args, "--shim", "c"], options);
  assert.equal([refused.code, refused.stdout], [2, ""]);
  assert.match(refused.stderr, /there is no C compiler that can \[input\.not-found\]/);
  const { code, stdout } = await runCli(["install", "cni", ...args], options);
  assert.is(code, 0);
  assert.match(stdout, `wrote ${bin}/mynet (a script, which starts more slowly)\n`);
  assert.match(await readFile(join(bin, "mynet"), "utf8"), /^#!\/bin\/sh\n# cofferdam-cni-shim/);
});

test("install cni copies an executable in C that was compiled elsewhere", async (context) => {
  const [first, second] = [await makeBin(context), await makeBin(context)];
  const args = ["--plugin", "net.wasm", "--type", "mynet"];
  const { code: made, stderr: why } = await install(context, first, ...args, "--shim", "c");
  // A machine without a compiler has nothing to copy.
  if (/there is no C compiler/.test(why)) return;
  assert.is(made, 0, why);
  const prebuilt = join(first, "mynet");
  const options = { cwd: context.folder.path, env: { PATH: "/nowhere" } };
  const run = (...more: string[]) =>
    runCli(["install", "cni", ...args, "--bin-dir", second, ...more], options);
  const { code, stdout, stderr } = await run("--prebuilt", prebuilt);
  assert.is(code, 0, stderr);
  assert.match(stdout, `wrote ${second}/mynet (a copy of ${prebuilt})\n`);
  assert.equal(
    JSON.parse((await runShim(join(second, "mynet"), { stdin: config() })).stdout),
    RESULT,
  );
  assert.is((await run("--prebuilt", prebuilt, "--shim", "c")).code, 2);
  assert.is((await run("--prebuilt", join(first, ".cofferdam", "mynet.json"))).code, 2);
});

test("install cni uses no compiler that others can change, and says so", async (context) => {
  const bin = await makeBin(context);
  const args = ["--plugin", "net.wasm", "--type", "mynet", "--bin-dir", bin];
  const open = join(context.folder.path, "open");
  await mkdir(open);
  await writeFile(join(open, "cc"), `#!/bin/sh\ntouch ${open}/ran\n`);
  await chmod(join(open, "cc"), 0o755);
  await chmod(open, 0o777);
  const options = { cwd: context.folder.path, env: { PATH: open } };
  const { code, stdout, stderr } = await runCli(["install", "cni", ...args], options);
  assert.is(code, 0);
  assert.match(stdout, "(a script, which starts more slowly)");
  assert.match(
    stderr,
    `warn: passed over the compiler ${open}/cc: "${open}" can be written by others`,
  );
  assert.equal(await readdir(open), ["cc"]);
});

test("install cni takes grants and commands from a configuration, and keeps to its lock", async (context) => {
  const bin = await makeBin(context);
  await context.folder.write({
    "trust.yaml":
      "plugins: { net: { path: state.wasm, instance: fromconfig, grants: { state: { folder: kept, maxBytes: 1000 } } } }\n",
  });
  const args = ["--plugin", "state.wasm", "--config", "trust.yaml", "--type", "mynet"];
  const unpinned = await install(context, bin, ...args);
  assert.equal([unpinned.code, unpinned.stdout], [2, ""]);
  assert.match(unpinned.stderr, /\[trust\.unlocked\]/);
  const locked = await runCli(["lock", "--config", "trust.yaml"], { cwd: context.folder.path });
  assert.is(locked.code, 0, locked.stderr);
  assert.is((await install(context, bin, ...args)).code, 0);
  const text = await readFile(join(bin, ".cofferdam", "mynet.json"), "utf8");
  const { grants, instance } = JSON.parse(text).plugin;
  const folder = join(context.folder.path, "kept");
  assert.equal([grants, instance], [{ state: { folder, maxBytes: 1000 } }, "fromconfig"]);
  await rm(join(context.folder.path, "cofferdam.lock"));
});

for (
  const [name, args, words] of [
    ["no plugin", ["--type", "a"], /wanted one "--plugin"/],
    [
      "two plugins",
      ["--plugin", "net.wasm", "--plugin", "denies.wasm", "--type", "a"],
      /wanted one "--plugin"/,
    ],
    ["no type", ["--plugin", "net.wasm"], /"--type" is missing/],
    [
      "a type with a path",
      ["--plugin", "net.wasm", "--type", "../a"],
      /as the type of a CNI plugin/,
    ],
    [
      "a plugin that is not there",
      ["--plugin", "none.wasm", "--type", "a"],
      /\[input\.not-found\]/,
    ],
    [
      "a plugin of another contract",
      ["--plugin", "policy.wasm", "--type", "a"],
      /\[registry\.not-implements\]/,
    ],
    ["a digest that is another's", [
      "--plugin",
      "net.wasm",
      "--digest",
      `sha256:${"0".repeat(64)}`,
      "--type",
      "a",
    ], /\[bundle\.digest-mismatch\]/],
    [
      "what it asks for not granted",
      ["--plugin", "state.wasm", "--type", "a"],
      /"--allow-state.*\[capability\.denied\]/,
    ],
    ["settings that do not fit", [
      "--plugin",
      "settings.wasm",
      "--settings",
      "wrong.yaml",
      "--type",
      "a",
    ], /\[contract\.settings-invalid\]/],
  ] as readonly [string, string[], RegExp][]
) {
  test(`install cni writes nothing where there is ${name}`, async (context) => {
    const bin = await makeBin(context);
    const { code, stdout, stderr } = await install(context, bin, ...args);
    assert.equal([code, stdout], [2, ""]);
    assert.match(stderr, words);
    assert.equal(await readdir(bin), []);
  });
}

test("install cni replaces nothing that is not ours, and uninstall removes none of it", async (context) => {
  const args = ["--plugin", "net.wasm", "--type", "bridge"];
  for (
    const put of [
      (path: string) => writeFile(path, "#!/bin/sh\n"),
      (path: string) => mkdir(path),
      (path: string) => symlink("/bin/true", path),
      (path: string) => symlink("/none", path),
    ]
  ) {
    const bin = await makeBin(context);
    await put(join(bin, "bridge"));
    const { code, stdout, stderr } = await install(context, bin, ...args);
    assert.equal([code, stdout], [2, ""]);
    assert.match(stderr, /Cannot replace .*bridge": "cofferdam install cni" has not written it/);
    const gone = await runCli(["uninstall", "cni", "--type", "bridge", "--bin-dir", bin]);
    assert.equal([gone.code, gone.stdout], [2, ""]);
    assert.equal(await readdir(bin), ["bridge"]);
  }
});

test("install cni refuses folders that are not there, or that others can change", async (context) => {
  const args = ["--plugin", "net.wasm", "--type", "a"];
  const bin = await makeBin(context);
  const none = await install(context, join(bin, "none"), ...args);
  assert.equal([none.code, none.stdout], [2, ""]);
  assert.match(none.stderr, /there is no folder \[input\.not-found\]/);
  await chmod(bin, 0o777);
  const open = await install(context, bin, ...args);
  assert.match(open.stderr, /can be written by others.*\[trust\.writable\]/);
  await chmod(bin, 0o755);
  await chmod(join(bin, ".cofferdam"), 0o750).catch(() =>
    mkdir(join(bin, ".cofferdam"), { mode: 0o750 })
  );
  const seen = await install(context, bin, ...args);
  assert.match(seen.stderr, /others can look into it.*\[trust\.writable\]/);
  assert.equal(await readdir(bin), [".cofferdam"]);
});

/** Calls as a runtime makes them, and the code of the error that each must get. */
const CALLS:
  readonly (readonly [type: string, env: Record<string, string>, stdin: string, code?: number])[] =
    [
      ["mynet", {}, config()],
      ["mynet", { CNI_COMMAND: "DEL", CNI_NETNS: "" }, config()],
      ["mynet", { CNI_COMMAND: "CHECK" }, config({ prevResult: RESULT })],
      ["mynet", { CNI_COMMAND: "STATUS" }, config({ cniVersion: "1.1.0" })],
      [
        "mynet",
        { CNI_COMMAND: "GC" },
        config({ cniVersion: "1.1.0", "cni.dev/valid-attachments": [] }),
      ],
      ["mynet", { CNI_COMMAND: "VERSION" }, ""],
      ["mynet", { CNI_COMMAND: "" }, ""],
      ["mynet", {}, config({ cniVersion: "0.2.0" })],
      ["mynet", { CNI_NETNS: "" }, config(), 4],
      ["mynet", { CNI_NETNS: "/proc/self/ns/net" }, config(), 8],
      ["mynet", { CNI_COMMAND: "NOPE" }, config(), 4],
      ["mynet", {}, "{", 6],
      ["mynet", {}, config({ cniVersion: "9.9.9" }), 1],
      ["mynet", { CNI_COMMAND: "GC" }, config(), 1],
      ["mynet", {}, config({ prevResult: { cniVersion: "1.0.0", ips: "none" } }), 7],
      ["mynet", {}, config({ pad: "x".repeat(17 * 1024 * 1024) }), 5],
      ["denies", {}, config(), 103],
      ["traps", {}, config(), 999],
      ["changed", {}, config(), 50],
    ];

for (const shim of ["c", "sh"]) {
  test(`what is installed answers the same with and without a daemon: ${shim}`, async (context) => {
    const bin = await makeBin(context);
    await context.folder.write({ "changed.wasm": plugin({ ...RESULT, ips: [] }) });
    for (
      const [type, path] of [["mynet", "net"], ["denies", "denies"], ["traps", "traps"], [
        "changed",
        "changed",
      ]]
    ) {
      const args = ["--plugin", `${path}.wasm`, "--type", type!, "--shim", shim];
      const { code, stderr } = await install(context, bin, ...args);
      // A machine without a compiler has the other one.
      if (/there is no C compiler/.test(stderr)) return;
      assert.equal([code, stderr], [0, ""]);
    }
    const [copy] = await bundlesOf(join(bin, ".cofferdam"), "changed");
    await writeFile(copy!, plugin(RESULT));
    const all = () =>
      Promise.all(CALLS.map(([type, env, stdin]) => runShim(join(bin, type), { env, stdin })));
    const alone = await all();
    for (const [n, [type, env, stdin, code]] of CALLS.entries()) {
      const { code: exit, stdout } = alone[n]!;
      const shown = `${type} ${JSON.stringify(env)} ${stdin.slice(0, 80)}: ${stdout}`;
      assert.is(exit, code === undefined ? 0 : 1, shown);
      if (code !== undefined) assert.is(JSON.parse(stdout).code, code, shown);
    }
    assert.equal(JSON.parse(alone[0]!.stdout), RESULT);
    assert.match(alone[6]!.stderr, `CNI plugin mynet, WebAssembly run by cofferdam ${VERSION}\n`);
    const daemon = await startDaemon("--bin-dir", bin);
    assert.equal(await all(), alone);
    const { stderr, stdout, code } = await daemon.stop();
    assert.equal([stdout, code], ["", 0]);
    assert.match(stderr, /cannot serve "changed" in .* \[bundle\.digest-mismatch\]/);
    for (const type of ["mynet", "denies", "traps"]) assert.match(stderr, `serves "${type}" in`);
    // An end that was asked for is no interruption.
    assert.is(stderr.trimEnd().split("\n").at(-1), `cofferdam: listens in ${bin}`);
    assert.equal(
      (await readdir(join(bin, ".cofferdam"))).filter((name) => !/\.(json|wasm)$/.test(name)),
      [],
    );
  });
}

for (const shim of ["c", "sh"]) {
  test(`a folder, or nothing, on standard input is told: ${shim}`, async (context) => {
    const bin = await makeBin(context);
    const args = ["--plugin", "net.wasm", "--type", "mynet", "--shim", shim];
    const { code } = await install(context, bin, ...args);
    if (code !== 0) return;
    const path = join(bin, "mynet");
    for (const [stdinFrom, expected] of [[bin, 5], ["/dev/null", 6]] as const) {
      assert.is(JSON.parse((await runShim(path, { stdinFrom })).stdout).code, expected);
    }
    // A value that no text can be, as only a shell can set it.
    const odd = `CNI_ARGS=$(printf 'A=\\377') exec "${path}"`;
    const child = spawn("/bin/sh", ["-c", odd], {
      env: { ...ENVIRONMENT, PATH: "/usr/bin:/bin" },
      stdio: ["pipe", "pipe", "inherit"],
    });
    child.stdin.end(config());
    let stdout = "";
    for await (const chunk of child.stdout) stdout += chunk;
    assert.equal(JSON.parse(stdout), {
      code: 4,
      msg: "invalid CNI_ARGS",
      details: "it is not UTF-8",
    });
  });
}

test("a daemon sees what is installed, installed again and uninstalled", async (context) => {
  const bin = await makeBin(context);
  const args = (path: string) => ["--plugin", path, "--type", "mynet"];
  await install(context, bin, ...args("net.wasm"));
  const daemon = await startDaemon("--bin-dir", bin);
  const add = () => runShim(join(bin, "mynet"), { stdin: config() });
  assert.is((await add()).code, 0);
  assert.equal((await install(context, bin, ...args("denies.wasm"))).code, 0);
  assert.is(JSON.parse((await add()).stdout).code, 103);
  await install(context, bin, "--plugin", "net.wasm", "--type", "other");
  assert.is((await runShim(join(bin, "other"), { stdin: config() })).code, 0);
  await runCli(["uninstall", "cni", "--type", "mynet", "--bin-dir", bin]);
  assert.equal(await add().then(() => "ran", (error) => error.code), "ENOENT");
  await daemon.stop();
});

test("uninstall cni leaves nothing of a daemon that was killed", async (context) => {
  const bin = await makeBin(context);
  for (const type of ["a", "b"]) {
    await install(context, bin, "--plugin", "net.wasm", "--type", type);
  }
  const daemon = await startDaemon("--bin-dir", bin);
  await daemon.stop("SIGKILL");
  const uninstall = (type: string) =>
    runCli(["uninstall", "cni", "--type", type, "--bin-dir", bin]);
  const first = await uninstall("a");
  assert.equal([first.code, first.stderr], [0, ""]);
  assert.not.match(first.stdout, "daemon");
  const last = await uninstall("b");
  assert.equal([last.code, last.stderr], [0, ""]);
  assert.match(last.stdout, /removed .*\/daemon-[0-9a-f]{16}\nremoved .*\/\.cofferdam\/\n$/);
  assert.equal(await readdir(bin), []);
});

test("uninstall cni says what stays, and a daemon takes it away when it ends", async (context) => {
  const bin = await makeBin(context);
  const folder = join(bin, ".cofferdam");
  await install(context, bin, "--plugin", "net.wasm", "--type", "a");
  const daemon = await startDaemon("--bin-dir", bin);
  const mine = join(folder, "notes.txt");
  await writeFile(mine, "");
  const { code, stdout, stderr } = await runCli([
    "uninstall",
    "cni",
    "--type",
    "a",
    "--bin-dir",
    bin,
  ]);
  assert.is(code, 0);
  assert.not.match(stdout, "daemon");
  assert.match(stderr, /warn: kept .*\/daemon-[0-9a-f]{16}: a process listens there\n/);
  assert.match(stderr, `warn: kept ${mine}: it is not of an installed plugin\n`);
  await rm(mine);
  await daemon.stop();
  assert.equal(await readdir(bin), []);
});

test("a daemon without a folder, or with one that another serves, ends with 2", async (context) => {
  const bin = await makeBin(context);
  const none = await runCli(["cni", "serve", "--bin-dir", join(bin, "none")]);
  assert.is(none.code, 2);
  assert.match(none.stderr, /there is no such folder \[input\.not-found\]/);
  const daemon = await startDaemon("--bin-dir", bin);
  const second = await runCli(["cni", "serve", "--bin-dir", bin]);
  assert.is(second.code, 2);
  assert.match(second.stderr, /a process listens there \[output\.unwritable\]/);
  await daemon.stop();
});

test("cni call wants a configuration, and answers for one that cannot be used", async (context) => {
  for (const args of [[], ["a.json", "b.json"], ["plain.txt"]]) {
    const { code, stdout, stderr } = await runCli(["cni", "call", ...args]);
    assert.equal([code, stdout], [2, ""]);
    assert.match(stderr, /\[usage\.invalid\]/);
  }
  const bin = await makeBin(context);
  await install(context, bin, "--plugin", "net.wasm", "--type", "mynet");
  const path = join(bin, ".cofferdam", "mynet.json");
  await chmod(path, 0o644);
  const env = { CNI_COMMAND: "STATUS", CNI_PATH: "/" };
  const stdin = config({ cniVersion: "1.1.0" });
  const { code, stdout } = await runCli(["cni", "call", "--alone", path], { env, stdin });
  assert.equal([code, JSON.parse(stdout).details], [1, "trust.writable"]);
});

test.run();

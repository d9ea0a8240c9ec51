import { spawn, spawnSync } from "node:child_process";
import { chmod, chown, mkdir, rename, writeFile } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import process from "node:process";
import * as assert from "uvu/assert";
import { askDaemon, socketPath } from "../../src/cni/daemon-socket.ts";
import { GREETING } from "../../src/cni/frame.ts";
import { privateFolderOf } from "../../src/cni/installed-plugin.ts";
import { shimScript } from "../../src/cni/shim/script.ts";
import { CLI } from "../support/cli.ts";
import { leaveOut } from "../support/optional.ts";
import { suite } from "../support/suite.ts";
import { waitingAdd } from "./fake-network.ts";
import { callOf, CONFIG } from "./installation.ts";
import { runShim } from "./run-shim.ts";
import { compiled, ShimWorld, stop, withCompiler } from "./shim-world.ts";

// How a daemon is asked: by the executable in C, and by the command of the one in sh.

interface Context {
  world: ShimWorld;
}

const test = suite<Context>("daemon-socket", 60_000);
const testC = withCompiler(test);

test.before(async (context) => {
  context.world = await ShimWorld.make();
});
test.after(({ world }) => world.close());

const STDIN = JSON.stringify(CONFIG);

const RESULT = { cniVersion: "1.0.0", ips: [{ address: "10.1.0.5/16" }] };

/** As it is printed. */
const printed = (value: unknown) => JSON.stringify(value, null, 4);

testC("with a daemon it gives what that answers, to the byte", async ({ world }) => {
  const shim = await world.install();
  const { bin, executable } = shim;
  const daemon = await world.serve(shim, {
    add: ({ onLog }) => {
      onLog!({ level: "warn", message: "größe" });
      return RESULT;
    },
    check: () => ({ code: 103, msg: "größe", details: "x".repeat(9_000) }),
  });
  for (
    const [command, config] of [
      ["ADD", CONFIG],
      ["DEL", CONFIG],
      ["CHECK", CONFIG],
      ["VERSION", CONFIG],
      ["STATUS", { ...CONFIG, cniVersion: "1.1.0" }],
      ["GC", CONFIG],
      ["NOPE", CONFIG],
      ["ADD", { name: "%" }],
      ["ADD", { ...CONFIG, pad: "x".repeat(200_000) }],
    ] as const
  ) {
    const expected = await askDaemon(privateFolderOf(bin), callOf("mynet", command, { config }));
    const stdin = JSON.stringify(config);
    const env = { CNI_COMMAND: command };
    const { code, stdout, stderr } = await runShim(executable, { env, stdin });
    assert.equal({ exitCode: code, stdout, stderr }, expected, command);
  }
  await daemon.close();
  assert.is((await runShim(executable)).code, 7, "the daemon is gone");
});

testC(
  "standard input of any length and content reaches the daemon, or a bound",
  async ({ world }) => {
    const shim = await world.install();
    const { executable } = shim;
    const daemon = await world.serve(shim);
    for (
      const [stdin, code] of [
        ["", 6],
        ["{", 6],
        ['{"name":"a","type":"b"} \0', 6],
        [new Uint8Array([0xff]), 6],
        [`{"name":"${"a".repeat(300)}","type":"b"}`, undefined],
        [`{"name":"a","type":"b","pad":"${"x".repeat(8 * 1024 * 1024)}"}`, undefined],
        [`{"name":"a","type":"b","pad":"${"x".repeat(50 * 1024 * 1024)}"}`, 5],
      ] as const
    ) {
      const ran = await runShim(executable, { stdin });
      assert.is(ran.code === 0 ? undefined : JSON.parse(ran.stdout).code, code);
    }
    await daemon.close();
  },
);

for (
  const [name, streams, expected] of [
    ["is full", "2>/dev/full", [0, "", printed(RESULT)]],
    ["is closed", "2>&-", [0, "", printed(RESULT)]],
    ["has no reader", "2>&3", [0, "", printed(RESULT)]],
    ["and the other are closed", ">&- 2>&-", [0, "", ""]],
    ["is fine, but no answer can be written", ">/dev/full", [1, "mynet: info: joins\n", ""]],
  ] as const
) {
  testC(`an ADD that was done is told, where standard error ${name}`, async ({ world }) => {
    const shim = await world.install();
    await world.serve(shim, {
      add: ({ onLog }) => {
        onLog!({ level: "info", message: "joins" });
        return RESULT;
      },
    });
    const script =
      `mkfifo "$0.pipe" && exec 4<>"$0.pipe" 3>"$0.pipe" 4<&-; exec "$0" ${streams} 3>&-`;
    const by = ["/bin/sh", "-c", script];
    const { code, signal, stdout, stderr } = await runShim(shim.executable, { by, stdin: STDIN });
    assert.equal([signal, code, stderr, stdout], [null, ...expected]);
  });
}

testC("standard input that cannot be read is left to the command", async ({ world }) => {
  const shim = await world.install();
  const { bin, executable } = shim;
  const daemon = await world.serve(shim);
  const { code } = await runShim(executable, { stdinFrom: bin });
  assert.is(code, 7);
  await daemon.close();
});

testC("VERSION does not read standard input", async ({ world }) => {
  const shim = await world.install();
  const { executable } = shim;
  const daemon = await world.serve(shim);
  const child = spawn(executable, {
    env: { CNI_COMMAND: "VERSION" },
    stdio: ["pipe", "pipe", "ignore"],
  });
  // It stays open.
  const code = await new Promise((resolve) => child.on("exit", resolve));
  child.stdin!.destroy();
  assert.is(code, 0);
  await daemon.close();
});

/** What is wrong in an environment, and the exit code. */
const FAULTY: readonly (readonly [env: Record<string, string>, exitCode: number])[] = [
  [{ CNI_COMMAND: "" }, 0],
  [{ CNI_NETNS: "" }, 1],
  [{ CNI_CONTAINERID: "-a", CNI_PATH: "" }, 1],
  [{ CNI_CONTAINERID: "a/b" }, 1],
  [{ CNI_COMMAND: "DEL", CNI_IFNAME: "", CNI_PATH: "", CNI_NETNS: "" }, 1],
  [{ CNI_COMMAND: "DEL", CNI_IFNAME: "eth0123456789ab0" }, 1],
  [{ CNI_COMMAND: "CHECK", CNI_IFNAME: ".." }, 1],
  [{ CNI_COMMAND: "CHECK", CNI_IFNAME: "a:b" }, 1],
  [{ CNI_COMMAND: "CHECK", CNI_IFNAME: "a\u00a0b" }, 1],
  [{ CNI_COMMAND: "GC", CNI_PATH: "" }, 1],
  [{ CNI_COMMAND: "STATUS", CNI_PATH: "" }, 1],
];

for (const shim of ["c", "sh"]) {
  if (shim === "c" && compiled === undefined) continue;
  test(`what is wrong in the environment is told before standard input is read: ${shim}`, async ({ world }) => {
    const command = [CLI[0], ...CLI[1], "cni", "call"];
    const { bin, executable, configuration } = await world.install(command);
    if (shim === "sh") await writeFile(executable, shimScript([...command, configuration]));
    await world.serve({ bin, executable, configuration });
    await Promise.all(
      FAULTY.map(async ([env, exitCode]) => {
        const { code, stdout, stderr } = await runShim(executable, { env, keepsStdin: true });
        const expected = await askDaemon(
          privateFolderOf(bin),
          callOf("mynet", env["CNI_COMMAND"], { env }),
        );
        assert.equal({ exitCode: code, stdout, stderr }, expected, JSON.stringify(env));
        assert.is(code, exitCode);
      }),
    );
  });
}

testC("what is odd in the environment, and no error, is the daemon's", async ({ world }) => {
  const { executable, ...shim } = await world.install();
  await world.serve({ executable, ...shim });
  for (
    const env of [
      { CNI_CONTAINERID: "9_.-Az", CNI_IFNAME: "!~0123456789abc" },
      { CNI_COMMAND: "DEL", CNI_NETNS: "" },
      { CNI_COMMAND: "NOPE", CNI_CONTAINERID: "", CNI_PATH: "" },
      { CNI_COMMAND: "VERSION", CNI_CONTAINERID: "", CNI_PATH: "" },
      { CNI_COMMAND: "GC", CNI_CONTAINERID: "", CNI_NETNS: "", CNI_IFNAME: "" },
    ]
  ) assert.is.not((await runShim(executable, { env, stdin: STDIN })).code, 7, JSON.stringify(env));
});

testC("a runtime that kills it ends the call in the daemon", async ({ world }) => {
  const shim = await world.install();
  const { executable } = shim;
  const { answers, hasBegun, isGivenUp } = waitingAdd();
  const daemon = await world.serve(shim, answers);
  let kill!: () => void;
  const ran = runShim(executable, {
    stdin: STDIN,
    onStart: (child) => kill = () => void child.kill("SIGKILL"),
  });
  await hasBegun;
  kill();
  assert.is((await ran).signal, "SIGKILL");
  await isGivenUp;
  await daemon.close();
});

testC("what greets otherwise, or goes away before it has, is asked nothing", async ({ world }) => {
  const shim = await world.install();
  const { executable } = shim;
  for (const greeting of ["CNI2", "C", "", "HTTP/1.1 200 OK\r\n\r\n"]) {
    const heard: Uint8Array[] = [];
    const server = await world.pretend(shim, (socket) => {
      socket.on("data", (chunk: Uint8Array) => void heard.push(chunk));
      socket.write(greeting);
      if (greeting.length < 4) socket.end();
    });
    const { code, stdout } = await runShim(executable, { stdin: STDIN });
    assert.is(code, 7, greeting);
    assert.match(stdout, STDIN);
    assert.equal(heard, []);
    await stop(server);
  }
});

/** A program that listens at a path, with hardly a queue, and accepts nobody: its main thread stands still. */
const STOPPED = `require("node:net").createServer().listen(
  { path: process.argv[2], backlog: 1 },
  () => {
    require("node:fs").writeSync(1, "listens");
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  },
);`;

/** Connects until the queue of who listens there is full. */
async function fillQueue(path: string): Promise<Socket[]> {
  const waiting: Socket[] = [];
  while (true) {
    const socket = connect({ path });
    waiting.push(socket);
    const isFull = await new Promise<boolean>((resolve) => {
      socket.on("connect", () => resolve(false));
      socket.on("error", () => resolve(true));
    });
    if (isFull) return waiting;
  }
}

test("a daemon that stands still, its queue full, holds up nobody", async ({ world }) => {
  const shim = await world.install();
  await world.folder.write({ "stopped.cjs": STOPPED });
  const path = await socketPath(privateFolderOf(shim.bin));
  const run = "Deno" in globalThis ? ["run", "-A", "--quiet"] : [];
  const child = spawn(process.execPath, [...run, join(world.folder.path, "stopped.cjs"), path], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let waiting: Socket[] = [];
  let call: ReturnType<typeof spawn> | undefined;
  try {
    await new Promise((resolve) => child.stdout!.once("data", resolve));
    waiting = await fillQueue(path);
    assert.ok(waiting.length > 1);
    assert.is(await askDaemon(privateFolderOf(shim.bin), callOf("mynet")), undefined);
    if (compiled === undefined) return;
    const onStart = (started: ReturnType<typeof spawn>) => void (call = started);
    assert.is((await runShim(shim.executable, { stdin: STDIN, onStart })).code, 7);
  } finally {
    call?.kill("SIGKILL");
    for (const socket of waiting) socket.destroy();
    child.kill("SIGKILL");
  }
});

testC(
  "a daemon that goes away in the middle of a call is told, to be tried again",
  async ({ world }) => {
    const shim = await world.install();
    const { executable } = shim;
    for (
      const reply of [[], [0, 1, 2], [0, 0, 0, 0, 0, 9, 0, 0, 0, 65], [
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        65,
      ]]
    ) {
      const server = await world.pretend(shim, (socket) => {
        socket.write(GREETING);
        socket.once("data", () => socket.end(new Uint8Array(reply)));
      });
      const { code, stdout } = await runShim(executable, { stdin: STDIN });
      assert.is(code, 1);
      assert.equal(JSON.parse(stdout), {
        code: 11,
        msg: "the daemon went away before it had answered",
        details: "cni.daemon-lost",
      });
      await stop(server);
    }
  },
);

testC("a socket of another user is not asked, wherever it lies", async ({ world }) => {
  if (process.getuid!() !== 0) return;
  const shim = await world.install();
  const { bin, executable } = shim;
  const folder = join(world.folder.path, "theirs");
  await mkdir(folder);
  await chown(folder, 65_534, 65_534);
  await chmod(world.folder.path, 0o755);
  const script = `const { createServer } = require("node:net");
createServer((s) => { s.on("error", () => {}); s.write("CNI1"); s.once("data", () => s.end("stolen")); })
  .listen("${join(folder, "s")}", () => console.log("listens"));`;
  await writeFile(join(folder, "listen.cjs"), script);
  const run = "Deno" in globalThis ? ["run", "-A", "--quiet"] : [];
  const child = spawn(process.execPath, [...run, join(folder, "listen.cjs")], {
    uid: 65_534,
    gid: 65_534,
    cwd: folder,
    env: { HOME: folder, PATH: "/bin" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  try {
    await new Promise((resolve) => child.stdout!.once("data", resolve));
    await rename(join(folder, "s"), await socketPath(privateFolderOf(bin)));
    assert.is((await runShim(executable, { stdin: STDIN })).code, 7);
  } finally {
    child.kill("SIGKILL");
  }
});

/** How a process gets into other namespaces, in which a path may lead elsewhere. */
const ELSEWHERE: readonly (readonly string[])[] = [
  ["--net"],
  ["--mount"],
  ["--pid", "--fork", "--mount-proc"],
  ["--pid", "--fork"],
  ["--user", "--map-root-user"],
];

for (const flags of ELSEWHERE) {
  const name = flags.join(" ");
  if (spawnSync("unshare", [...flags, "true"]).status !== 0) {
    leaveOut(`a daemon and a call in other namespaces (unshare ${name})`, "it is not permitted");
    continue;
  }
  testC(`a call in other namespaces is not the daemon's: ${name}`, async ({ world }) => {
    const shim = await world.install();
    await world.serve(shim);
    const elsewhere = await runShim(shim.executable, { by: ["unshare", ...flags], stdin: STDIN });
    assert.is(elsewhere.code, 7);
    assert.is((await runShim(shim.executable, { stdin: STDIN })).code, 0);
  });
  test(`nor is one of the script: ${name}`, async ({ world }) => {
    const shim = await world.install();
    let asked = 0;
    await world.pretend(shim, (socket) => {
      asked++;
      socket.destroy();
    });
    const script = `${shim.bin}/script`;
    await writeFile(script, shimScript([CLI[0], ...CLI[1], "cni", "call", shim.configuration]));
    await chmod(script, 0o755);
    const elsewhere = await runShim(script, { by: ["unshare", ...flags], stdin: STDIN });
    // The plugin of this configuration is nowhere.
    assert.is(JSON.parse(elsewhere.stdout).code, 50);
    assert.is(asked, 0);
    await runShim(script, { stdin: STDIN });
    assert.is(asked, 1);
  });
}

/** Binds the whole tree once more, in mounts that nobody else sees, and becomes a program. */
const BIND = `mount --make-rprivate / && mount --rbind / "$0" && exec "$@"`;
const TWICE = ["unshare", "--mount", "/bin/sh", "-c", BIND];

if (spawnSync(TWICE[0]!, [TWICE[1]!, "true"]).status !== 0) {
  leaveOut("a daemon and a call under another root directory", "mounts are not permitted");
} else {
  testC("a call under another root directory is not the daemon's", async ({ world }) => {
    const { bin, executable } = await world.install();
    const root = join(world.folder.path, "root");
    await mkdir(root);
    const serve = [...TWICE, root, CLI[0], ...CLI[1], "cni", "serve", "--bin-dir", bin];
    const daemon = spawn(serve[0]!, serve.slice(1), { stdio: ["ignore", "pipe", "pipe"] });
    try {
      await new Promise<void>((resolve) => {
        let said = "";
        daemon.stderr.on("data", (chunk) => /listens in/.test(said += chunk) && resolve());
      });
      const enter = ["nsenter", `--mount=/proc/${daemon.pid}/ns/mnt`];
      const there = await runShim(executable, { by: enter, stdin: STDIN });
      // The plugin of this configuration is nowhere.
      assert.is(JSON.parse(there.stdout).code, 50);
      const by = [...enter, "chroot", root];
      assert.is((await runShim(executable, { by, stdin: STDIN })).code, 7);
    } finally {
      daemon.kill("SIGKILL");
    }
  });
}

test("askDaemon() says that a daemon has gone away in the middle of a call", async ({ world }) => {
  const shim = await world.install();
  await world.pretend(shim, (socket) => {
    socket.write(GREETING);
    socket.on("data", () => socket.end(new Uint8Array([0, 1, 2])));
  });
  const code = await askDaemon(privateFolderOf(shim.bin), callOf("mynet"))
    .then(() => "none", (error) => error.code);
  assert.is(code, "cni.daemon-lost");
});

test("askDaemon() asks nobody in a folder that others can look into", async ({ world }) => {
  const shim = await world.install();
  await world.serve(shim);
  const folder = privateFolderOf(shim.bin);
  const ask = () => askDaemon(folder, callOf("mynet"));
  await chmod(folder, 0o750);
  assert.is(await ask(), undefined);
  await chmod(folder, 0o700);
  assert.is((await ask())!.exitCode, 0);
});

test.run();

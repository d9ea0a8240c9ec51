import { spawn } from "node:child_process";
import {
  chmod,
  chown,
  copyFile,
  link,
  mkdir,
  open,
  readFile,
  rename,
  rm,
  symlink,
  writeFile,
} from "node:fs/promises";
import { createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import process from "node:process";
import * as assert from "uvu/assert";
import { compileShim } from "../../src/cni/compile.ts";
import { serveCni } from "../../src/cni/daemon.ts";
import { askDaemon, socketPath } from "../../src/cni/daemon-socket.ts";
import { CNI_VARIABLES } from "../../src/cni/environment.ts";
import { GREETING } from "../../src/cni/frame.ts";
import { installationPaths, privateFolderOf } from "../../src/cni/installed-plugin.ts";
import { CNI_ERROR_CODES } from "../../src/contract/cni-fault.ts";
import { LIMITS } from "../../src/limits.ts";
import { PluginError } from "../../src/plugin-error.ts";
import { makeFolder, type TestFolder } from "../support/folder.ts";
import { leaveOut } from "../support/optional.ts";
import { projectPath } from "../support/paths.ts";
import { suite } from "../support/suite.ts";
import { type FakeAnswers, fakeNetwork } from "./fake-network.ts";
import { callOf, CONFIG, ENVIRONMENT, INSTALLED, writeInstalled } from "./installation.ts";
import { ODD_ENVIRONMENT, runShim, RUNTIME_PATH, TELLS, told } from "./run-shim.ts";

interface Context {
  folder: TestFolder;
}

const test = suite<Context>("compile");

const compiled = await compileShim(new AbortController().signal);

/** A test of the executable in C. */
const testC: typeof test = ((name: string, run: (context: Context) => Promise<void>) => {
  if (compiled !== undefined) test(name, run);
}) as typeof test;

if (compiled === undefined) leaveOut("the executable in C", "there is no C compiler");

test.before(async (context) => {
  context.folder = await makeFolder();
  await context.folder.write({ tells: TELLS });
});
/** What a test that fails leaves open. */
const left: (() => Promise<unknown>)[] = [];
test.after(async ({ folder }) => {
  for (const close of left) await close();
  await folder.remove();
});

let made = 0;

/** A folder in which `mynet` is installed. */
async function install(
  { folder }: Context,
): Promise<{ bin: string; executable: string; configuration: string }> {
  const bin = join(folder.path, `bin${made++}`);
  await mkdir(bin);
  const command = ["/bin/sh", join(folder.path, "tells")];
  const configuration = await writeInstalled(bin, "mynet", { ...INSTALLED, command });
  const { executable } = installationPaths(bin, "mynet");
  await writeFile(executable, compiled!.bytes);
  await chmod(executable, 0o755);
  return { bin, executable, configuration };
}

const STDIN = JSON.stringify(CONFIG);

testC("without a daemon it becomes the command, with CNI_* and PATH alone", async (context) => {
  const { executable, configuration } = await install(context);
  const env = { ...ODD_ENVIRONMENT, CNI_NETNS_OVERRIDE: undefined };
  const ran = await runShim(executable, { env, stdin: STDIN });
  const variables = Object.entries({ ...ENVIRONMENT, ...ODD_ENVIRONMENT, PATH: RUNTIME_PATH });
  assert.equal(told(ran), {
    code: 7,
    args: ["--alone", configuration],
    environment: variables.map(([name, value]) => `${name}=${value}`).sort(),
    stdin: STDIN,
  });
});

async function serve(bin: string, answers: FakeAnswers = {}) {
  const daemon = await serveCni({
    binDirs: [bin],
    log: () => {},
    load: () => Promise.resolve({ network: fakeNetwork(answers), close: () => Promise.resolve() }),
  });
  left.push(() => daemon.close());
  return daemon;
}

const RESULT = { cniVersion: "1.0.0", ips: [{ address: "10.1.0.5/16" }] };

testC("with a daemon it gives what that answers, to the byte", async (context) => {
  const { bin, executable } = await install(context);
  const daemon = await serve(bin, {
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
      ["", CONFIG],
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
  const unset = await runShim(executable, { env: { CNI_COMMAND: undefined } });
  assert.equal([unset.code, unset.stdout], [0, ""]);
  await daemon.close();
  assert.is((await runShim(executable)).code, 7, "the daemon is gone");
});

testC(
  "standard input of any length and content reaches the daemon, or a bound",
  async (context) => {
    const { bin, executable } = await install(context);
    const daemon = await serve(bin);
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

testC("standard input that cannot be read is left to the command", async (context) => {
  const { bin, executable } = await install(context);
  const daemon = await serve(bin);
  const { code } = await runShim(executable, { stdinFrom: bin });
  assert.is(code, 7);
  await daemon.close();
});

testC("VERSION does not read standard input", async (context) => {
  const { bin, executable } = await install(context);
  const daemon = await serve(bin);
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

testC("a runtime that kills it ends the call in the daemon", async (context) => {
  const { bin, executable } = await install(context);
  let begun!: () => void;
  const hasBegun = new Promise<void>((resolve) => begun = resolve);
  let ended!: (what: string) => void;
  const hasEnded = new Promise<string>((resolve) => ended = resolve);
  const daemon = await serve(bin, {
    add: ({ signal }) => {
      begun();
      return new Promise((_, reject) => {
        signal!.addEventListener("abort", () => {
          ended("aborted");
          reject(new PluginError("call.aborted", "given up"));
        });
      });
    },
  });
  let kill!: () => void;
  const ran = runShim(executable, {
    stdin: STDIN,
    onStart: (child) => kill = () => void child.kill("SIGKILL"),
  });
  await hasBegun;
  kill();
  assert.is((await ran).signal, "SIGKILL");
  assert.is(await hasEnded, "aborted");
  await daemon.close();
});

/** What stands at the socket's path, and does with each client what it likes. */
async function pretend(bin: string, act: (socket: Socket) => void): Promise<Server> {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    act(socket);
  });
  const path = await socketPath(privateFolderOf(bin));
  await new Promise<void>((resolve) => server.listen({ path }, resolve));
  left.push(() => stop(server));
  return server;
}

async function stop(server: Server): Promise<void> {
  await new Promise((resolve) => server.close(resolve));
}

testC("what greets otherwise, or goes away before it has, is asked nothing", async (context) => {
  const { bin, executable } = await install(context);
  for (const greeting of ["CNI2", "C", "", "HTTP/1.1 200 OK\r\n\r\n"]) {
    const heard: Uint8Array[] = [];
    const server = await pretend(bin, (socket) => {
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

testC(
  "a daemon that goes away in the middle of a call is told, to be tried again",
  async (context) => {
    const { bin, executable } = await install(context);
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
      const server = await pretend(bin, (socket) => {
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

testC("a socket of another user is not asked, wherever it lies", async (context) => {
  if (process.getuid!() !== 0) return;
  const { bin, executable } = await install(context);
  const folder = join(context.folder.path, "theirs");
  await mkdir(folder);
  await chown(folder, 65_534, 65_534);
  await chmod(context.folder.path, 0o755);
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

for (
  const [name, spoil] of [
    ["a folder that others can look into", ({ bin }) => chmod(privateFolderOf(bin), 0o710)],
    ["a configuration that others can read", ({ configuration }) => chmod(configuration, 0o640)],
    ["a configuration that is a link", async ({ configuration }) => {
      await rename(configuration, `${configuration}.real`);
      await symlink(`${configuration}.real`, configuration);
    }],
    ["a configuration that is a folder", async ({ configuration }) => {
      await rm(configuration);
      await mkdir(configuration, { mode: 0o700 });
    }],
    ["no configuration", ({ configuration }) => rm(configuration)],
    ["no folder", ({ bin }) => rm(privateFolderOf(bin), { recursive: true })],
    ["a folder that is a link", async ({ bin }) => {
      await rename(privateFolderOf(bin), join(bin, "real"));
      await symlink(join(bin, "real"), privateFolderOf(bin));
    }],
    ["an empty configuration", ({ configuration }) => writeFile(configuration, "")],
    [
      "a configuration that begins otherwise",
      ({ configuration }) => writeFile(configuration, '{"plugin":{},"command":["/bin/true"]}'),
    ],
    [
      "a command with an escape",
      ({ configuration }) => writeFile(configuration, '{"command":["/bin/tr\\u0075e"]}'),
    ],
    [
      "a command that is cut",
      ({ configuration }) => writeFile(configuration, '{"command":["/bin/true"'),
    ],
    [
      "a command that is no list",
      ({ configuration }) => writeFile(configuration, '{"command":"/bin/true"}'),
    ],
    [
      "a command without an end",
      ({ configuration }) => writeFile(configuration, `{"command":[${'"a",'.repeat(1000)}`),
    ],
    [
      "a command that is not there",
      ({ configuration }) => writeFile(configuration, '{"command":["/none/\ttrue"]}'),
    ],
  ] as readonly [string, (paths: { bin: string; configuration: string }) => Promise<unknown>][]
) {
  testC(`it answers an error of CNI where there is ${name}`, async (context) => {
    const paths = await install(context);
    await spoil(paths);
    const { code, stdout, stderr } = await runShim(paths.executable, { stdin: STDIN });
    assert.equal([code, stderr], [1, ""]);
    const fault = JSON.parse(stdout);
    assert.is(fault.code, 50);
    assert.ok(fault.msg.length > 10 && typeof fault.details === "string", stdout);
  });
}

testC("a folder or a configuration of another user is not used", async (context) => {
  if (process.getuid!() !== 0) return;
  for (const which of ["folder", "configuration"] as const) {
    const { bin, executable } = await install(context);
    await chown(installationPaths(bin, "mynet")[which], 65_534, 65_534);
    const { code, stdout } = await runShim(executable, { stdin: STDIN });
    assert.equal([code, JSON.parse(stdout).details], [1, "trust.writable"], which);
  }
});

testC("it finds what lies beside it, by whatever name it is called", async (context) => {
  const { bin, executable, configuration } = await install(context);
  const elsewhere = join(context.folder.path, "elsewhere");
  await symlink(executable, elsewhere);
  assert.match((await runShim(elsewhere)).stdout, configuration);
  await copyFile(configuration, installationPaths(bin, "other").configuration);
  await link(executable, join(bin, "other"));
  assert.match((await runShim(join(bin, "other"))).stdout, "/other.json");
});

testC("it finds it also while it is being replaced", async (context) => {
  const { executable, configuration } = await install(context);
  const old = await open(executable, "r");
  await copyFile(executable, `${executable}.new`);
  await rename(`${executable}.new`, executable);
  const { stdout } = await runShim(`/proc/${process.pid}/fd/${old.fd}`);
  await old.close();
  assert.match(stdout, configuration);
});

testC("the executable in C is known to be ours", () => {
  const text = new TextDecoder("latin1").decode(compiled!.bytes);
  assert.match(text, "cofferdam-cni-shim");
});

test("the constants of the executable in C agree with ours", async () => {
  const source = await readFile(projectPath("src", "cni", "shim", "shim.c"), "utf8");
  const listed = /VARIABLES\[\] = \{([^}]*)\}/.exec(source)![1]!;
  assert.equal(listed.match(/CNI_[A-Z_]+/g), [...CNI_VARIABLES]);
  const [, mebibytes] = /#define MAX_STDIN \((\d+) \* 1024 \* 1024\)/.exec(source)!;
  assert.is(Number(mebibytes) * 2 ** 20, LIMITS.cniStdinBytes);
  for (
    const [name, value] of [
      ["TRY_AGAIN_LATER", CNI_ERROR_CODES.tryAgainLater],
      ["NOT_AVAILABLE", CNI_ERROR_CODES.notAvailable],
    ] as const
  ) assert.match(source, `${name} = ${value}`);
});

test.run();

import { type ChildProcess, spawn } from "node:child_process";
import { chmod, copyFile, readdir, readFile, stat } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import process from "node:process";
import * as assert from "uvu/assert";
import { CLI, plainEnvironment, runCli } from "../support/cli.ts";
import { askSocket } from "../support/docker.ts";
import { makeFolder, type TestFolder } from "../support/folder.ts";
import { answering, answeringEach, bundleOf } from "../support/guest.ts";
import { projectPath } from "../support/paths.ts";
import { suite } from "../support/suite.ts";

const test = suite<{ folder: TestFolder }>("cli/docker-serve");

const ANSWERS = {
  volume_create: "{}",
  volume_remove: "{}",
  volume_path: "{}",
  volume_mount: '{"mountpoint":"/srv/a"}',
  volume_unmount: "{}",
  volume_get: '{"error":{"code":"not-found","message":"no such volume"}}',
  volume_list: '{"volumes":[]}',
};
const DENY = JSON.stringify({
  allowed: false,
  reasons: [{ rule: "closed", severity: "error", message: "nobody may do anything" }],
});
const LOOP = answeringEach(ANSWERS).replace('(export "volume_mount")', '(export "other")').replace(
  /\)$/,
  '(func (export "volume_mount") (result i32) (loop $l (br $l)) (i32.const 0)))',
);
const VOLUME = { implements: [{ contract: "volume", version: 1 }] };

test.before(async (context) => {
  context.folder = await makeFolder();
  await context.folder.write({
    "vol.wasm": bundleOf(answeringEach(ANSWERS), { name: "vol", ...VOLUME }),
    "other.wasm": bundleOf(answeringEach(ANSWERS), { name: "other", ...VOLUME }),
    "loop.wasm": bundleOf(LOOP, { name: "loop", ...VOLUME }),
    "deny.wasm": bundleOf(answering(DENY), {
      name: "deny",
      implements: [{ contract: "admission", version: 1, kinds: ["docker.request"] }],
    }),
    "json.wasm": bundleOf(answering(DENY), { name: "json" }),
    "config.yaml": "waivers: []\n",
  });
});

test.after(({ folder }) => folder.remove());

/** A daemon that has said that it listens. */
interface Daemon {
  readonly child: ChildProcess;
  readonly line: string;
  readonly ended: Promise<{ code: number | null; signal: string | null; stderr: string }>;
}

async function start(folder: TestFolder, args: readonly string[]): Promise<Daemon> {
  const child = spawn(CLI[0], [...CLI[1], "docker", "serve", ...args], {
    cwd: folder.path,
    env: plainEnvironment(),
    stdio: ["ignore", "inherit", "pipe"],
  });
  let stderr = "";
  const ended = new Promise<Awaited<Daemon["ended"]>>((resolve) => {
    child.on("close", (code, signal) => resolve({ code, signal, stderr }));
  });
  const line = await new Promise<string>((resolve, reject) => {
    child.stderr!.on("data", (chunk) => {
      stderr += chunk;
      if (stderr.includes(" listens on ")) resolve(stderr);
    });
    void ended.then(() => reject(new Error(`it ended: ${stderr}`)));
  });
  return { child, line, ended };
}

const PLUGIN = ["--plugin", "vol.wasm"];

for (
  const [what, args, words] of [
    ["no plugin", [], /"--plugin" is missing/],
    ["an input", [...PLUGIN, "x"], /"x" is not wanted here/],
    ["a flag of check", [...PLUGIN, "--format", "json"], /"--format" is not known/],
    ["two volume drivers", [...PLUGIN, "--plugin", "other.wasm"], /both implement "volume"/],
    ["a plugin of another kind", ["--plugin", "json.wasm"], /implements admission \(json\)/],
    ["a name that is a path", [...PLUGIN, "--name", "../x"], /\[usage\.invalid\]/],
    ["TLS without a port", [...PLUGIN, "--tls-ca", "x"], /"--tls-ca" stands without "--tcp"/],
    ["a folder of files without a port", [...PLUGIN, "--spec-dir", "x"], /without "--tcp"/],
    ["a port alone", [...PLUGIN, "--tcp", "8080"], /no host and port/],
    ["any port", [...PLUGIN, "--tcp", "127.0.0.1:0"], /no host and port/],
    ["a port that is none", [...PLUGIN, "--tcp", "127.0.0.1:65536"], /no host and port/],
    [
      "a port and a socket",
      [...PLUGIN, "--tcp", "127.0.0.1:1", "--socket-dir", "x"],
      /beside "--tcp"/,
    ],
    [
      "half of TLS",
      [...PLUGIN, "--tcp", "127.0.0.1:1", "--tls-key", "x"],
      /"--tls-key" stands without "--tls-cert"/,
    ],
    ["what Docker shows, without TLS", [
      ...[...PLUGIN, "--tcp", "127.0.0.1:1", "--docker-cert", "x", "--docker-key", "x"],
    ], /"--docker-cert" stands without "--tls-cert"/],
    [
      "a file and none",
      [...PLUGIN, "--tcp", "127.0.0.1:1", "--no-spec", "--spec-dir", "x"],
      /beside "--no-spec"/,
    ],
    ["an open port without TLS", [...PLUGIN, "--tcp", "0.0.0.0:1", "--no-spec"], /loopback/],
  ] as const
) {
  test(`it refuses ${what}`, async ({ folder }) => {
    const { code, stdout, stderr } = await runCli(["docker", "serve", ...args], {
      cwd: folder.path,
    });
    assert.equal([code, stdout], [2, ""]);
    assert.match(stderr, words);
  });
}

test("it is a verb of two words, with help of its own", async ({ folder }) => {
  const cwd = folder.path;
  const help = await runCli(["docker", "serve", "--help"], { cwd });
  assert.is(help.code, 0);
  assert.match(help.stdout, "docker volume create -d");
  assert.match((await runCli(["docker", "sreve"], { cwd })).stderr, 'did you mean "docker serve"');
});

test("a configuration that others can write is refused", async ({ folder }) => {
  await chmod(join(folder.path, "config.yaml"), 0o666);
  const args = ["docker", "serve", ...PLUGIN, "--config", "config.yaml", "--socket-dir", "c"];
  const { code, stderr } = await runCli(args, { cwd: folder.path });
  assert.is(code, 2);
  assert.match(stderr, /\[trust\.writable\]/);
});

test("it says where it listens and as what, serves, and ends at SIGTERM without a trace", async ({ folder }) => {
  const args = [...PLUGIN, "--plugin", "deny.wasm", "--socket-dir", "run"];
  const { child, line, ended } = await start(folder, args);
  const path = join(folder.path, "run", "vol.sock");
  assert.is(line, `cofferdam: vol listens on unix://${path} as VolumeDriver, authz\n`);
  assert.is((await stat(path)).mode & 0o777, 0o600);
  assert.is((await askSocket(path, "VolumeDriver.Create", { Name: "a" })).status, 200);
  const asked = { RequestMethod: "GET", RequestUri: "/v1.41/info" };
  assert.equal((await askSocket(path, "AuthZPlugin.AuthZReq", asked)).body, {
    Allow: false,
    Msg: "nobody may do anything [closed]",
  });
  // Not by `child.kill`, after which Deno says that the signal ended it, whatever did.
  process.kill(child.pid!, "SIGTERM");
  assert.equal(await ended, { code: 0, signal: null, stderr: line });
  assert.equal(await readdir(join(folder.path, "run")), []);
});

test("a call that runs at SIGTERM comes to its end", async ({ folder }) => {
  const args = ["--plugin", "loop.wasm", "--timeout", "1500ms", "--fuel", "9000000000000000"];
  const { child, ended } = await start(folder, [...args, "--socket-dir", "term", "--name", "l"]);
  const path = join(folder.path, "term", "l.sock");
  const mount = askSocket(path, "VolumeDriver.Mount", { Name: "a", ID: "1" });
  // Behind it in the line: the driver is asked one thing after the other.
  const create = askSocket(path, "VolumeDriver.Create", { Name: "a" });
  // It has both: they were sent before.
  await askSocket(path, "Plugin.Activate");
  child.kill("SIGTERM");
  assert.match((await mount).body.Err as string, /\[sandbox\.timeout\]$/);
  assert.equal(await create, { status: 200, body: {} });
  await ended;
});

test("what a killed process left behind is replaced; what runs is not", async ({ folder }) => {
  const args = [...PLUGIN, "--socket-dir", "kill"];
  const path = join(folder.path, "kill", "vol.sock");
  const killed = await start(folder, args);
  killed.child.kill("SIGKILL");
  await killed.ended;
  assert.equal(await readdir(join(folder.path, "kill")), ["vol.sock"]);
  const { child, ended } = await start(folder, args);
  assert.is((await askSocket(path, "Plugin.Activate")).status, 200);
  const other = await runCli(["docker", "serve", ...args], { cwd: folder.path });
  assert.is(other.code, 2);
  assert.match(other.stderr, /a process listens there.*\[docker\.socket-in-use\]/);
  assert.is((await askSocket(path, "Plugin.Activate")).status, 200);
  process.kill(child.pid!, "SIGINT");
  assert.is((await ended).code, 0);
});

test("by TCP with TLS it writes the file that tells Docker, and removes it", async ({ folder }) => {
  await folder.write({ "tls/x": "" });
  for (const name of ["ca.pem", "server.pem", "server.key", "client.pem", "client.key"]) {
    await copyFile(projectPath("test", "fixture", "tls", name), join(folder.path, "tls", name));
    await chmod(join(folder.path, "tls", name), 0o600);
  }
  const { port, daemon: { child, line, ended } } = await startOnPort((port) =>
    start(folder, [
      ...[...PLUGIN, "--tcp", `127.0.0.1:${port}`, "--spec-dir", "spec"],
      ...["--tls-cert", "tls/server.pem", "--tls-key", "tls/server.key", "--tls-ca", "tls/ca.pem"],
      ...["--docker-cert", "tls/client.pem", "--docker-key", "tls/client.key"],
    ])
  );
  assert.match(line, `vol listens on https://127.0.0.1:${port} as VolumeDriver`);
  const spec = JSON.parse(await readFile(join(folder.path, "spec", "vol.json"), "utf8"));
  assert.equal([spec.Addr, spec.TLSConfig.KeyFile], [
    `https://127.0.0.1:${port}`,
    join(folder.path, "tls", "client.key"),
  ]);
  child.kill("SIGTERM");
  await ended;
  assert.equal(await readdir(join(folder.path, "spec")), []);
});

/** Starts one on a free port; on another, where somebody else was quicker. */
async function startOnPort(
  startOn: (port: number) => Promise<Daemon>,
): Promise<{ port: number; daemon: Daemon }> {
  for (;;) {
    const port = await freePort();
    try {
      return { port, daemon: await startOn(port) };
    } catch (error) {
      if (!(error as Error).message.includes("docker.socket-in-use")) throw error;
    }
  }
}

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

test.run();

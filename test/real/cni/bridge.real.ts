import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import * as assert from "uvu/assert";
import { COMMAND, denoPath } from "../../../scripts/project.ts";
import { runCommand } from "../../../scripts/run-command.ts";
import { CniRuntime } from "../../../src/cni/runtime.ts";
import type { CniResult1 } from "../../../src/contract/cni-result.ts";
import type { JsonObject } from "../../../src/json.ts";
import { PluginError } from "../../../src/plugin-error.ts";
import { type Ran, runShim } from "../../cni/run-shim.ts";
import { plainEnvironment } from "../../support/cli.ts";
import { attachmentOf, networkOf } from "../../support/cni-world.ts";
import { makeFolder, type TestFolder } from "../../support/folder.ts";
import { projectPath } from "../../support/paths.ts";
import { suite } from "../../support/suite.ts";
import { buildSource } from "../../support/typescript-plugin.ts";

interface Context {
  folder: TestFolder;
}

const test = suite<Context>("installed plugins, on both runtimes, with and without a daemon");

/** Gives an address for each container, and remembers whose it is. */
const POLICY = `import { CniError, network } from "cofferdam/guest";
const keyOf = ({ containerId, ifname }: { containerId: string; ifname: string }) => containerId + "/" + ifname;
export default network({
  add(request, host) {
    const { config, ifname, netns, args, prevResult, runtimeConfig } = request;
    if (config.name === "closed") throw new CniError(103, 'no container may join "closed"', args);
    if (config.name === "endless") {
      host.log.info("begins");
      for (;;);
    }
    if (prevResult !== undefined) return prevResult;
    for (let last = 2; last < 255; last++) {
      const key = "10.9.0." + last;
      // Looking is free, and swaps are counted.
      const holder = host.state.get(key) ?? host.state.swap(key, null, keyOf(request)).current;
      if (holder !== keyOf(request)) continue;
      host.log.info("gives an address", { last, runtimeConfig: runtimeConfig ?? null });
      return {
        cniVersion: "1.1.0",
        interfaces: [{ name: ifname, sandbox: netns, mtu: 1400 }],
        ips: [{ address: "10.9.0." + last + "/24", gateway: "10.9.0.1", interface: 0 }],
        dns: { search: ["größe.example"] },
      };
    }
    throw new CniError(101, "there is no address left");
  },
  check(request, host) {
    const { keys } = host.state.list();
    if (keys.every((key) => host.state.get(key) !== keyOf(request))) throw new CniError(102, "it has no address");
  },
  del(request, host) {
    for (const key of host.state.list().keys) {
      if (host.state.get(key) === keyOf(request)) host.state.delete(key);
    }
  },
});
`;

test.before(async (context) => {
  context.folder = await makeFolder();
  const { bytes } = await buildSource(POLICY, {
    manifest: {
      name: "addresses",
      implements: [{ contract: "network", version: 1 }],
      capabilities: ["state", "log"],
    },
  });
  await context.folder.write({ "addresses.wasm": bytes });
});

const running = new Set<ChildProcess>();
test.after(async ({ folder }) => {
  for (const child of running) child.kill("SIGKILL");
  await folder.remove();
});

type RuntimeName = "node" | "deno";

/** Not what npm has in its place, which hands on no signal. */
async function findDeno(): Promise<string> {
  const { output } = await runCommand(denoPath(), ["eval", "console.log(Deno.execPath())"]);
  return output.trim();
}

/** How the command is run on each runtime, whichever of them runs us. */
const CLI: Readonly<Record<RuntimeName, readonly [string, ...string[]]>> = {
  node: [
    "Deno" in globalThis ? "node" : process.execPath,
    COMMAND,
  ],
  deno: [
    "Deno" in globalThis ? process.execPath : await findDeno(),
    ...["run", "-A", "--quiet", projectPath("src", "cli", "main.ts")],
  ],
};

let made = 0;

interface Installed {
  readonly bin: string;
  readonly executable: string;
}

async function install(
  { folder }: Context,
  runtime: RuntimeName,
  shim: string,
): Promise<Installed> {
  const name = `${runtime}-${shim}-${made++}`;
  const bin = join(folder.path, name);
  await mkdir(bin);
  const [program, ...before] = CLI[runtime];
  const args = ["--plugin", "addresses.wasm", "--type", "addresses", "--bin-dir", bin];
  const state = [`--allow-state=${name}-state`, "--instance", "one"];
  // More than any call needs: what hangs is ended by the test.
  const bounds = ["--fuel", "1_000_000_000_000", "--timeout", "60s"];
  const { code, output } = await runCommand(
    program,
    [...before, "install", "cni", ...args, ...state, ...bounds, "--shim", shim],
    { cwd: folder.path },
  );
  assert.is(code, 0, output);
  return { bin, executable: join(bin, "addresses") };
}

interface RunningDaemon {
  /** Resolves once it has logged that. */
  logs(words: string): Promise<void>;
  stop(signal: NodeJS.Signals): Promise<void>;
}

async function startDaemon(runtime: RuntimeName, bin: string): Promise<RunningDaemon> {
  const [program, ...before] = CLI[runtime];
  const child = spawn(program, [...before, "cni", "serve", "--bin-dir", bin], {
    env: plainEnvironment() as Record<string, string>,
    stdio: ["ignore", "ignore", "pipe"],
  });
  running.add(child);
  let stderr = "";
  child.stderr!.on("data", (chunk) => stderr += chunk);
  const ended = new Promise<void>((resolve) => child.on("close", () => resolve()));
  const stop = async (signal: NodeJS.Signals) => {
    child.kill(signal);
    await ended;
    running.delete(child);
  };
  const logs = (words: string) =>
    new Promise<void>((resolve, reject) => {
      const look = () => stderr.includes(words) && resolve();
      child.stderr!.on("data", look);
      look();
      void ended.then(() => reject(new Error(stderr)));
    });
  await logs("listens in");
  return { logs, stop };
}

const CONFIG: JsonObject = { cniVersion: "1.0.0", name: "net", type: "addresses" };

/** One container's life, as runtimes have it, and what is wrong with some calls. */
const LIFE:
  readonly (readonly [command: string, config: JsonObject, env?: Record<string, string>])[] = [
    ["VERSION", {}],
    ["CHECK", { ...CONFIG, prevResult: { cniVersion: "1.0.0" } }],
    ["ADD", { ...CONFIG, runtimeConfig: { portMappings: [{ hostPort: 8080 }] } }],
    ["ADD", CONFIG],
    ["ADD", { ...CONFIG, cniVersion: "0.2.0" }, { CNI_CONTAINERID: "c2" }],
    ["ADD", { ...CONFIG, cniVersion: "0.4.0" }, { CNI_CONTAINERID: "c3" }],
    ["CHECK", { ...CONFIG, prevResult: { cniVersion: "1.0.0" } }],
    ["ADD", { ...CONFIG, prevResult: { cniVersion: "1.0.0", ips: [{ address: "fd00::2/64" }] } }],
    ["ADD", { ...CONFIG, name: "closed" }],
    ["ADD", { ...CONFIG, name: "te%%st" }],
    ["STATUS", { ...CONFIG, cniVersion: "1.1.0" }],
    ["GC", { ...CONFIG, cniVersion: "1.1.0", "cni.dev/valid-attachments": [] }],
    ["DEL", CONFIG, { CNI_CONTAINERID: "c2" }],
    ["DEL", CONFIG, { CNI_CONTAINERID: "c3", CNI_NETNS: "" }],
    ["DEL", CONFIG],
    ["DEL", CONFIG],
    ["DEL", CONFIG, { CNI_CONTAINERID: "never-there" }],
  ];

async function live({ executable }: Installed): Promise<Ran[]> {
  const all: Ran[] = [];
  for (const [command, config, env] of LIFE) {
    const stdin = JSON.stringify(config);
    all.push(await runShim(executable, { env: { CNI_COMMAND: command, ...env }, stdin }));
  }
  return all;
}

test("every kind of executable gives the same bytes, on Node and on Deno, alone and with a daemon", async (context) => {
  let first: Ran[] | undefined;
  for (const runtime of ["node", "deno"] as const) {
    for (const shim of ["c", "sh"]) {
      const installed = await install(context, runtime, shim);
      const alone = await live(installed);
      first ??= alone;
      assert.equal(alone, first, `${runtime}, ${shim}`);
      const daemon = await startDaemon(runtime, installed.bin);
      assert.equal(await live(installed), first, `${runtime}, ${shim}, with a daemon`);
      await daemon.stop("SIGTERM");
      const left = await readdir(join(installed.bin, ".cofferdam"));
      assert.equal(left.map((name) => name.replace(/[0-9a-f]{64}/, "*")), [
        "addresses.*.wasm",
        "addresses.json",
      ]);
    }
  }
  const codes = first!.map(({ code }) => code);
  assert.equal(codes, [0, 1, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0]);
  assert.equal(JSON.parse(first![4]!.stdout), {
    cniVersion: "0.2.0",
    ip4: { ip: "10.9.0.3/24", gateway: "10.9.0.1" },
    dns: { search: ["größe.example"] },
  });
  assert.match(first![2]!.stderr, 'addresses: info: gives an address {"last":2,"runtimeConfig":{');
  assert.equal(JSON.parse(first![8]!.stdout), {
    code: 103,
    msg: 'no container may join "closed"',
    details: "IgnoreUnknown=1;K8S_POD_NAME=wéb",
  });
});

test("a runtime in the manner of libcni attaches by it, and hears its words", async (context) => {
  const { bin } = await install(context, "Deno" in globalThis ? "deno" : "node", "c");
  const runtime = new CniRuntime({
    folders: [bin],
    cacheFolder: join(context.folder.path, "cache"),
  });
  const network = networkOf(["addresses", "addresses"]);
  const result = await runtime.add(network, attachmentOf("c1")) as CniResult1;
  assert.is(result.ips![0]!.address, "10.9.0.2/24");
  await runtime.check(network, attachmentOf("c1"));
  await runtime.del(network, attachmentOf("c1"));
  await runtime.del(network, attachmentOf("c1"));
  const closed = networkOf(["addresses"], { name: "closed" });
  const error = await runtime.add(closed, attachmentOf("c1")).then(() => undefined, (e) => e);
  assert.instance(error, PluginError);
  assert.match(error.message, 'no container may join "closed"');
});

test("containers that come at once, by daemon and alone, get an address each", async (context) => {
  const installed = await install(context, "Deno" in globalThis ? "deno" : "node", "c");
  const add = (n: number, command = "ADD") =>
    runShim(installed.executable, {
      env: { CNI_COMMAND: command, CNI_CONTAINERID: `c${n}` },
      stdin: JSON.stringify(CONFIG),
    });
  const alone = [0, 1, 2].map((n) => add(n));
  const daemon = await startDaemon("Deno" in globalThis ? "deno" : "node", installed.bin);
  const served = Array.from({ length: 50 }, (_, n) => add(n + 3));
  const all = await Promise.all([...alone, ...served]);
  const failed = all.filter(({ code }) => code !== 0);
  assert.equal(failed, []);
  const addresses = all.map(({ stdout }) => JSON.parse(stdout).ips[0].address);
  assert.is(new Set(addresses).size, 53);
  const gone = await Promise.all(all.map((_, n) => add(n, "DEL")));
  assert.ok(gone.every(({ code }) => code === 0));
  assert.is(JSON.parse((await add(99)).stdout).ips[0].address, "10.9.0.2/24");
  await daemon.stop("SIGTERM");
});

test("a daemon that is killed loses the call at hand alone, and what was kept is there", async (context) => {
  const runtime = "Deno" in globalThis ? "deno" : "node";
  const installed = await install(context, runtime, "c");
  const run = (command: string, name = "net") =>
    runShim(installed.executable, {
      env: { CNI_COMMAND: command },
      stdin: JSON.stringify({ ...CONFIG, name }),
    });
  const daemon = await startDaemon(runtime, installed.bin);
  const before = await run("ADD");
  const hanging = run("ADD", "endless");
  await daemon.logs("begins");
  await daemon.stop("SIGKILL");
  const { code, stdout } = await hanging;
  assert.equal([code, JSON.parse(stdout).code], [1, 11]);
  assert.equal(await run("ADD"), before, "without a daemon");
  const next = await startDaemon(runtime, installed.bin);
  assert.equal(await run("ADD"), before, "with the next one");
  assert.is((await run("DEL")).code, 0);
  await next.stop("SIGTERM");
});

test("what a call costs is told", async (context) => {
  const runtime = "Deno" in globalThis ? "deno" : "node";
  const rows: string[] = [];
  const measure = async (name: string, path: string, rounds: number) => {
    const times: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const started = performance.now();
      const { code } = await runShim(path, { stdin: JSON.stringify(CONFIG) });
      times.push(performance.now() - started);
      assert.is(code, 0);
    }
    times.sort((a, b) => a - b);
    const at = (part: number) => times[Math.floor(part * (times.length - 1))]!.toFixed(1);
    rows.push(`${name}: median ${at(0.5)} ms, 90 % ${at(0.9)} ms`);
  };
  await measure("/bin/true", "/bin/true", 100);
  for (const shim of ["c", "sh"]) {
    const { bin, executable } = await install(context, runtime, shim);
    const name = `ADD of the same container, ${shim}, ${runtime}`;
    await measure(`${name}, alone`, executable, 5);
    const daemon = await startDaemon(runtime, bin);
    await measure(`${name}, daemon`, executable, shim === "c" ? 100 : 5);
    await daemon.stop("SIGTERM");
  }
  process.stderr.write(`\n${rows.join("\n")}\n`);
});

test.run();

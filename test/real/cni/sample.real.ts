import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { copyFile, mkdir, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import * as assert from "uvu/assert";
import { builtPlugin } from "../../../scripts/build-plugins.ts";
import { StateStore } from "../../../src/capability/state-store.ts";
import type { CniResult1 } from "../../../src/contract/cni-result.ts";
import type { JsonObject, JsonValue } from "../../../src/json.ts";
import { runShim } from "../../cni/run-shim.ts";
import { CLI, runCli } from "../../support/cli.ts";
import { makeFolder, type TestFolder } from "../../support/folder.ts";
import { leaveOut } from "../../support/optional.ts";
import { suite } from "../../support/suite.ts";
import { missingRights, Namespaces, programOf } from "./namespace.ts";
import { type Answer, askProgram } from "./question.ts";
import { buildTools, tool } from "./tools.ts";

const SUITE = "the samples, installed, under libcni and over native plugins";
const test = suite(SUITE);

/** Where Debian's package containernetworking-plugins has them. */
const NATIVE = "/usr/lib/cni";

const missing = !existsSync(join(NATIVE, "portmap"))
  ? `there are no plugins in ${NATIVE} (Debian: containernetworking-plugins)`
  : await missingRights() ?? await buildTools();
if (missing !== undefined) leaveOut(SUITE, missing);

function real(name: string, run: () => Promise<void>): void {
  if (missing === undefined) test(name, run);
}

const BRIDGE = "cofferdam1";

/** What the operator of the network says. */
const POLICY = {
  networks: {
    web: {
      containers: ["shop/web-*"],
      subnets: ["10.88.78.0/24"],
      ports: ["18081"],
      delegate: { type: "bridge", bridge: BRIDGE, isGateway: true, ipMasq: true },
      ipam: { type: "wasm-ipam" },
    },
    // Two addresses, of which the gateway's is one.
    tight: {
      containers: ["*/*"],
      subnets: ["10.88.79.0/30"],
      delegate: { type: "bridge", bridge: BRIDGE },
      ipam: { type: "host-local" },
    },
  },
};

/** How a container is asked for. */
interface Wanted {
  readonly network?: string;
  readonly pod?: string;
  readonly capabilityArgs?: JsonObject;
  readonly args?: readonly (readonly [string, string])[];
  readonly valid?: readonly { readonly containerID: string; readonly ifname: string }[];
}

/** A host of its own, with the samples installed. */
class World implements AsyncDisposable {
  readonly namespaces: Namespaces;
  readonly #folder: TestFolder;
  #daemon: { child: ChildProcess; ended: Promise<unknown> } | undefined;
  /** What the daemon logged. */
  log = "";

  private constructor(namespaces: Namespaces, folder: TestFolder) {
    this.namespaces = namespaces;
    this.#folder = folder;
  }

  static async make(cniVersion: string, ...containers: string[]): Promise<World> {
    const world = new World(await Namespaces.make(...containers), await makeFolder());
    await world.#install(cniVersion);
    return world;
  }

  async #install(cniVersion: string): Promise<void> {
    const { path } = this.#folder;
    const bin = join(path, "bin");
    await mkdir(bin);
    // Those of Debian speak no version with STATUS and GC.
    const from = cniVersion === "1.1.0" ? tool("current") : NATIVE;
    for (const name of ["bridge", "host-local"]) await copyFile(join(from, name), join(bin, name));
    const plugins: JsonValue = [
      { type: "policy-network", capabilities: { portMappings: true, ips: true } },
      ...(cniVersion === "1.1.0" ? [] : [{
        type: "portmap",
        capabilities: { portMappings: true },
      }]),
      { type: "audit-network", capabilities: { portMappings: true } },
    ];
    const dataDir = join(path, "addresses");
    const { web, tight } = POLICY.networks;
    const policy = { networks: { web, tight: { ...tight, ipam: { ...tight.ipam, dataDir } } } };
    const ranges = [[{ subnet: tight.subnets[0]! }]];
    const native = { ...tight.delegate, ipam: { ...tight.ipam, dataDir, ranges } };
    const list = (name: string, all: JsonValue) =>
      JSON.stringify({ cniVersion, name, plugins: all });
    await this.#folder.write({
      "policy.yaml": JSON.stringify(policy),
      "net.d/10-web.conflist": list("web", plugins),
      "net.d/20-tight.conflist": list("tight", [plugins[0]!]),
      "net.d/30-native.conflist": list("native", [native]),
    });
    const state = `--allow-state=${join(path, "state")}`;
    const delegate = [
      "--allow-delegate=bridge,host-local,wasm-ipam",
      ...[`--delegate-path=${bin}`, "--delegate-netns=/run/netns"],
    ];
    for (
      const [type, ...flags] of [
        ["wasm-ipam", "--instance", "ipam", state],
        ["audit-network"],
        ...[["policy-network", "--instance", "policy", state, ...delegate]].map((all) => [
          ...all,
          ...["--settings", join(path, "policy.yaml"), "--timeout", "60s"],
        ]),
      ] as [string, ...string[]][]
    ) {
      const args = ["--plugin", builtPlugin(type), "--type", type, "--bin-dir", bin, ...flags];
      const { code, stderr } = await runCli(["install", "cni", ...args]);
      assert.is(code, 0, stderr);
    }
  }

  /** Where a sample is installed. */
  executable(type: string): string {
    return join(this.#folder.path, "bin", type);
  }

  /** Has libcni do it, as a process in the host's namespace. */
  async ask(verb: string, id: string, wanted: Wanted = {}): Promise<Answer> {
    const { network = "web", pod = "web-1", capabilityArgs = {}, args = [], valid } = wanted;
    const { path } = this.#folder;
    return await askProgram(this.namespaces.commandIn("host", tool("driver")), {
      ...{ verb, confDir: join(path, "net.d"), network },
      path: [join(path, "bin"), NATIVE],
      cacheDir: join(path, "cache"),
      container: {
        containerID: id,
        netNS: this.namespaces.pathOf(id),
        ifName: "eth0",
        args: [
          ["IgnoreUnknown", "1"],
          ["K8S_POD_NAMESPACE", "shop"],
          ["K8S_POD_NAME", pod],
          ...args,
        ],
        capabilityArgs,
      },
      ...(valid === undefined ? {} : { valid }),
    });
  }

  /** The same; fails where it fails. */
  async do(verb: string, id: string, wanted?: Wanted): Promise<CniResult1> {
    const { error, result } = await this.ask(verb, id, wanted);
    assert.is(error, undefined);
    return (result ?? {}) as unknown as CniResult1;
  }

  /** Removes what libcni remembers of a container. */
  async forget(id: string): Promise<void> {
    await rm(join(this.#folder.path, "cache", "results", `web-${id}-eth0`));
  }

  /** What the plugins remember of containers: keys of their states. */
  async kept(): Promise<string[]> {
    const keys: string[] = [];
    for (const instance of ["ipam", "policy"]) {
      const store = await StateStore.open(
        join(this.#folder.path, "state", instance, "state.sqlite"),
      );
      keys.push(...(await store.list({ prefix: "", limit: 1_000 })).keys);
      await store.close();
    }
    return keys.filter((key) => !key.startsWith("c/"));
  }

  /** What is left of containers in the host: links, and rules. */
  async remains(): Promise<string[]> {
    const links = await this.namespaces.links("host");
    const rules = await this.namespaces.in("host", "iptables-save");
    return [
      ...links.filter((link) => link !== BRIDGE),
      ...rules.split("\n").filter((rule) => /10\.88\.78\.\d+\/32/.test(rule)),
    ];
  }

  /** Starts the daemon in the host's namespace, where executables look for it. */
  async startDaemon(): Promise<void> {
    const [program, ...args] = this.namespaces.commandIn(
      "host",
      ...[CLI[0], ...CLI[1], "cni", "serve", "--bin-dir", join(this.#folder.path, "bin")],
    );
    const child = spawn(program, args, { stdio: ["ignore", "ignore", "pipe"] });
    const ended = new Promise((resolve) => child.on("close", resolve));
    this.#daemon = { child, ended };
    await new Promise<void>((resolve, reject) => {
      child.stderr!.on("data", (chunk) => {
        this.log += chunk;
        if (/listens in/.test(this.log)) resolve();
      });
      void ended.then(() => reject(new Error(this.log)));
    });
  }

  async stopDaemon(signal: NodeJS.Signals): Promise<void> {
    this.#daemon?.child.kill(signal);
    await this.#daemon?.ended;
    this.#daemon = undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stopDaemon("SIGKILL");
    await this.namespaces[Symbol.asyncDispose]();
    await this.#folder.remove();
  }
}

const addressOf = ({ ips }: CniResult1): string => ips![0]!.address;
const publishing = (hostPort: number): Wanted => ({
  capabilityArgs: { portMappings: [{ hostPort, containerPort: 8080, protocol: "tcp" }] },
});

for (const withDaemon of [false, true]) {
  real(
    `containers join a network as its policy says, ${withDaemon ? "by a daemon" : "alone"}`,
    async () => {
      await using world = await World.make("1.0.0", "c1", "c2");
      const { namespaces } = world;
      if (withDaemon) await world.startDaemon();
      const first = await world.do("add", "c1", publishing(18081));
      const second = await world.do("add", "c2", { pod: "web-2" });
      assert.equal([addressOf(first), addressOf(second)], ["10.88.78.2/24", "10.88.78.3/24"]);
      const shown = await namespaces.in("c1", "ip", "-4", "-brief", "address");
      assert.match(shown, /eth0\S* +UP +10\.88\.78\.2\/24/);
      assert.is(await namespaces.start("c1", "talk", "serve", "8080"), "ready\n");
      const say = (from: string, host: string, port: string) =>
        namespaces.in(from, ...programOf("talk"), "say", host, port, "hello");
      assert.is(await say("c2", "10.88.78.2", "8080"), "heard: hello\n");
      assert.is(await say("host", "127.0.0.1", "18081"), "heard: hello\n");

      for (const id of ["c1", "c2", "c1"]) await world.do("del", id);
      assert.equal(await world.remains(), []);
      assert.equal(await world.kept(), []);
      if (!withDaemon) return;
      await world.stopDaemon("SIGTERM");
      assert.match(world.log, /audit-network: joins \{"network":"web","container":"c1"/);
      assert.match(world.log, /audit-network: leaves \{"network":"web","container":"c2"/);
    },
  );
}

real("what the policy does not allow is refused, in its own words", async () => {
  await using world = await World.make("1.0.0", "c1");
  await world.startDaemon();
  for (
    const [wanted, code, words] of [
      [{ pod: "db" }, 101, '"shop/db" may not join the network "web"'],
      [publishing(22), 103, "the port 22/tcp of the host may not be published"],
      [{ args: [["IP", "10.88.79.5"]] }, 102, "an address may only come from 10.88.78.0/24"],
      [{ capabilityArgs: { ips: ["10.88.79.5/24"] } }, 102, "an address may only come from"],
    ] as readonly [Wanted, number, string][]
  ) {
    const answer = await world.ask("add", "c1", wanted);
    assert.is(answer.code, code, answer.error);
    assert.match(answer.error!, words);
    await world.do("del", "c1", wanted);
  }
  const asked = await world.do("add", "c1", { args: [["IP", "10.88.78.77"]] });
  assert.is(addressOf(asked), "10.88.78.77/24");
  await world.do("del", "c1");
  assert.equal([await world.remains(), await world.kept()], [[], []]);
});

for (const withDaemon of [false, true]) {
  real(
    `what a native plugin refuses is refused in its words, ${withDaemon ? "by a daemon" : "alone"}`,
    async () => {
      await using world = await World.make("1.0.0", "c1", "c2");
      if (withDaemon) await world.startDaemon();
      const refusals: Answer[] = [];
      for (const network of ["native", "tight"]) {
        await world.do("add", "c1", { network });
        refusals.push(await world.ask("add", "c2", { network }));
        for (const id of ["c1", "c2"]) await world.do("del", id, { network });
      }
      const [native, ours] = refusals as [Answer, Answer];
      assert.match(native.error!, "no IP addresses available in range set: 10.88.79.1-10.88.79.2");
      assert.equal(
        { ...ours, error: ours.error!.replace('"policy-network"', '"bridge"') },
        native,
      );
      assert.equal([await world.remains(), await world.kept()], [[], []]);
    },
  );
}

/** Results of another plugin, with what CNI does not know, and with what is nothing. */
const ODD_RESULTS: readonly JsonObject[] = [
  {
    cniVersion: "1.0.0",
    interfaces: [{ name: "eth0", mac: "", vendor: 1, sandbox: "/run/netns/x" }],
    ips: [{ address: "10.1.0.5/16", interface: 0, version: "4", vendor: { a: [null] } }],
    routes: [{ dst: "0.0.0.0/0", vendor: true }],
    dns: { nameservers: ["10.1.0.1"], vendor: "x" },
    ip4: { ip: "10.1.0.6/16" },
    vendor: { a: 1 },
  },
  {
    cniVersion: "1.0.0",
    interfaces: null,
    ips: [{ address: "10.1.0.5/16", gateway: "", interface: null }],
    routes: [{ dst: "0.0.0.0/0", gw: null }],
    dns: null,
  },
  { cniVersion: "0.4.0", ips: [{ version: "4", address: "10.1.0.5/16", vendor: 1 }], vendor: 1 },
];

real("a chained plugin reads odd results as Go's do, and hands on the same", async () => {
  await using world = await World.make("1.0.0", "c1");
  const env = {
    ...{ CNI_COMMAND: "ADD", CNI_CONTAINERID: "c1", CNI_IFNAME: "eth0", CNI_PATH: NATIVE },
    CNI_NETNS: world.namespaces.pathOf("c1"),
  };
  for (const prevResult of ODD_RESULTS) {
    const { cniVersion } = prevResult;
    const [native, ours] = await Promise.all(
      [join(NATIVE, "tuning"), world.executable("audit-network")].map(async (path) => {
        const type = basename(path);
        const stdin = JSON.stringify({ cniVersion, name: "web", type, prevResult });
        const { code, stdout } = await runShim(path, { env, stdin });
        assert.is(code, 0, stdout);
        const { dns, ...result } = JSON.parse(stdout);
        return Object.keys(dns ?? {}).length === 0 ? result : { ...result, dns };
      }),
    );
    assert.equal(ours, native);
  }
});

real(
  "a daemon that is killed while a container joins leaves nothing that DEL does not find",
  async () => {
    await using world = await World.make("1.0.0", "c1", "c2");
    await world.startDaemon();
    await world.do("add", "c1");
    const joining = world.ask("add", "c2", { pod: "web-2" });
    await world.stopDaemon("SIGKILL");
    // Whether it was early enough is not ours to say: either way DEL undoes it.
    await joining;
    for (const id of ["c1", "c2"]) await world.do("del", id);
    assert.equal([await world.remains(), await world.kept()], [[], []]);
  },
);

real("STATUS and GC reach the samples, and GC removes what is not valid", async () => {
  await using world = await World.make("1.1.0", "c1", "c2");
  await world.startDaemon();
  await world.do("status", "c1");
  for (const id of ["c1", "c2"]) await world.do("add", id);
  await world.do("gc", "c1", { valid: [{ containerID: "c2", ifname: "eth0" }] });
  assert.equal(await world.namespaces.links("c1"), []);
  assert.equal(await world.namespaces.links("c2"), ["eth0"]);
  assert.ok((await world.kept()).every((key) => !key.includes("c1/eth0")));
  await world.do("gc", "c1", { valid: [] });
  assert.equal([await world.remains(), await world.kept()], [[], []]);
});

real("GC has a container leave whole that libcni does not know any more", async () => {
  await using world = await World.make("1.1.0", "c1", "c2");
  for (const id of ["c1", "c2"]) await world.do("add", id);
  // As where an ADD failed, or was killed, behind this plugin.
  await world.forget("c1");
  await world.do("gc", "c1", { valid: [{ containerID: "c2", ifname: "eth0" }] });
  assert.equal(await world.namespaces.links("c1"), []);
  assert.equal((await world.remains()).filter((line) => line.includes("10.88.78.2/32")), []);
  await world.do("add", "c1");
  await world.forget("c1");
  // Nor a container whose namespace is gone.
  await world.namespaces.remove("c1");
  await world.do("gc", "c2", { valid: [{ containerID: "c2", ifname: "eth0" }] });
  assert.ok((await world.kept()).every((key) => !key.includes("c1/eth0")));
  await world.do("del", "c2");
  assert.equal(await world.kept(), []);
});

test.run();

import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import * as assert from "uvu/assert";
import type { CniResult1 } from "../../../src/contract/cni-result.ts";
import type { JsonObject, JsonValue } from "../../../src/json.ts";
import { makeFolder, type TestFolder } from "../../support/folder.ts";
import { leaveOut } from "../../support/optional.ts";
import { readLineOf, writeScript } from "../../support/process-fixture.ts";
import { suite } from "../../support/suite.ts";
import { buildSource } from "../../support/typescript-plugin.ts";
import { missingRights, Namespaces, programOf } from "./namespace.ts";
import { type Answer, askProgram, type Question } from "./question.ts";
import { buildTools, tool } from "./tools.ts";

// "(cni N)" in a test's name is the number of a behaviour of libcni; see test/cni/README.md.

const test = suite("native plugins under CniRuntime");

/** Where Debian's package containernetworking-plugins has them. */
const NATIVE = "/usr/lib/cni";

const missing = !existsSync(join(NATIVE, "bridge"))
  ? `there are no plugins in ${NATIVE} (Debian: containernetworking-plugins)`
  : await missingRights() ?? await buildTools();
if (missing !== undefined) leaveOut("native plugins under CniRuntime", missing);

function real(name: string, run: () => Promise<void>): void {
  if (missing === undefined) test(name, run);
}

/** A host of its own with containers, a cache and configurations, all of which end with it. */
class World implements AsyncDisposable {
  readonly namespaces: Namespaces;
  readonly folder: TestFolder;

  private constructor(namespaces: Namespaces, folder: TestFolder) {
    this.namespaces = namespaces;
    this.folder = folder;
  }

  static async make(...containers: string[]): Promise<World> {
    return new World(await Namespaces.make(...containers), await makeFolder());
  }

  /** Writes a network's configuration; `@` stands for the world's folder. */
  async network(plugins: readonly JsonObject[], more: JsonObject = {}): Promise<void> {
    const list = { cniVersion: "1.0.0", name: "net", ...more, plugins: plugins as JsonValue };
    const text = JSON.stringify(list).replaceAll("@", this.folder.path);
    await this.folder.write({ "net.d/10-net.conflist": text });
  }

  question(verb: string, id: string, more: Partial<Question> = {}): Question {
    const { path } = this.folder;
    return {
      ...{ verb, confDir: join(path, "net.d"), network: "net", path: [path, NATIVE] },
      cacheDir: join(path, "cache"),
      container: { containerID: id, netNS: this.namespaces.pathOf(id), ifName: "eth0", ...PORTS },
      ...more,
    };
  }

  /** Has our runtime do it, as a process in the host's namespace. */
  async ask(verb: string, id: string, more: Partial<Question> = {}): Promise<Answer> {
    const driver = this.namespaces.commandIn("host", ...programOf("own-driver"));
    return await askProgram(driver, this.question(verb, id, more));
  }

  /** The same; fails where it fails. */
  async do(verb: string, id: string, more: Partial<Question> = {}): Promise<JsonObject> {
    const { error, result } = await this.ask(verb, id, more);
    assert.is(error, undefined);
    return (result ?? {}) as JsonObject;
  }

  /** What is left of containers: links of the host, rules with their names, addresses, the cache. */
  async remains(...ids: string[]): Promise<string[]> {
    const rules = await this.namespaces.in("host", "iptables-save");
    const addresses = await readdir(join(this.folder.path, "ipam", "net")).catch(() => []);
    const cache = await readdir(join(this.folder.path, "cache", "results")).catch(() => []);
    const links = await this.namespaces.links("host");
    return [
      ...links.filter((link) => link !== BRIDGE),
      ...rules.split("\n").filter((rule) => ids.some((id) => rule.includes(`"${id}`))),
      ...rules.split("\n").filter((rule) => /10\.88\.77\.\d+\/32/.test(rule)),
      ...addresses.filter((name) => name.startsWith("10.")),
      ...cache,
    ];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.namespaces[Symbol.asyncDispose]();
    await this.folder.remove();
  }
}

const BRIDGE = "cofferdam0";
const PORTS = {
  capabilityArgs: { portMappings: [{ hostPort: 18080, containerPort: 8080, protocol: "tcp" }] },
};
const bridge = (more: JsonObject = {}): JsonObject => ({
  ...{ type: "bridge", bridge: BRIDGE, isGateway: true, ipMasq: true, hairpinMode: true },
  ipam: {
    ...{ type: "host-local", dataDir: "@/ipam", routes: [{ dst: "0.0.0.0/0" }] },
    ranges: [[{ subnet: "10.88.77.0/24", ...more }]],
  },
});
const portmap = { type: "portmap", capabilities: { portMappings: true } };
const firewall = { type: "firewall" };
const tuning = { type: "tuning", sysctl: { "net.core.somaxconn": "517" } };

const addressOf = (result: JsonObject) =>
  (result as unknown as CniResult1).ips![0]!.address.split("/")[0]!;

real(
  "bridge, portmap, firewall and tuning attach containers, and leave nothing behind",
  async () => {
    await using world = await World.make("c1", "c2");
    const { namespaces } = world;
    await world.network([bridge(), portmap, firewall, tuning]);
    assert.equal(await world.do("validate", "c1"), ["portMappings"] as never);
    const first = await world.do("add", "c1");
    const second = await world.do("add", "c2", {
      container: { containerID: "c2", netNS: namespaces.pathOf("c2"), ifName: "eth0" },
    });
    assert.is(first["cniVersion"], "1.0.0");
    assert.equal([addressOf(first), addressOf(second)], ["10.88.77.2", "10.88.77.3"]);
    const shown = await namespaces.in("c1", "ip", "-4", "-brief", "address");
    assert.match(shown, /eth0\S* +UP +10\.88\.77\.2\/24/);
    const somaxconn = await namespaces.in("c1", "cat", "/proc/sys/net/core/somaxconn");
    assert.is(somaxconn.trim(), "517");

    assert.is(await namespaces.start("c1", "talk", "serve", "8080"), "ready\n");
    const say = (from: string, host: string, port: string) =>
      namespaces.in(from, ...programOf("talk"), "say", host, port, "hello");
    assert.is(await say("c2", "10.88.77.2", "8080"), "heard: hello\n");
    assert.is(await say("host", "127.0.0.1", "18080"), "heard: hello\n");

    for (let time = 0; time < 2; time++) {
      for (const id of ["c1", "c2"]) await world.do("del", id);
    }
    assert.equal(await world.remains("c1", "c2"), []);
    assert.equal(await namespaces.links("c1"), []);
  },
);

real("native plugins check what they made (cni 21)", async () => {
  await using world = await World.make("c1");
  // Debian's portmap cannot check a container that has no address of IPv6.
  await world.network([bridge(), firewall, tuning]);
  await world.do("add", "c1");
  await world.do("check", "c1");
  await world.namespaces.in("c1", "ip", "route", "del", "default");
  assert.match((await world.ask("check", "c1")).error!, /bridge" failed at CHECK: /);
  await world.do("del", "c1");
  assert.equal(await world.remains("c1"), []);
});

real("loopback brings the loopback up", async () => {
  await using world = await World.make("c1");
  await world.network([{ type: "loopback" }]);
  const result = await world.do("add", "c1", {
    container: { containerID: "c1", netNS: world.namespaces.pathOf("c1"), ifName: "lo" },
  });
  assert.is(addressOf(result), "127.0.0.1");
  assert.match(await world.namespaces.in("c1", "ip", "-brief", "link"), /lo +UNKNOWN/);
});

const POLICY = `import { CniError, network } from "cofferdam/guest";
export default network({
  add: ({ containerId, config, prevResult }) => {
    if (containerId === config.refuse) {
      throw new CniError(101, "policy: " + containerId + " may not join " + config.name);
    }
    const before = (prevResult ?? {}) as any;
    return { ...before, dns: { nameservers: [String(config.server)] } };
  },
  del: () => {},
});
`;

real("a bundle stands before and behind native plugins, and refuses in its own words", async () => {
  await using world = await World.make("c1", "c2");
  const { bytes } = await buildSource(POLICY, {
    manifest: { implements: [{ contract: "network", version: 1 }] },
  });
  await writeFile(join(world.folder.path, "policy.wasm"), bytes);
  const policy = (more: JsonObject) => ({ type: "policy", server: "10.0.0.53", ...more });
  await world.network([policy({ refuse: "c2" }), bridge(), policy({}), firewall]);
  const result = await world.do("add", "c1");
  assert.equal([addressOf(result), result["dns"]], ["10.88.77.2", { nameservers: ["10.0.0.53"] }]);
  await world.do("check", "c1");
  const refused = await world.ask("add", "c2");
  assert.equal([refused.code, refused.msg], [101, "policy: c2 may not join net"]);
  assert.equal(await world.namespaces.links("c2"), []);
  // Behind the others, the refusal leaves a container that is attached in part, which DEL undoes.
  await world.network([bridge(), firewall, policy({ refuse: "c2" })]);
  assert.is((await world.ask("add", "c2")).code, 101);
  assert.equal(await world.namespaces.links("c2"), ["eth0"]);
  for (const id of ["c1", "c2"]) await world.do("del", id);
  assert.equal(await world.remains("c1", "c2"), []);
});

real("GC undoes what a killed runtime left in the middle (cni 24)", async () => {
  await using world = await World.make("c1", "c2");
  const hang = await writeScript(world.folder, "hang", 'echo $$ >"$0.pid"; exec sleep 1000');
  await world.network([bridge(), firewall]);
  await world.do("add", "c2");
  await world.network([bridge(), firewall, { type: "hang" }]);
  const [program, ...args] = world.namespaces.commandIn("host", ...programOf("own-driver"));
  const child = spawn(program, args, { stdio: ["pipe", "ignore", "inherit"] });
  const ended = new Promise((resolve) => child.once("close", resolve));
  child.stdin!.end(JSON.stringify(world.question("add", "c1")));
  const pid = Number(await readLineOf(`${hang}.pid`));
  child.kill("SIGKILL");
  await ended;
  process.kill(-pid, "SIGKILL");
  assert.equal(await world.namespaces.links("c1"), ["eth0"]);
  await world.network([bridge(), firewall]);
  await world.do("gc", "c1", { valid: [{ containerID: "c2", ifname: "eth0" }] });
  assert.equal(await world.namespaces.links("c1"), []);
  const cache = await readdir(join(world.folder.path, "cache", "results"));
  assert.equal(cache, ["net-c2-eth0"]);
  const addresses = await readdir(join(world.folder.path, "ipam", "net"));
  assert.equal(addresses.filter((name) => name.startsWith("10.")), ["10.88.77.2"]);
  await world.do("gc", "c1", { valid: [] });
  assert.equal(await world.remains("c1", "c2"), []);
});

real(
  "processes that race for addresses get each another one, and no more than there are",
  async () => {
    const ids = ["c1", "c2", "c3", "c4", "c5", "c6"];
    await using world = await World.make(...ids);
    await world.network([bridge({ rangeStart: "10.88.77.10", rangeEnd: "10.88.77.14" })]);
    const answers = await Promise.all(ids.map((id) => world.ask("add", id)));
    const given = answers.filter(({ error }) => error === undefined)
      .map(({ result }) => addressOf(result as JsonObject)).sort();
    assert.equal(given, [10, 11, 12, 13, 14].map((last) => `10.88.77.${last}`));
    const [full] = answers.filter(({ error }) => error !== undefined);
    assert.match(full!.error!, /no IP addresses available/);
    await Promise.all(ids.map((id) => world.do("del", id)));
    assert.equal(await world.remains(...ids), []);
  },
);

real("plugins of version 1.1.0 say their status, and clean up (cni 24, 25)", async () => {
  await using world = await World.make("c1");
  await world.network([bridge()], { cniVersion: "1.1.0" });
  const path = [tool("current")];
  const act = (verb: string, more: Partial<Question> = {}) =>
    world.ask(verb, "c1", { path, ...more });
  assert.equal(await act("status"), {});
  const added = await act("add");
  assert.is(addressOf(added.result as JsonObject), "10.88.77.2");
  assert.equal(await act("gc", { valid: [{ containerID: "c1", ifname: "eth0" }] }), {});
  assert.equal(await world.namespaces.links("c1"), ["eth0"]);
  assert.equal(await act("gc", { valid: [] }), {});
  assert.equal(await world.remains("c1"), []);
  // Debian's plugins end at 1.0.0.
  assert.match(
    (await world.ask("validate", "c1")).error!,
    /does not support the CNI version 1\.1\.0/,
  );
  assert.match((await world.ask("status", "c1")).error!, /bridge" failed at STATUS: /);
});

test.run();

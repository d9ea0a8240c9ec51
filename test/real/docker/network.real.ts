import { createHash } from "node:crypto";
import { readFile, realpath, writeFile } from "node:fs/promises";
import * as assert from "uvu/assert";
import { builtPlugin } from "../../../scripts/build-plugins.ts";
import { runCli } from "../../support/cli.ts";
import { leaveOut } from "../../support/optional.ts";
import { projectPath } from "../../support/paths.ts";
import { suite } from "../../support/suite.ts";
import type { Bridge } from "./bridge.ts";
import { Daemon, IMAGE } from "./daemon.ts";
import { missingDocker, pathOf } from "./missing.ts";

interface Context {
  daemon: Daemon;
  /** `veth-net`, called `links`. */
  links: Bridge;
  /** `pool-ipam`, called `pools`. */
  pools: Bridge;
}

const TITLE = "networks of a Docker daemon";
const test = suite<Context>(TITLE);

const missing = await missingDocker();
if (missing !== undefined) leaveOut(TITLE, missing);

test.before(async (context) => {
  if (missing !== undefined) return;
  const daemon = context.daemon = await Daemon.start();
  const settings = daemon.path("pools.yaml");
  await writeFile(settings, "addressSpaces: { local: [{ supernet: 10.232.0.0/16 }] }\n");
  context.pools = await daemon.bridge({
    name: "pools",
    args: [
      ...["--plugin", builtPlugin("pool-ipam"), "--instance", "pools", "--settings", settings],
      ...[`--allow-state=${daemon.path("state")}`, "--record", daemon.path("pools.jsonl")],
    ],
  });
  const args = ["--plugin", builtPlugin("veth-net"), "--config", await configure(daemon)];
  const record = ["--record", daemon.path("links.jsonl")];
  context.links = await daemon.bridge({ name: "links", args: [...args, ...record] });
});

test.after(async ({ daemon }) => await daemon?.stop());

const real: typeof test = ((name: string, run: (context: Context) => Promise<void>) => {
  if (missing === undefined) test(name, run);
}) as typeof test;

/** The configuration that the plugin's README shows, for this machine, with its lock. */
async function configure(daemon: Daemon): Promise<string> {
  const readme = await readFile(projectPath("wasm-plugins", "veth-net", "README.md"), "utf8");
  const yaml = /```yaml\n([^]*?)```/.exec(readme)![1]!;
  const ip = await realpath((await pathOf("ip"))!);
  const digest = createHash("sha256").update(await readFile(ip)).digest("hex");
  const path = daemon.path("links.yaml");
  await writeFile(
    path,
    yaml.replaceAll(/0{64}/g, digest)
      .replace("/usr/bin/ip", ip)
      .replace("path: veth-net.wasm", `path: ${builtPlugin("veth-net")}`)
      .replace("/var/lib/cofferdam", daemon.path("state")),
  );
  const locked = await runCli(["lock", "--config", path]);
  assert.is(locked.code, 0, locked.stderr);
  return path;
}

interface InspectedNetwork {
  readonly Driver: string;
  readonly IPAM: { readonly Driver: string; readonly Config: readonly Record<string, string>[] };
  readonly Options: Record<string, string>;
}

async function inspect(daemon: Daemon, network: string): Promise<InspectedNetwork> {
  return JSON.parse(await daemon.done(["network", "inspect", network]))[0];
}

/** The subnet that a network was given. */
async function subnetOf(daemon: Daemon, network: string): Promise<string> {
  return (await inspect(daemon, network)).IPAM.Config[0]!["Subnet"]!;
}

const run = (network: string, ...command: string[]) => [
  ...["run", "--rm", "--network", network, IMAGE, ...command],
];

real("network create with options and a subnet, and run in it", async ({ daemon }) => {
  const create = [
    "network",
    "create",
    "-d",
    "links",
    "-o",
    "mtu=1400",
    "--subnet",
    "10.231.1.0/24",
  ];
  await daemon.done([...create, "--gateway", "10.231.1.9", "net1"]);
  const { Driver, IPAM, Options } = await inspect(daemon, "net1");
  assert.equal([Driver, IPAM.Driver, Options], ["links", "default", { mtu: "1400" }]);
  assert.equal(IPAM.Config, [{ Subnet: "10.231.1.0/24", Gateway: "10.231.1.9" }]);

  const addresses = await daemon.done(run("net1", "/bin/ip", "addr", "show", "eth0"));
  assert.match(addresses, /mtu 1400/);
  assert.match(addresses, /inet 10\.231\.1\.\d+\/24/);
  assert.match(
    await daemon.done(run("net1", "/bin/ip", "route")),
    /default via 10\.231\.1\.9 dev eth0/,
  );
  await daemon.done(run("net1", "/bin/ping", "-c", "1", "-W", "5", "10.231.1.9"));
  await daemon.done(["network", "rm", "net1"]);
});

real("two containers reach each other, in a network that outlives its plugins", async (context) => {
  const { daemon, links, pools } = context;
  await daemon.done(["network", "create", "-d", "links", "--ipam-driver", "pools", "net2"]);
  const server = await daemon.done(
    ["run", "-d", "--network", "net2"].concat(IMAGE, "/bin/sleep", "1000"),
  );
  const format = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}";
  const address = await daemon.done(["inspect", "-f", format, server]);
  assert.match(address, /^10\.232\.\d+\.\d+$/);
  for (const bridge of [links, pools]) {
    await bridge.kill();
    await bridge.restart();
  }
  const ping = await daemon.done(run("net2", "/bin/ping", "-c", "1", "-W", "5", address));
  assert.match(ping, /1 packets received/);
  // Still taken.
  await daemon.done(["network", "create", "-d", "links", "--ipam-driver", "pools", "net3"]);
  assert.not.equal(await subnetOf(daemon, "net3"), await subnetOf(daemon, "net2"));
  const other = await daemon.done(run("net2", "/bin/ip", "addr", "show", "eth0"));
  assert.not.match(other, new RegExp(`inet ${address}/`));
  await daemon.done(["rm", "-f", server]);
  await daemon.done(["network", "rm", "net2", "net3"]);
});

real("pool-ipam gives pools again that were given back", async ({ daemon }) => {
  const make = async (...more: string[]) => {
    await daemon.done([
      "network",
      "create",
      "-d",
      "links",
      "--ipam-driver",
      "pools",
      ...more,
      "net4",
    ]);
    const subnet = await subnetOf(daemon, "net4");
    await daemon.done(["network", "rm", "net4"]);
    return subnet;
  };
  const subnet = await make();
  assert.is(await make(), subnet);
  assert.match(await make("--ipam-opt", "prefixLength=28"), /\/28$/);
  assert.is(await make("--subnet", "10.232.77.0/25"), "10.232.77.0/25");
});

real("what a driver refuses is refused in its words", async ({ daemon }) => {
  const create = ["network", "create", "-d", "links"];
  await daemon.fails([...create, "-o", "vlan=5", "net5"], 1, /vlan/);
  const pools = [...create, "--ipam-driver", "pools"];
  await daemon.done([...pools, "--subnet", "10.232.9.0/24", "net5"]);
  await daemon.fails([...pools, "--subnet", "10.232.9.128/25", "net6"], 1, /overlap/i);
  // A port cannot be published.
  const published = ["run", "--rm", "-p", "8080:80", "--network", "net5", IMAGE, "/bin/true"];
  const { code, stderr } = await daemon.docker(published);
  assert.is(code, 125);
  assert.match(stderr, /port/);
  await daemon.done(["network", "rm", "net5"]);
});

real(
  "nothing is left of networks that were removed, and no gateway bridge was made",
  async (context) => {
    const left = await context.daemon.inside("ip", ["-o", "link"]);
    assert.not.match(left, /cf[bvc]-|docker_gwbridge|veth/);
  },
);

real("a swarm asks the drivers for their capabilities again", async ({ daemon }) => {
  const asked = async (file: string, entry: string) =>
    (await readFile(daemon.path(file), "utf8")).split("\n")
      .filter((line) => line.includes(`"${entry}"`)).length;
  const count = async () => [
    await asked("links.jsonl", "netdriver_get_capabilities"),
    await asked("pools.jsonl", "ipam_get_capabilities"),
  ];
  const before = await count();
  assert.ok(before.every((n) => n > 0), before.join());
  await daemon.done(
    ["swarm", "init", "--advertise-addr", "127.0.0.1"].concat("--listen-addr", "127.0.0.1:2377"),
  );
  try {
    const create = ["network", "create", "-d", "links", "--ipam-driver", "pools"];
    await daemon.done([...create, "net7"]);
    const after = await count();
    assert.ok(after.every((n, i) => n > before[i]!), `${before} ${after}`);
    await daemon.done(["network", "rm", "net7"]);
    // Docker itself takes no such plugin for a network of the swarm.
    await daemon.fails([...create, "--scope", "swarm", "net8"], 1, /not supported in swarm mode/);
  } finally {
    await daemon.done(["swarm", "leave", "--force"]);
  }
});

test.run();

import { createHash } from "node:crypto";
import * as assert from "uvu/assert";
import type { CniResult1 } from "../../../src/contract/cni-result.ts";
import { leaveOut } from "../../support/optional.ts";
import { suite } from "../../support/suite.ts";
import { Machine, missingMachine, type Ran } from "./machine.ts";
import { programOf } from "./namespace.ts";
import { buildTools, tool } from "./tools.ts";

const SUITE = "installed plugins under cnitool, over native plugins of version 1.1.0";
const test = suite(SUITE);

const missing = await missingMachine() ?? await buildTools();
if (missing !== undefined) leaveOut(SUITE, missing);

/** Native plugins, and folders before them in which a test puts its own. */
const [NATIVE, BEFORE] = ["/opt/native", "/opt/before"];

const POLICY = `networks:
  web:
    containers: [c1, c2, shop/web-*]
    subnets: [10.88.71.0/24]
    ports: ["18080"]
    delegate: { type: bridge, bridge: web0, isGateway: true, ipMasq: true, hairpinMode: true }
`;

const PORTS = { portMappings: true };
const WEB = {
  cniVersion: "1.1.0",
  name: "web",
  plugins: [
    { type: "policy-network", capabilities: PORTS },
    { type: "portmap", capabilities: PORTS },
    { type: "firewall" },
    { type: "audit-network", capabilities: PORTS },
  ],
};
const IPAM = {
  cniVersion: "1.1.0",
  name: "ipam",
  plugins: [
    {
      ...{ type: "bridge", bridge: "ipam0", isGateway: true, ipMasq: true },
      ipam: {
        type: "wasm-ipam",
        ranges: [[{ subnet: "10.88.72.0/24", rangeStart: "10.88.72.10" }]],
        routes: [{ dst: "0.0.0.0/0" }],
      },
    },
    { type: "firewall" },
    { type: "audit-network" },
  ],
};

let machine: Machine;

test.before(async () => {
  if (missing !== undefined) return;
  machine = await Machine.make();
  await machine.sh(`cp -r ${tool("current")} ${NATIVE}; mkdir ${BEFORE}`);
  await machine.write({
    "/etc/cni/net.d/10-web.conflist": WEB,
    "/etc/cni/net.d/20-ipam.conflist": IPAM,
  });
  const state = "--allow-state=/var/lib/cofferdam";
  const delegate = `--allow-delegate=bridge,host-local --delegate-path=${BEFORE}:${NATIVE} ` +
    "--delegate-netns=/run/netns";
  await machine.install("policy-network", {
    settings: POLICY,
    flags: ["--instance", "policy", state, ...delegate.split(" "), "--timeout", "60s"],
  });
  await machine.install("wasm-ipam", { flags: ["--instance", "ipam", state] });
  await machine.install("audit-network");
});

test.after(() => machine?.[Symbol.asyncDispose]());

/** A test that finds a machine with two containers and no daemon, and leaves nothing on it. */
function real(name: string, run: () => Promise<void>): void {
  if (missing !== undefined) return;
  test(name, async () => {
    // Addresses begin anew.
    await machine.sh("rm -rf /var/lib/cni");
    for (const one of ["c1", "c2"]) {
      await machine.sh(`ip netns add ${one}; ip -n ${one} link set lo up`);
    }
    try {
      await run();
      assert.equal(await remains(), []);
    } finally {
      await machine.stopAll();
      for (const one of ["c1", "c2"]) await machine.sh(`ip netns del ${one}`);
    }
  });
}

const netnsOf = (name: string) => `/run/netns/${name}`;

/** What cnitool calls a container. */
const idOf = (name: string) =>
  `cnitool-${createHash("sha512").update(netnsOf(name)).digest("hex").slice(0, 20)}`;

const environment = (more: Readonly<Record<string, string>> = {}) => ({
  NETCONFPATH: "/etc/cni/net.d",
  CNI_PATH: `/opt/cni/bin:${NATIVE}`,
  CNI_ARGS: "IgnoreUnknown=1;K8S_POD_NAMESPACE=shop;K8S_POD_NAME=web-1",
  ...more,
});

const PUBLISHED = {
  CAP_ARGS: JSON.stringify({
    portMappings: [{ hostPort: 18080, containerPort: 8080, protocol: "tcp" }],
  }),
};

function cnitool(
  [verb, network, name]: readonly [verb: string, network: string, name: string],
  more: Readonly<Record<string, string>> = {},
): Promise<Ran> {
  return machine.run(tool("cnitool"), [verb, network, netnsOf(name)], environment(more));
}

/** The same; fails where it fails. */
async function well(...args: Parameters<typeof cnitool>): Promise<string> {
  const { code, stdout, stderr } = await cnitool(...args);
  assert.is(code, 0, `${args[0].join(" ")}: ${stdout}${stderr}`);
  return stdout;
}

async function add(...args: Parameters<typeof cnitool>): Promise<string> {
  const result = JSON.parse(await well(...args)) as CniResult1;
  assert.is(result.cniVersion, "1.1.0");
  return result.ips![0]!.address;
}

/** What containers have left on a machine; the bridges stay. */
async function remains(): Promise<string[]> {
  const files = await machine.files("/var/lib/cni");
  const ofIpam = await machine.run("ip", ["-brief", "link"]);
  return [
    ...files.filter((file) => !/\/(lock|last_reserved_ip\.0)$/.test(file)),
    ...ofIpam.stdout.split("\n").filter((line) => line.startsWith("veth")),
    ...await machine.rules(/cnitool-|10\.88\.7\d\.\d+\/32/),
  ];
}

for (const isServed of [false, true]) {
  const how = isServed ? "by a daemon" : "alone";

  real(`a policy before native plugins and an audit behind them, ${how}`, async () => {
    const daemon = isServed ? await machine.serve() : undefined;
    await well(["status", "web", "c1"]);
    assert.is(await add(["add", "web", "c1"], PUBLISHED), "10.88.71.2/24");
    assert.is(await add(["add", "web", "c2"]), "10.88.71.3/24");
    await well(["check", "web", "c2"]);
    const server = ["netns", "exec", "c1", ...programOf("talk"), "serve", "8080"];
    await (await machine.start("ip", server)).says("ready");
    const say = [...programOf("talk"), "say"] as [string, ...string[]];
    const inC2 = ["netns", "exec", "c2", ...say, "10.88.71.2", "8080", "hello"];
    assert.is(await machine.do("ip", inC2), "heard: hello");
    const published = [...say.slice(1), "127.0.0.1", "18080", "hello"];
    assert.is(await machine.do(say[0], published), "heard: hello");

    const lines = await machine.rules(new RegExp(`${idOf("c1")}|10\\.88\\.71\\.2/32`));
    assert.ok(lines.length > 0);
    for (let time = 0; time < 2; time++) {
      for (const name of ["c1", "c2"]) await well(["del", "web", name], PUBLISHED);
    }
    assert.equal(await remains(), []);
    await daemon?.says("audit-network: joins {");
    await daemon?.says('"addresses":["10.88.71.2/24"],"ports":[{');
    await daemon?.says("audit-network: leaves {");
  });

  real(`what the policy refuses is told in its words, ${how}`, async () => {
    if (isServed) await machine.serve();
    const refused = async (more: Readonly<Record<string, string>>) => {
      const { code, stdout, stderr } = await cnitool(["add", "web", "c1"], more);
      assert.equal([code, stdout], [1, ""]);
      await well(["del", "web", "c1"], more);
      assert.equal(await remains(), []);
      return stderr;
    };
    assert.match(
      await refused({ CNI_ARGS: "IgnoreUnknown=1;K8S_POD_NAMESPACE=shop;K8S_POD_NAME=db-1" }),
      'plugin type="policy-network" failed (add): "shop/db-1" may not join the network "web"',
    );
    assert.match(
      await refused({
        CAP_ARGS: JSON.stringify({ portMappings: [{ hostPort: 22, containerPort: 22 }] }),
      }),
      "the port 22/tcp of the host may not be published; those that may are 18080",
    );
  });
}

real("a native bridge has its addresses from wasm-ipam, and GC takes them back", async () => {
  assert.is(await add(["add", "ipam", "c1"]), "10.88.72.10/24");
  const daemon = await machine.serve();
  assert.is(await add(["add", "ipam", "c2"]), "10.88.72.11/24");
  for (const name of ["c1", "c2"]) await well(["check", "ipam", name]);
  const server = ["netns", "exec", "c1", ...programOf("talk"), "serve", "8080"];
  await (await machine.start("ip", server)).says("ready");
  const say = [...programOf("talk"), "say", "10.88.72.10", "8080", "hello"];
  assert.is(await machine.do("ip", ["netns", "exec", "c2", ...say]), "heard: hello");
  await well(["gc", "ipam", "c1"]);
  assert.equal(await remains(), []);
  // One that is given again was given back.
  const wanted = { CNI_ARGS: "IgnoreUnknown=1;IP=10.88.72.10" };
  assert.is(await add(["add", "ipam", "c2"], wanted), "10.88.72.10/24");
  await well(["del", "ipam", "c2"], wanted);
  assert.equal(await remains(), []);
  await daemon.stop("SIGTERM");
});

real("STATUS says what is not there", async () => {
  await machine.sh(`mv ${NATIVE}/bridge /run/bridge`);
  const { code, stderr } = await cnitool(["status", "web", "c1"]);
  await machine.sh(`mv /run/bridge ${NATIVE}/bridge`);
  assert.is(code, 1);
  assert.match(stderr, 'Cannot find plugin "bridge" in the granted folders');
});

/** A bridge that hangs once it has attached a container. */
const HANGS = `#!/bin/sh
[ "$CNI_COMMAND" = ADD ] || exec ${NATIVE}/bridge
${NATIVE}/bridge >/run/attached && echo $$ >/run/hangs
exec sleep 1000
`;

for (const victim of ["cnitool", "shim", "daemon"] as const) {
  real(`a kill -9 of the ${victim} in the middle of ADD leaves what DEL undoes`, async () => {
    await machine.write({ [`${BEFORE}/bridge`]: HANGS });
    await machine.sh(`chmod +x ${BEFORE}/bridge; rm -f /run/hangs`);
    const daemon = victim === "daemon" ? await machine.serve() : undefined;
    const args = [tool("cnitool"), "add", "web", netnsOf("c1")];
    const ended = await machine.start(args[0]!, args.slice(1), environment());
    await machine.until("[ -s /run/hangs ]");
    assert.equal((await machine.links()).filter((name) => name.startsWith("veth")).length, 1);
    if (victim === "daemon") {
      await daemon!.stop("SIGKILL");
      await ended.says("the daemon went away before it had answered");
    } else if (victim === "shim") {
      const pid = await machine.sh(`cat /proc/${ended.pid}/task/*/children`);
      await machine.do("kill", ["-9", pid.trim()]);
      await ended.says("signal: killed");
    } else await ended.stop("SIGKILL");
    await machine.sh(`kill -9 $(cat /run/hangs) || true; rm ${BEFORE}/bridge`);
    assert.ok((await remains()).length > 0);
    await well(["del", "web", "c1"]);
    assert.equal(await remains(), []);
    assert.is(await add(["add", "web", "c1"]), "10.88.71.3/24");
    await well(["gc", "web", "c1"]);
    assert.equal(await remains(), []);
  });
}

test.run();

import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import * as assert from "uvu/assert";
import { leaveOut } from "../../support/optional.ts";
import { suite } from "../../support/suite.ts";
import { Machine, missingMachine, type Ran, type Running } from "./machine.ts";
import { NATIVE, writeRootfs } from "./podman.ts";

const SUITE = "installed plugins under containerd";
const test = suite(SUITE);

const missing = !existsSync(`${NATIVE}/bridge`)
  ? `there are no plugins in ${NATIVE} (Debian: containernetworking-plugins)`
  : await missingMachine("containerd", "ctr", "runc", "busybox");
if (missing !== undefined) leaveOut(SUITE, missing);

/** A folder of native plugins that stand before the system's. */
const BEFORE = "/opt/before";

const CONTAINERD = `version = 2
root = "/run/test-containerd/root"
state = "/run/test-containerd/state"
disabled_plugins = ["io.containerd.grpc.v1.cri"]
[grpc]
address = "/run/test-containerd/socket"
`;

// "bridge" removes its rules for ipMasq only where DEL names a namespace, which ctr does not.
const POLICY = `networks:
  web:
    containers: ["default-web-*"]
    subnets: [10.88.75.0/24]
    delegate: { type: bridge, bridge: web0, isGateway: true, hairpinMode: true }
`;
const WEB = {
  cniVersion: "1.0.0",
  name: "web",
  plugins: [
    { type: "policy-network", capabilities: { portMappings: true } },
    { type: "firewall" },
    { type: "audit-network" },
  ],
};
const IPAM = {
  cniVersion: "0.4.0",
  name: "ipam",
  plugins: [
    {
      ...{ type: "bridge", bridge: "ipam0", isGateway: true },
      ipam: { type: "wasm-ipam", subnet: "10.88.76.0/24", rangeStart: "10.88.76.10" },
    },
    { type: "firewall" },
    { type: "audit-network" },
  ],
};

let machine: Machine;

test.before(async () => {
  if (missing !== undefined) return;
  machine = await Machine.make();
  await writeRootfs(machine.path("/run/rootfs"));
  await machine.write({ "/run/test-containerd/config.toml": CONTAINERD });
  await machine.start("containerd", ["--config", "/run/test-containerd/config.toml"]);
  await machine.until("ctr --address /run/test-containerd/socket version >/dev/null 2>&1");
  const state = "--allow-state=/var/lib/cofferdam";
  const delegate = `--allow-delegate=bridge,host-local --delegate-path=${BEFORE}:${NATIVE} ` +
    "--delegate-netns=/run/netns";
  await machine.sh(`mkdir ${BEFORE}`);
  await machine.install("policy-network", {
    settings: POLICY,
    flags: ["--instance", "policy", state, ...delegate.split(" "), "--timeout", "60s"],
  });
  await machine.install("wasm-ipam", { flags: ["--instance", "ipam", state] });
  await machine.install("audit-network");
});

test.after(() => machine?.[Symbol.asyncDispose]());

/** A test on one network, which finds no containers and no daemon, and leaves nothing behind. */
function real(name: string, network: unknown, run: (serve: Serve) => Promise<void>): void {
  if (missing !== undefined) return;
  test(name, async () => {
    const daemons: Running[] = [];
    // Addresses begin anew; the first network that it finds is the one.
    await machine.sh("rm -rf /var/lib/cni /etc/cni/net.d");
    await machine.write({ "/etc/cni/net.d/10-test.conflist": network });
    try {
      await run(async () => {
        const daemon = await machine.serve();
        daemons.push(daemon);
        return daemon;
      });
      assert.equal(await remains(), []);
    } finally {
      for (const daemon of daemons) await daemon.stop("SIGKILL");
      await removeContainer("web-1");
    }
  });
}

type Serve = () => Promise<Running>;

const ctr = (...args: readonly string[]): [string, string[]] => {
  return ["ctr", ["--address", "/run/test-containerd/socket", ...args]];
};

/** The arguments that run a container; no cgroup, so that none stays. */
const running = (id: string, command: readonly string[], ...flags: readonly string[]) =>
  ctr("run", "--cni", "--cgroup", "", ...flags, "--rootfs", "/run/rootfs", id, ...command);

const runContainer = (id: string, ...command: readonly string[]): Promise<Ran> =>
  machine.run(...running(id, command, "--rm"));

/** Removes a container that ctr has left behind, which says nothing of it to a network. */
async function removeContainer(id: string): Promise<void> {
  await machine.run(...ctr("tasks", "delete", "--force", id));
  await machine.run(...ctr("containers", "delete", id));
}

/** What containers have left. */
async function remains(): Promise<string[]> {
  const files = await machine.files("/var/lib/cni");
  const containers = await machine.do(...ctr("containers", "list", "--quiet"));
  return [
    ...files.filter((file) => !/\/(lock|last_reserved_ip\.0)$/.test(file)),
    ...(await machine.links()).filter((name) => name.startsWith("veth")),
    ...await machine.rules(/default-web-|\/32 /),
    ...await readdir(machine.path("/run/netns")).catch(() => []),
    ...containers.split("\n").filter(Boolean),
  ];
}

const SHOW = ["/bin/ip", "-4", "-oneline", "address", "show", "eth0"];

for (const isServed of [false, true]) {
  const how = isServed ? "by a daemon" : "alone";

  real(`containers join by a policy, or not, in its words, ${how}`, WEB, async (serve) => {
    const daemon = isServed ? await serve() : undefined;
    const server = "echo hello >/tmp/index.html; exec httpd -f -p 80 -h /tmp";
    const first = await machine.start(...running("web-1", ["/bin/sh", "-c", server], "--rm"));
    await machine.until("busybox wget -qO- http://10.88.75.2 >/dev/null 2>&1");
    const { stdout, stderr } = await runContainer(
      "web-2",
      "/bin/wget",
      "-qO-",
      "http://10.88.75.2",
    );
    assert.is(stdout, "hello\n", stderr);
    const refused = await runContainer("guest", ...SHOW);
    assert.is(refused.code, 1);
    assert.match(
      refused.stderr,
      'plugin type="policy-network" failed (add): "default-guest" may not join the network "web"',
    );
    await removeContainer("guest");
    assert.ok((await remains()).length > 3);
    await machine.do(...ctr("tasks", "kill", "--signal", "SIGKILL", "web-1"));
    await first.ended;
    await daemon?.says('joins {"network":"web","container":"default-web-1"');
    await daemon?.says('leaves {"network":"web","container":"default-web-2"');
  });
}

real("a native bridge has its addresses from wasm-ipam", IPAM, async () => {
  for (const last of [10, 11]) {
    const { stdout, stderr } = await runContainer("web-1", ...SHOW);
    assert.match(stdout, `inet 10.88.76.${last}/24`, stderr);
  }
});

/** A bridge that hangs once it has attached a container. */
const HANGS = `#!/bin/sh
[ "$CNI_COMMAND" = ADD ] || exec ${NATIVE}/bridge
${NATIVE}/bridge >/run/attached && echo $PPID >/run/asker && echo $$ >/run/hangs
exec sleep 1000
`;

for (const victim of ["shim", "daemon"] as const) {
  real(`a kill -9 of the ${victim} in the middle of ADD leaves nothing`, WEB, async (serve) => {
    await machine.write({ [`${BEFORE}/bridge`]: HANGS });
    await machine.sh(`chmod +x ${BEFORE}/bridge; rm -f /run/hangs`);
    const daemon = victim === "daemon" ? await serve() : undefined;
    const first = await machine.start(...running("web-1", SHOW, "--rm"));
    await machine.until("[ -s /run/hangs ]");
    await machine.sh(`rm ${BEFORE}/bridge`);
    assert.ok((await remains()).some((line) => line.startsWith("veth")));
    if (daemon === undefined) await machine.sh("kill -9 $(cat /run/asker)");
    else await daemon.stop("SIGKILL");
    await machine.sh("kill -9 $(cat /run/hangs) || true");
    await first.says(daemon ? "the daemon went away before it had answered" : "signal: killed");
    await first.ended;
    await removeContainer("web-1");
    assert.equal(await remains(), []);
    const { stdout, stderr } = await runContainer("web-1", ...SHOW);
    assert.match(stdout, "inet 10.88.75.3/24", stderr);
  });
}

test.run();

import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import * as assert from "uvu/assert";
import { CLI } from "../../support/cli.ts";
import { leaveOut } from "../../support/optional.ts";
import { projectPath } from "../../support/paths.ts";
import { suite } from "../../support/suite.ts";
import { Machine, missingMachine, type Running } from "./machine.ts";
import { programOf } from "./namespace.ts";
import { NATIVE, Podman } from "./podman.ts";
import type { Question } from "./question.ts";

const SUITE = "installed plugins under podman";
const test = suite(SUITE);

const missing = !existsSync(`${NATIVE}/bridge`)
  ? `there are no plugins in ${NATIVE} (Debian: containernetworking-plugins)`
  : await missingMachine("podman", "runc", "busybox");
if (missing !== undefined) leaveOut(SUITE, missing);

/** Folder of native plugins that stand before the system's. */
const BEFORE = "/opt/before";

const POLICY = `networks:
  web:
    containers: [db, "web-*"]
    subnets: [10.88.73.0/24]
    ports: ["18080"]
    delegate: { type: bridge, bridge: web0, isGateway: true, ipMasq: true, hairpinMode: true }
`;
const PORTS = { portMappings: true };
const WEB = {
  cniVersion: "1.0.0",
  name: "web",
  plugins: [
    { type: "policy-network", capabilities: { ...PORTS, ips: true } },
    { type: "portmap", capabilities: PORTS },
    { type: "firewall" },
    { type: "audit-network", capabilities: PORTS },
  ],
};
const IPAM = {
  cniVersion: "1.0.0",
  name: "ipam",
  plugins: [
    {
      ...{ type: "bridge", bridge: "ipam0", isGateway: true, ipMasq: true },
      ipam: {
        ...{ type: "wasm-ipam", routes: [{ dst: "0.0.0.0/0" }] },
        ranges: [[{ subnet: "10.88.74.0/24", rangeStart: "10.88.74.10", rangeEnd: "10.88.74.14" }]],
      },
    },
    { type: "firewall" },
  ],
};

let machine: Machine;
let podman: Podman;

test.before(async () => {
  if (missing !== undefined) return;
  machine = await Machine.make();
  podman = await Podman.make(machine);
  await machine.write({
    "/etc/cni/net.d/10-web.conflist": WEB,
    "/etc/cni/net.d/20-ipam.conflist": IPAM,
  });
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

test.after(async () => {
  await machine?.[Symbol.asyncDispose]();
  await podman?.removeGroups();
});

/** A test that finds no containers and no daemon, and leaves nothing behind. */
function real(name: string, run: () => Promise<void>): void {
  if (missing !== undefined) return;
  test(name, async () => {
    // Addresses begin anew.
    await machine.sh("rm -rf /var/lib/cni");
    try {
      await run();
      assert.equal(await podman.remains(), []);
    } finally {
      await podman.run(["rm", "--force", "--all", "--time", "0"]);
      await machine.stopAll();
    }
  });
}

const SHOW = ["ip", "-4", "-oneline", "address", "show", "eth0"];

for (const isServed of [false, true]) {
  const how = isServed ? "by a daemon" : "alone";

  real(`containers have addresses, reach each other and publish a port, ${how}`, async () => {
    const daemon = isServed ? await machine.serve() : undefined;
    const server = "echo hello >/tmp/index.html; exec httpd -f -p 80 -h /tmp";
    const publish = ["--network", "web", "--publish", "18080:80", "--ip", "10.88.73.7"];
    await podman.do(["run", "-d", "--name", "web-1", ...publish, podman.image, "sh", "-c", server]);
    assert.match(await podman.do(["exec", "web-1", ...SHOW]), "inet 10.88.73.7/24");
    const get = ["wget", "-qO-", "http://10.88.73.7"];
    await machine.until(`podman exec web-1 ${get.join(" ")} 2>/dev/null`);
    const client = ["run", "--rm", "--name", "web-2", "--network", "web", podman.image, ...get];
    assert.is(await podman.do(client), "hello");
    assert.is(
      await machine.do("busybox", ["wget", "-qO-", "http://127.0.0.1:18080"]),
      "hello",
    );
    assert.ok((await podman.remains()).length > 5);
    await podman.do(["rm", "--force", "--time", "0", "web-1"]);
    await daemon?.says('"addresses":["10.88.73.7/24"],"ports":[{');
    await daemon?.says("audit-network: leaves {");
  });

  real(`what the policy refuses is told in its words, ${how}`, async () => {
    if (isServed) await machine.serve();
    const refused = async (name: string, ...more: string[]) => {
      const args = ["run", "--rm", "--name", name, "--network", "web", ...more];
      const { code, stdout, stderr } = await podman.run([...args, podman.image, "true"]);
      assert.equal([code, stdout], [126, ""], stderr);
      assert.equal(await podman.remains(), []);
      return stderr;
    };
    assert.match(
      await refused("guest"),
      'plugin type="policy-network" failed (add): cni plugin policy-network failed: ' +
        '"guest" may not join the network "web"',
    );
    assert.match(
      await refused("db", "--publish", "18081:80"),
      "the port 18081/tcp of the host may not be published: those that may are 18080",
    );
    assert.match(
      await refused("db", "--ip", "10.88.99.1"),
      "an address may only come from 10.88.73.0/24",
    );
  });
}

real("a native bridge has its addresses from wasm-ipam, also where many come at once", async () => {
  await machine.serve();
  const names = ["a", "b", "c", "d", "e", "f"];
  const all = await Promise.all(names.map((name) => {
    const args = ["run", "--name", name, "--network", "ipam", podman.image, ...SHOW];
    return podman.run(args);
  }));
  const given = all.filter(({ code }) => code === 0)
    .map(({ stdout }) => /inet (\S+)\/24/.exec(stdout)![1]!);
  assert.equal(given.sort(), [10, 11, 12, 13, 14].map((last) => `10.88.74.${last}`));
  const full = all.filter(({ code }) => code !== 0);
  assert.equal(full.map(({ code }) => code), [126]);
  assert.match(full[0]!.stderr, 'plugin type="bridge" failed (add)');
  await podman.do(["rm", "--force", "--all", "--time", "0"]);
});

/** A bridge that hangs once it has attached a container. */
const HANGS = `#!/bin/sh
[ "$CNI_COMMAND" = ADD ] || exec ${NATIVE}/bridge
${NATIVE}/bridge >/run/attached && echo $PPID >/run/asker && echo $$ >/run/hangs
exec sleep 1000
`;

/** Starts a container, to where a native plugin has attached it and does not come back. */
async function startUntilAttached(): Promise<Running> {
  await machine.write({ [`${BEFORE}/bridge`]: HANGS });
  await machine.sh(`chmod +x ${BEFORE}/bridge; rm -f /run/hangs`);
  const run = ["run", "--name", "db", "--network", "web", podman.image, "true"];
  const running = await machine.start("podman", run);
  await machine.until("[ -s /run/hangs ]");
  // DEL does not hang.
  await machine.sh(`rm ${BEFORE}/bridge`);
  assert.ok((await podman.remains()).some((line) => line.startsWith("veth")));
  return running;
}

const endHanging = () => machine.sh("kill -9 $(cat /run/hangs) || true");

for (const victim of ["shim", "daemon"] as const) {
  real(`a kill -9 of the ${victim} in the middle of ADD leaves what removal undoes`, async () => {
    const daemon = victim === "daemon" ? await machine.serve() : undefined;
    const running = await startUntilAttached();
    if (victim === "daemon") {
      await daemon!.stop("SIGKILL");
      await running.says("the daemon went away before it had answered");
    } else {
      await machine.sh("kill -9 $(cat /run/asker)");
      await running.says("signal: killed");
    }
    await endHanging();
    await podman.do(["rm", "--force", "--time", "0", "db"]);
    assert.equal(await podman.remains(), []);
    const again = ["run", "--rm", "--name", "db", "--network", "web", podman.image, ...SHOW];
    assert.match(await podman.do(again), /inet 10\.88\.73\.\d+\/24/);
  });
}

real("a kill -9 of podman in the middle of ADD leaves what DEL undoes", async () => {
  const running = await startUntilAttached();
  await running.stop("SIGKILL");
  await endHanging();
  // It has noted nothing of the network: who cleans up names the container.
  const containerID = await podman.do(["inspect", "--format", "{{.Id}}", "db"]);
  const [name] = await readdir(machine.path("/run/netns"));
  const [program, ...args] = programOf("own-driver");
  const question: Question = {
    ...{ verb: "del", confDir: "/etc/cni/net.d", network: "web", cacheDir: "/var/lib/cni" },
    path: ["/opt/cni/bin", NATIVE],
    container: { containerID, netNS: `/run/netns/${name}`, ifName: "eth0" },
  };
  await machine.write({ "/run/question": question });
  assert.is(await machine.sh(`'${[program, ...args].join("' '")}' </run/question`), "{}");
  assert.equal(await podman.remains(), [name]);
  const shm = "/run/containers/graph/vfs-containers/*/userdata/shm";
  await machine.sh(`ip netns del ${name}; umount ${shm}; podman rm --force --time 0 db`);
});

real("the commands of both READMEs lead to a container, and to a refusal", async () => {
  const [readme = "", root = ""] = await Promise.all(
    [["wasm-plugins", "policy-network", "README.md"], ["README.md"]].map((steps) =>
      readFile(projectPath(...steps), "utf8")
    ),
  );
  const scriptOf = (text: string) => /<!-- example: podman -->\s+```sh\n([^]*?)```/.exec(text)![1]!;
  const script = scriptOf(readme);
  assert.is(scriptOf(root), script);
  await using fresh = await Machine.make();
  const itsPodman = await Podman.make(fresh);
  const bin = "/opt/readme/bin";
  await fresh.write({
    [`${bin}/cofferdam`]: `#!/bin/sh\nexec ${[CLI[0], ...CLI[1]].join(" ")} "$@"\n`,
    "/opt/readme/commands": script,
  });
  await fresh.sh(`rm -rf /etc/cni /opt/cni
    chmod +x ${bin}/cofferdam
    ln -s ${projectPath("wasm-plugins")} /opt/readme/wasm-plugins
    podman tag ${itsPodman.image} docker.io/library/busybox:latest`);
  const inFolder = "cd /opt/readme; PATH=$1:$PATH; . ./commands";
  const { code, stdout, stderr } = await fresh.run("sh", ["-ec", inFolder, "sh", bin]);
  assert.is(code, 126, stderr);
  assert.match(stdout, /inet 10\.88\.7\.3\/24/);
  assert.match(stderr, '"guest" may not join the network "web"');
  const hosts = await fresh.sh("busybox wget -qO- http://127.0.0.1:8080/hosts");
  assert.match(hosts, /^10\.88\.7\.2\t.*web-1$/m);
  await itsPodman.do(["rm", "--force", "--all", "--time", "0"]);
  assert.equal(await itsPodman.remains(), []);
  const uninstall = /`(cofferdam uninstall cni [^`]+)`/.exec(readme)![1]!;
  await fresh.sh(`PATH=${bin}:$PATH; ${uninstall.replaceAll("\n", " ")}`);
  assert.equal(await readdir(fresh.path("/opt/cni/bin")), []);
});

test.run();

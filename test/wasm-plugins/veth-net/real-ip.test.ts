import { readFile } from "node:fs/promises";
import * as assert from "uvu/assert";
import { builtPlugin } from "../../../scripts/build-plugins.ts";
import type { ExecCommand } from "../../../src/capability/exec-grant.ts";
import { isDriverFault } from "../../../src/contract/driver-fault.ts";
import type { JoinedEndpoint, NetworkCreation } from "../../../src/contract/netdriver.ts";
import { createHost } from "../../../src/host/host.ts";
import type { NetworkDriver } from "../../../src/host/netdriver.ts";
import { sha256Sync } from "../../../src/platform/hash.ts";
import { makeFolder, type TestFolder } from "../../support/folder.ts";
import { leaveOut } from "../../support/optional.ts";
import { suite } from "../../support/suite.ts";
import { IP, Namespace, whyNoNamespace } from "./namespace.ts";
import { readmeCommands } from "./readme-commands.ts";

const NAME = "wasm-plugins/veth-net/real-ip";
const test = suite(NAME);

const networkId = "0123456789abcdef".repeat(4);
const idOf = (digit: string) => digit.repeat(64);
const BRIDGE = "cfb-0123456789a";
const CREATION: NetworkCreation = {
  networkId,
  options: { "com.docker.network.generic": { mtu: "1400", routes: "10.9.0.0/16=10.1.0.254" } },
  ipv4Data: [{ addressSpace: "local", pool: "10.1.0.0/24", gateway: "10.1.0.1/24" }],
  ipv6Data: [{ addressSpace: "local", pool: "fd00::/64", gateway: "fd00::1/64" }],
};

const why = await whyNoNamespace();
if (why !== undefined) leaveOut(NAME, why);
else {
  let outside: Namespace;
  let folder: TestFolder;
  let commands: Readonly<Record<string, ExecCommand>>;
  const namespaces: Namespace[] = [];
  const closing: (() => Promise<void>)[] = [];

  const makeNamespace = async (name: string) => {
    const namespace = await Namespace.make(name);
    namespaces.push(namespace);
    return namespace;
  };

  test.before(async () => {
    folder = await makeFolder();
    outside = await makeNamespace("host");
    const digest = sha256Sync(await readFile(IP));
    // As the README shows them, pinned, and in the namespace that stands for the host.
    commands = Object.fromEntries(
      Object.entries(await readmeCommands()).map(([name, command]) => [name, {
        ...{ ...command, digest },
        arguments: ["-n", outside.name, ...command.arguments],
      }]),
    );
  });
  test.after(async () => {
    for (const close of closing) await close();
    for (const namespace of namespaces) await namespace.remove();
    await folder.remove();
  });

  /** The driver as a daemon has it. */
  const open = async (): Promise<{ readonly netdriver: NetworkDriver; close(): Promise<void> }> => {
    const host = await createHost({ workers: 1 });
    closing.push(() => host.close());
    const { netdriver } = await host.load(builtPlugin("veth-net"), {
      instance: "veth-net",
      timeoutMs: 60_000,
      grants: { exec: { commands }, state: { folder: folder.path } },
    });
    return { netdriver, close: () => host.close() };
  };

  /** Does what Docker does with what a driver answers. */
  const enter = async (
    container: Namespace,
    { interfaceName, gateway, gatewayIpv6, staticRoutes = [] }: JoinedEndpoint,
    addresses: readonly string[],
  ) => {
    const { srcName, dstPrefix } = interfaceName!;
    const name = `${dstPrefix}0`;
    await outside.ip("link", "set", "dev", srcName, "netns", container.name, "name", name);
    for (const address of addresses) {
      await container.ip("address", "add", address, "dev", name, "nodad");
    }
    await container.ip("link", "set", "dev", name, "up");
    await container.ip("route", "add", "default", "via", gateway!);
    await container.ip("-6", "route", "add", "default", "via", gatewayIpv6!);
    for (const route of staticRoutes) {
      const via = route.routeType === "nexthop" ? ["via", route.nextHop] : ["dev", name];
      await container.ip("route", "add", route.destination, ...via);
    }
  };

  test("containers reach each other and their gateway, and all of it goes again", async () => {
    const { netdriver, close } = await open();
    assert.equal(await netdriver.getCapabilities(), { scope: "local" });
    assert.equal(await netdriver.createNetwork(CREATION), {});
    const bridge = (await outside.links())[BRIDGE]!;
    assert.is(bridge.address, "02:01:23:45:67:89");
    assert.is(bridge.mtu, 1_400);
    assert.ok(bridge.flags.includes("UP"));
    const own = bridge.addr_info.map(({ local, prefixlen }) => `${local}/${prefixlen}`);
    assert.equal(own.filter((one) => !one.startsWith("fe80:")), ["10.1.0.1/24", "fd00::1/64"]);

    const containers: Namespace[] = [];
    for (const [i, digit] of ["a", "b"].entries()) {
      const container = await makeNamespace(`container-${digit}`);
      containers.push(container);
      const endpoint = { networkId, endpointId: idOf(digit) };
      const addresses = [`10.1.0.${i + 5}/24`, `fd00::${i + 5}/64`];
      const [address, addressIpv6] = addresses as [string, string];
      const made = await netdriver.createEndpoint({
        ...{ ...endpoint, options: {} },
        interface: { address, addressIpv6 },
      });
      assert.equal(made, {
        interface: { macAddress: `02:${Array(5).fill(digit + digit).join(":")}` },
      });
      const joined = await netdriver.join({
        ...{ ...endpoint, options: {} },
        sandboxKey: `/run/netns/${container.name}`,
      });
      if (isDriverFault(joined)) throw new Error(joined.error.message);
      await enter(container, joined, addresses);
      const { eth0 } = await container.links();
      assert.is(eth0!.address, `02:${Array(5).fill(digit + digit).join(":")}`);
      assert.is(eth0!.mtu, 1_400);
      const end = (await outside.links())[`cfv-${digit.repeat(11)}`]!;
      assert.is(end.master, BRIDGE);
      assert.ok(end.flags.includes("UP"));
    }
    const [a, b] = containers as [Namespace, Namespace];
    assert.match(await a.ip("route", "show"), "10.9.0.0/16 via 10.1.0.254");
    await b.startGreeter();
    await outside.startGreeter();
    assert.is(await a.greetingOf("10.1.0.6"), "hello 10.1.0.5");
    assert.is(await a.greetingOf("fd00::6"), "hello fd00::5");
    assert.is(await a.greetingOf("10.1.0.1"), "hello 10.1.0.5");
    await close();

    // The plugin was started again. One container ends with its namespace, the other leaves first.
    const again = await open();
    const ends = (digit: string) => ({ networkId, endpointId: idOf(digit) });
    const said = await again.netdriver.endpointOperInfo(ends("a"));
    assert.equal(said, {
      value: {
        bridge: BRIDGE,
        hostInterface: `cfv-${"a".repeat(11)}`,
        macAddress: "02:aa:aa:aa:aa:aa",
      },
    });
    await a.ip(
      "link",
      "set",
      "dev",
      "eth0",
      "netns",
      outside.name,
      "name",
      `cfc-${"a".repeat(11)}`,
    );
    await b.remove();
    for (const digit of ["a", "b", "a"]) {
      assert.equal(await again.netdriver.leave(ends(digit)), {});
      assert.equal(await again.netdriver.deleteEndpoint(ends(digit)), {});
    }
    assert.equal(Object.keys(await outside.links()), [BRIDGE]);
    for (let twice = 0; twice < 2; twice++) {
      assert.equal(await again.netdriver.deleteNetwork({ networkId }), {});
    }
    assert.equal(Object.keys(await outside.links()), []);
    await again.close();
  });

  test("nothing stays of a network whose address the kernel does not take", async () => {
    const { netdriver, close } = await open();
    const bad = [{ addressSpace: "local", pool: "ff02::/64", gateway: "ff02::1/64" }];
    const answer = await netdriver.createNetwork({ ...CREATION, ipv6Data: bad });
    assert.ok(isDriverFault(answer));
    assert.is(answer.error.code, "failed");
    assert.match(answer.error.message, /^"address-add-ipv6" ended with 2: \S/);
    assert.equal(await outside.links(), {});
    assert.equal(await netdriver.createNetwork(CREATION), {});
    assert.equal(await netdriver.deleteNetwork({ networkId }), {});
    await close();
  });

  test("nothing stays of an endpoint whose interface is there already", async () => {
    const { netdriver, close } = await open();
    await netdriver.createNetwork(CREATION);
    const foreign = `cfc-${"c".repeat(11)}`;
    await outside.ip("link", "add", "name", foreign, "type", "bridge");
    const creation = { networkId, endpointId: idOf("c"), interface: {}, options: {} };
    const answer = await netdriver.createEndpoint(creation);
    assert.ok(isDriverFault(answer));
    assert.match(answer.error.message, /^"veth-add" ended with 2: .*File exists/);
    assert.equal(Object.keys(await outside.links()).sort(), [BRIDGE, foreign]);
    await outside.ip("link", "delete", "dev", foreign);
    assert.not.ok(isDriverFault(await netdriver.createEndpoint(creation)));
    // The network takes the endpoint with it.
    assert.equal(await netdriver.deleteNetwork({ networkId }), {});
    assert.equal(await outside.links(), {});
    await close();
  });
}

test("the README's configuration grants what the driver runs, and interfaces of its names alone", async () => {
  const commands = await readmeCommands();
  assert.equal(Object.keys(commands).sort(), [
    ...["address-add", "address-add-ipv6", "bridge-add", "link-delete", "link-master", "link-mtu"],
    ...["link-show", "link-up", "veth-add"],
  ]);
  for (const [name, command] of Object.entries(commands)) {
    assert.is(command.program, IP);
    assert.is(command.unpinned, undefined, name);
    const holes = command.arguments.filter((one) => typeof one !== "string");
    const links = holes.filter(({ hole }) =>
      ["link", "host", "container", "bridge"].includes(hole)
    );
    assert.ok(links.length > 0, name);
    for (const link of links) {
      assert.is(link.type, "pattern");
      assert.match(
        (link as { pattern: string }).pattern,
        /^cf(?:[bvc]|\[bvc?\])-\[0-9a-f\]\{11\}$/,
      );
    }
  }
});

test.run();

import { DriverError, type Host, type NetworkDriverQuestion } from "cofferdam/guest";
import { readNetwork as readSubnet, whySpecial } from "../shared/address.ts";
import { Links } from "./links.ts";
import { makeLink } from "./make-link.ts";
import { linkName, macOf, shortId } from "./names.ts";
import { readNetworkOptions, type Route, whySpecialAddress } from "./network-options.ts";
import type { Settings } from "./settings.ts";

/** A network as the state has it. */
export interface Network {
  readonly bridge: string;
  /** Of the bridge, so of the gateway: it would change with the containers. */
  readonly mac: string;
  /** Addresses of the bridge, with their prefix lengths. */
  readonly gateways: readonly string[];
  readonly routes: readonly Route[];
  readonly mtu?: number;
}

type Creation = NetworkDriverQuestion<"createNetwork", Settings>;

/** What a network is to be, by what Docker asks. @throws {DriverError} `invalid` */
export function planNetwork(
  { networkId, options, ipv4Data, ipv6Data, settings }: Creation,
): Network {
  for (const pools of [ipv4Data, ipv6Data]) {
    if (pools.length <= 1) continue;
    throw new DriverError(
      "invalid",
      `cannot make the network ${shortId(networkId)}: it has the subnets ` +
        `${pools.map(({ pool }) => pool).join(" and ")}, wanted one of each family`,
    );
  }
  for (const { pool, gateway } of [...ipv4Data, ...ipv6Data]) {
    const subnet = readSubnet(pool);
    const ofSubnet = subnet && whySpecial(subnet);
    const ofGateway = gateway && whySpecialAddress(gateway.split("/", 1)[0]!);
    const why = ofSubnet ? `the subnet ${pool} ${ofSubnet}` : `the gateway ${gateway} ${ofGateway}`;
    if (!ofSubnet && !ofGateway) continue;
    throw new DriverError("invalid", `cannot make the network ${shortId(networkId)}: ${why}`);
  }
  const { isInternal, mtu = settings.mtu, routes } = readNetworkOptions(options);
  const gateways = isInternal
    ? []
    : [...ipv4Data, ...ipv6Data].flatMap(({ gateway }) => gateway === undefined ? [] : [gateway]);
  return {
    bridge: linkName("b", networkId),
    mac: macOf(networkId),
    gateways,
    routes,
    ...(mtu === undefined ? {} : { mtu }),
  };
}

/** Makes a network; asked again for the same, it changes nothing. @throws {DriverError} */
export function makeNetwork(host: Host, networkId: string, network: Network): void {
  const key = keyOf(networkId);
  const value = JSON.stringify(network);
  const there = host.state.get(key);
  if (there !== null && there !== value) {
    throw new DriverError(
      "conflict",
      `the network ${shortId(networkId)} is there already, and was made otherwise`,
    );
  }
  if (there === null) makeBridge(host, network, { key, value });
  else restoreBridge(host, network);
}

/** Makes a network's bridge again where the host was started anew. */
export function restoreBridge(host: Host, network: Network): void {
  if (!new Links(host.exec).has(network.bridge)) makeBridge(host, network);
}

function makeBridge(
  host: Host,
  { bridge, mac, gateways, mtu }: Network,
  entry?: { readonly key: string; readonly value: string },
): void {
  makeLink(host, {
    link: bridge,
    add: (links) => links.run("bridge-add", { bridge, mac }),
    finish: (links) => {
      if (mtu !== undefined) links.run("link-mtu", { link: bridge, mtu });
      for (const address of gateways) {
        const command = address.includes(":") ? "address-add-ipv6" : "address-add";
        links.run(command, { address, bridge });
      }
      links.run("link-up", { link: bridge });
    },
    ...(entry === undefined ? {} : { entry }),
  });
}

/** @throws {DriverError} `not-found` */
export function readNetwork(host: Host, networkId: string): Network {
  const text = host.state.get(keyOf(networkId));
  if (text !== null) return JSON.parse(text) as Network;
  throw new DriverError("not-found", `there is no network ${shortId(networkId)}`);
}

/** Removes a network's bridge; what is gone already stays so. */
export function removeNetwork(host: Host, networkId: string): void {
  const text = host.state.get(keyOf(networkId));
  if (text === null) return;
  new Links(host.exec).remove((JSON.parse(text) as Network).bridge);
  host.state.delete(keyOf(networkId));
}

function keyOf(networkId: string): string {
  return `network/${networkId}`;
}

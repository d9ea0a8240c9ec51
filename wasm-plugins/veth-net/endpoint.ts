import {
  DriverError,
  type Host,
  type JsonObject,
  type JsonValue,
  type NetworkDriverQuestion,
} from "cofferdam/guest";
import { Links } from "./links.ts";
import { makeLink } from "./make-link.ts";
import { linkName, macOf, shortId } from "./names.ts";
import type { Network } from "./network.ts";
import type { Settings } from "./settings.ts";

/** An endpoint as the state has it. */
export interface Endpoint {
  /** The end that stays on the host, at the bridge. */
  readonly host: string;
  /** The end that Docker moves into the container. */
  readonly container: string;
  readonly mac: string;
}

type Creation = NetworkDriverQuestion<"createEndpoint", Settings>;

const PORTS = "com.docker.network.portmap";

/** What an endpoint is to be, by what Docker asks. @throws {DriverError} `invalid` */
export function planEndpoint({ endpointId, interface: given, options }: Creation): Endpoint {
  if (isFilled(options[PORTS])) {
    throw new DriverError(
      "invalid",
      `cannot make the endpoint ${shortId(endpointId)}: this driver publishes no ports`,
    );
  }
  return {
    host: linkName("v", endpointId),
    container: linkName("c", endpointId),
    mac: given.macAddress ?? macOf(endpointId),
  };
}

function isFilled(list: JsonValue | undefined): boolean {
  return Array.isArray(list) && list.length > 0;
}

/** Makes an endpoint's pair; asked again for the same, it changes nothing. @throws {DriverError} */
export function makeEndpoint(
  host: Host,
  { networkId, endpointId }: Pick<Creation, "networkId" | "endpointId">,
  endpoint: Endpoint,
  { bridge, mtu }: Network,
): void {
  const key = keyOf(networkId, endpointId);
  const value = JSON.stringify(endpoint);
  const there = host.state.get(key);
  if (there !== null && there !== value) {
    throw new DriverError(
      "conflict",
      `the endpoint ${shortId(endpointId)} is there already, and was made otherwise`,
    );
  }
  const { host: link, container, mac } = endpoint;
  if (there !== null && new Links(host.exec).has(link)) return;
  makeLink(host, {
    link,
    add: (links) => links.run("veth-add", { host: link, container, mac }),
    finish: (links) => {
      if (mtu !== undefined) {
        for (const end of [link, container]) links.run("link-mtu", { link: end, mtu });
      }
      links.run("link-master", { host: link, bridge });
      links.run("link-up", { link });
    },
    entry: { key, value },
  });
}

/** @throws {DriverError} `not-found` */
export function readEndpoint(host: Host, networkId: string, endpointId: string): Endpoint {
  const text = host.state.get(keyOf(networkId, endpointId));
  if (text !== null) return JSON.parse(text) as Endpoint;
  throw new DriverError(
    "not-found",
    `there is no endpoint ${shortId(endpointId)} in the network ${shortId(networkId)}`,
  );
}

/** Removes an endpoint's pair, wherever its other end is; what is gone already stays so. */
export function removeEndpoint(host: Host, networkId: string, endpointId: string): void {
  removeByKey(host, keyOf(networkId, endpointId));
}

/** Removes what is left of a network's endpoints. */
export function removeEndpoints(host: Host, networkId: string): void {
  for (;;) {
    const { keys, next } = host.state.list({ prefix: keyOf(networkId, "") });
    for (const key of keys) removeByKey(host, key);
    if (next === undefined) return;
  }
}

function removeByKey(host: Host, key: string): void {
  const text = host.state.get(key);
  if (text === null) return;
  new Links(host.exec).remove((JSON.parse(text) as Endpoint).host);
  host.state.delete(key);
}

/** What there is to say of an endpoint, for people. */
export function describeEndpoint({ host, mac }: Endpoint, { bridge }: Network): JsonObject {
  return { bridge, hostInterface: host, macAddress: mac };
}

function keyOf(networkId: string, endpointId: string): string {
  return `endpoint/${networkId}/${endpointId}`;
}

import { DriverError, type JsonObject, type JsonValue } from "cofferdam/guest";
import {
  bitsOf,
  readIp,
  readNetwork,
  whySpecial,
  writeIp,
  writeNetwork,
} from "../shared/address.ts";
import { isObject } from "../shared/json.ts";

/** A route that containers of a network get. */
export interface Route {
  readonly destination: string;
  /** Without it, the destination is reached on the network itself. */
  readonly nextHop?: string;
}

/** What the options of a network say. */
export interface NetworkOptions {
  /** `docker network create --internal`: no gateway. */
  readonly isInternal: boolean;
  readonly mtu?: number;
  readonly routes: readonly Route[];
}

const GENERIC = "com.docker.network.generic";
const INTERNAL = "com.docker.network.internal";
const DOCKER_MTU = "com.docker.network.driver.mtu";

/** The kernel's least for IPv6, and the most that a veth interface takes. */
const MTU = { min: 1_280, max: 65_535 };

/**
 * Reads `docker network create -o mtu=1400 -o routes=10.9.0.0/16=10.1.0.254,10.8.0.0/16`.
 *
 * @throws {DriverError} `invalid`, also for an option that there is not: its user would wait for what it
 *   does
 */
export function readNetworkOptions(options: JsonObject): NetworkOptions {
  const mtus: JsonValue[] = [];
  let routes: Route[] = [];
  for (const [name, value] of Object.entries(readGeneric(options[GENERIC]))) {
    if (name === "mtu" || name === DOCKER_MTU) mtus.push(value);
    else if (name === "routes") routes = readRoutes(value);
    else throw invalid(`there is no option "${name}"; there are "mtu" and "routes"`);
  }
  if (mtus.length > 1) throw invalid("it says its mtu twice");
  return {
    isInternal: options[INTERNAL] === true,
    ...(mtus.length === 0 ? {} : { mtu: readMtu(mtus[0]!) }),
    routes,
  };
}

function readGeneric(value: JsonValue | undefined): JsonObject {
  if (value === undefined || value === null) return {};
  if (isObject(value)) return value;
  throw invalid(`"${GENERIC}" is no object`);
}

function readMtu(value: JsonValue): number {
  if (typeof value !== "string") throw invalid('the mtu is no text: wanted "1400", for instance');
  const mtu = /^[1-9]\d{0,5}$/.test(value) ? Number(value) : NaN;
  if (mtu >= MTU.min && mtu <= MTU.max) return mtu;
  throw invalid(`the mtu ${JSON.stringify(value)} is none: wanted ${MTU.min} to ${MTU.max}`);
}

function readRoutes(value: JsonValue): Route[] {
  if (typeof value !== "string") throw invalid("the routes are no text");
  const routes = value.split(",").map(readRoute);
  const twice = routes.find(({ destination }, at) =>
    routes.findIndex((route) => route.destination === destination) !== at
  );
  if (twice === undefined) return routes;
  throw invalid(`there are two routes to ${twice.destination}`);
}

function readRoute(text: string): Route {
  const [destination = "", nextHop, ...more] = text.split("=");
  const network = readNetwork(destination);
  const hop = nextHop === undefined ? undefined : readIp(nextHop);
  const isRoute = network !== undefined && more.length === 0 &&
    (nextHop === undefined || hop?.family === network.family);
  const special = nextHop === undefined ? undefined : whySpecialAddress(nextHop);
  if (isRoute && special !== undefined) throw invalid(`the next hop ${nextHop} ${special}`);
  if (!isRoute) {
    throw invalid(`the route "${text}" is none: wanted 10.9.0.0/16=10.1.0.254 or 10.8.0.0/16`);
  }
  return {
    destination: writeNetwork(network),
    ...(hop === undefined ? {} : { nextHop: writeIp(hop) }),
  };
}

/** Why interfaces cannot have an address; undefined where they can. */
export function whySpecialAddress(text: string): string | undefined {
  const ip = readIp(text);
  if (ip === undefined) return undefined;
  const alone = { family: ip.family, start: ip.value, length: bitsOf(ip.family) };
  return whySpecial(alone) && "is no address of an interface";
}

function invalid(why: string): DriverError {
  return new DriverError("invalid", `cannot make the network: ${why}`);
}

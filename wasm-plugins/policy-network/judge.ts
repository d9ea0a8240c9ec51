import { CniError, type JsonObject, type JsonValue } from "cofferdam/guest";
import { endOf, type Ip, readIp, readNetwork } from "../shared/address.ts";
import { isObject } from "../shared/json.ts";
import { quoteJson } from "../shared/quote.ts";
import { readWanted } from "../shared/wanted.ts";
import { CODE, type NetworkSettings } from "./settings.ts";
import { matches, nameOf } from "./who.ts";

/** What a runtime wants for a container. */
export interface Wish {
  readonly containerId: string;
  readonly args: string;
  readonly config: JsonObject;
  readonly runtimeConfig?: JsonObject | undefined;
}

/**
 * Judges whether a container may have what its runtime wants for it.
 *
 * @throws {CniError} 101 to 103
 */
export function judge(wish: Wish, settings: NetworkSettings): void {
  const name = nameOf(wish);
  if (!settings.containers.some((pattern) => matches(pattern, name))) {
    const network = quoteJson(wish.config["name"]);
    const message = `${quoteJson(name)} may not join the network ${network}`;
    throw new CniError(CODE.containerRefused, message);
  }
  for (const address of readWanted(wish)) checkAddress(address, settings);
  judgePorts(wish, settings);
}

/** What is none is in none: the native plugin says what is wrong with it. */
function checkAddress(address: Ip, { subnets }: NetworkSettings): void {
  const isInside = subnets.some((text) => {
    const subnet = readNetwork(text);
    if (subnet?.family !== address.family) return false;
    return subnet.start <= address.value && address.value <= endOf(subnet);
  });
  if (isInside) return;
  const message = `an address may only come from ${subnets.join(", ")}`;
  throw new CniError(CODE.addressRefused, message);
}

/**
 * Judges the addresses that a native plugin gave, whatever it was told.
 *
 * @throws {CniError} 102
 */
export function judgeAddresses(addresses: readonly string[], settings: NetworkSettings): void {
  for (const text of addresses) {
    const address = readIp(text.replace(/\/\d+$/, ""));
    if (address === undefined) {
      throw new CniError(CODE.addressRefused, `${quoteJson(text)} is no address`);
    }
    checkAddress(address, settings);
  }
}

function judgePorts({ config, runtimeConfig = {} }: Wish, { ports = [] }: NetworkSettings): void {
  const { portMappings } = runtimeConfig;
  const capabilities = config["capabilities"];
  // A plugin behind this one could be told ports that this one is not.
  if (
    portMappings === undefined && isObject(capabilities) && capabilities["portMappings"] === true
  ) {
    return;
  }
  if (portMappings === undefined) {
    const message = 'the network\'s list must say "capabilities": {"portMappings": true} here';
    throw new CniError(7, message, "else this plugin is not told which ports are published");
  }
  if (!Array.isArray(portMappings)) throw new CniError(7, '"portMappings" is no list');
  for (const mapping of portMappings) {
    const port = portOf(mapping);
    if (ports.some((allowed) => isPortIn(port, allowed))) continue;
    const message = `the port ${port.number}/${port.protocol} of the host may not be published`;
    const details = ports.length === 0 ? "no port may" : `those that may are ${ports.join(", ")}`;
    throw new CniError(CODE.portRefused, message, details);
  }
}

interface Port {
  readonly number: number;
  readonly protocol: string;
}

function portOf(mapping: JsonValue): Port {
  const { hostPort, protocol = "tcp" } = isObject(mapping) ? mapping : {};
  const isPort = typeof hostPort === "number" && Number.isInteger(hostPort) && hostPort > 0 &&
    hostPort < 65_536;
  if (isPort && typeof protocol === "string") {
    return { number: hostPort, protocol: protocol.toLowerCase() };
  }
  throw new CniError(7, `${quoteJson(mapping)} is no mapping of a port`);
}

/** `8080`, `9000-9100`, `53/udp`; without a protocol, of TCP. */
function isPortIn({ number, protocol }: Port, allowed: string): boolean {
  const [, from = "", to = from, of = "tcp"] = /^(\d+)(?:-(\d+))?(?:\/(\w+))?$/.exec(allowed) ?? [];
  return protocol === of && Number(from) <= number && number <= Number(to);
}

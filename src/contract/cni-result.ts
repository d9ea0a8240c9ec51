import * as v from "valibot";
import { isAddress } from "../address.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../json.ts";
import { LIMITS } from "../limits.ts";
import { line, list } from "./bounded.ts";

/** Versions of the CNI specification, in their order. */
export const CNI_VERSIONS = [
  "0.1.0",
  "0.2.0",
  "0.3.0",
  "0.3.1",
  "0.4.0",
  "1.0.0",
  "1.1.0",
] as const;

/** One of {@link CNI_VERSIONS}. */
export type CniVersion = (typeof CNI_VERSIONS)[number];

/** An interface that a plugin made. */
export interface CniInterface {
  readonly name: string;
  readonly mac?: string | undefined;
  readonly mtu?: number | undefined;
  /** Path of the namespace it is in; empty or left out for the host's. */
  readonly sandbox?: string | undefined;
  readonly socketPath?: string | undefined;
  readonly pciID?: string | undefined;
}

/** An address that a plugin gave. */
export interface CniAddress {
  /** With its prefix length: `10.1.0.5/16`. */
  readonly address: string;
  readonly gateway?: string | undefined;
  /** Place among the result's interfaces; a plugin that only gives addresses leaves it out. */
  readonly interface?: number | undefined;
}

/** The same before version 1.0.0. */
export interface CniVersionedAddress extends CniAddress {
  readonly version: "4" | "6";
}

/** A route that a plugin made. */
export interface CniRoute {
  /** With its prefix length: `0.0.0.0/0`. */
  readonly dst: string;
  readonly gw?: string | undefined;
  readonly mtu?: number | undefined;
  readonly advmss?: number | undefined;
  readonly priority?: number | undefined;
  readonly table?: number | undefined;
  readonly scope?: number | undefined;
}

/** Name servers for the container. */
export interface CniDns {
  readonly nameservers?: readonly string[] | undefined;
  readonly domain?: string | undefined;
  readonly search?: readonly string[] | undefined;
  readonly options?: readonly string[] | undefined;
}

/** A result of version 1. @see CNI SPEC 1.1.0, section 5 */
export interface CniResult1 {
  readonly cniVersion: "1.0.0" | "1.1.0";
  readonly interfaces?: readonly CniInterface[] | undefined;
  readonly ips?: readonly CniAddress[] | undefined;
  readonly routes?: readonly CniRoute[] | undefined;
  readonly dns?: CniDns | undefined;
}

/** A result of the versions 0.3.0 to 0.4.0. @see CNI SPEC 0.4.0, "Result" */
export interface CniResult04 {
  readonly cniVersion: "0.3.0" | "0.3.1" | "0.4.0";
  readonly interfaces?: readonly CniInterface[] | undefined;
  readonly ips?: readonly CniVersionedAddress[] | undefined;
  readonly routes?: readonly CniRoute[] | undefined;
  readonly dns?: CniDns | undefined;
}

/** What one family of addresses gets in a {@link CniResult02}. */
export interface CniIp02 {
  /** With its prefix length. */
  readonly ip: string;
  readonly gateway?: string | undefined;
  readonly routes?: readonly CniRoute[] | undefined;
}

/** A result of the first versions. @see CNI SPEC 0.2.0, "Result" */
export interface CniResult02 {
  readonly cniVersion: "0.1.0" | "0.2.0";
  readonly ip4?: CniIp02 | undefined;
  readonly ip6?: CniIp02 | undefined;
  readonly dns?: CniDns | undefined;
}

/** What a plugin made, in the form of its version. */
export type CniResult = CniResult1 | CniResult04 | CniResult02;

const items = LIMITS.resultItems;
/** Addresses in a result have a prefix length, gateways have none. */
const network = v.pipe(
  v.string(),
  v.check((text) => text.includes("/") && isAddress(text), "Invalid address: Expected 10.0.0.1/8"),
);
const address = v.pipe(
  v.string(),
  v.check((text) => !text.includes("/") && isAddress(text), "Invalid address: Expected 10.0.0.1"),
);
const count = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(2 ** 32 - 1));
const text = v.union([v.literal(""), line(4_095)]);

const dns = v.exactOptional(v.object({
  nameservers: v.exactOptional(list(line(255), items)),
  domain: v.exactOptional(text),
  search: v.exactOptional(list(line(255), items)),
  options: v.exactOptional(list(line(255), items)),
}));
const route = v.object({
  dst: network,
  gw: v.exactOptional(address),
  mtu: v.exactOptional(count),
  advmss: v.exactOptional(count),
  priority: v.exactOptional(v.pipe(v.number(), v.safeInteger())),
  table: v.exactOptional(count),
  scope: v.exactOptional(count),
});
const interfaces = v.exactOptional(list(
  v.object({
    name: line(255),
    mac: v.exactOptional(text),
    mtu: v.exactOptional(count),
    sandbox: v.exactOptional(text),
    socketPath: v.exactOptional(text),
    pciID: v.exactOptional(text),
  }),
  items,
));
const routes = v.exactOptional(list(route, items));
const ip = {
  address: network,
  gateway: v.exactOptional(address),
  interface: v.exactOptional(count),
};
const ip02 = v.exactOptional(v.object({
  ip: network,
  gateway: v.exactOptional(address),
  routes,
}));

/**
 * Schema of a {@link CniResult} that some plugin made. As Go's readers do, it leaves out what it does not
 * know, and does not look whether the addresses' interfaces are there.
 *
 * @see libcni, pkg/types/100/types.go
 */
export const MadeResultSchema: v.GenericSchema<unknown, CniResult> = v.variant("cniVersion", [
  v.object({
    cniVersion: v.picklist(["1.0.0", "1.1.0"]),
    interfaces,
    ips: v.exactOptional(list(v.object(ip), items)),
    routes,
    dns,
  }),
  v.object({
    cniVersion: v.picklist(["0.3.0", "0.3.1", "0.4.0"]),
    interfaces,
    ips: v.exactOptional(list(v.object({ version: v.picklist(["4", "6"]), ...ip }), items)),
    routes,
    dns,
  }),
  v.object({ cniVersion: v.picklist(["0.1.0", "0.2.0"]), ip4: ip02, ip6: ip02, dns }),
]);

/** Schema of a {@link CniResult} that a guest answers; each address belongs to one of its interfaces. */
export const CniResultSchema: v.GenericSchema<unknown, CniResult> = v.pipe(
  MadeResultSchema,
  v.check(hasInterfaces, "Invalid interface: an address names one that is not in the result"),
  v.check(hasFamilies, "Invalid version: an address is of the other family"),
);

/**
 * A result as Go's readers take it, to whom null is nothing, and so are an empty text and name servers
 * without anything in them.
 */
export function withoutNothing(result: JsonObject): JsonObject {
  const members = Object.entries(result).map(([key, member]) => [key, something(member)] as const);
  return Object.fromEntries(
    members.filter(([key, member]) => !isNothing(key, member)),
  ) as JsonObject;
}

function something(value: JsonValue): JsonValue | undefined {
  if (value === null) return undefined;
  // Nothing leaves a list, whose places have a meaning.
  if (Array.isArray(value)) return value.map((item) => something(item) ?? null);
  return isJsonObject(value) ? withoutNothing(value) : value;
}

function isNothing(key: string, member: JsonValue | undefined): boolean {
  if (member === undefined || member === "") return true;
  return key === "dns" && isJsonObject(member) && Object.keys(member).length === 0;
}

function hasInterfaces(result: CniResult): boolean {
  if (!("ips" in result)) return true;
  const { ips = [], interfaces = [] } = result;
  return ips.every((ip) => ip.interface === undefined || ip.interface < interfaces.length);
}

function hasFamilies(result: CniResult): boolean {
  if ("ip4" in result || "ip6" in result) {
    return (result.ip4 === undefined || familyOf(result.ip4.ip) === "4") &&
      (result.ip6 === undefined || familyOf(result.ip6.ip) === "6");
  }
  const ips: readonly Partial<CniVersionedAddress>[] = "ips" in result ? result.ips ?? [] : [];
  return ips.every(({ version, address }) =>
    version === undefined || version === familyOf(address!)
  );
}

/** Which family an address is of. */
export function familyOf(address: string): "4" | "6" {
  return address.includes(":") ? "6" : "4";
}

import { CniError, type JsonObject, type JsonValue } from "cofferdam/guest";
import {
  endOf,
  type Ip,
  type Network,
  readIp,
  readNetwork,
  sizeOf,
  writeIp,
} from "../shared/address.ts";
import { isObject } from "../shared/json.ts";
import { quoteJson } from "../shared/quote.ts";

/** Addresses in a row that may be given out, but for the gateway's. */
export interface Range {
  readonly family: 4 | 6;
  /** The prefix of the subnet that they are in. */
  readonly length: number;
  readonly first: bigint;
  readonly last: bigint;
  readonly gateway: bigint;
}

/** Ranges of one family, of which a container gets one address. */
export type RangeSet = readonly Range[];

/**
 * Reads the range sets of a network: those that the runtime wants, the one of the old form, the others.
 *
 * @param ipam `config.ipam`
 * @param wanted `runtimeConfig.ipRanges`
 * @param within Subnets that each range must lie in; undefined for any.
 * @throws {CniError} 7
 */
export function readRangeSets(
  ipam: JsonObject,
  wanted: JsonValue | undefined,
  within: readonly Network[] | undefined,
): RangeSet[] {
  const own = ipam["subnet"] === undefined ? [] : [[ipam]];
  const given = [...listOf(wanted, "ipRanges"), ...own, ...listOf(ipam["ranges"], "ranges")];
  if (given.length === 0) throw invalid("no IP ranges specified");
  const sets = given.map((set) => readSet(listOf(set, "ranges")));
  const all = sets.flat();
  all.forEach((range, at) => {
    const other = all.slice(0, at).find((one) => overlap(one, range));
    if (other !== undefined) throw invalid(`${show(range)} overlaps ${show(other)}`);
    if (within !== undefined && !within.some((subnet) => isWithin(range, subnet))) {
      throw invalid(`${show(range)} lies in no subnet that the operator allows`);
    }
  });
  return sets;
}

function readSet(given: readonly JsonValue[]): RangeSet {
  if (given.length === 0) throw invalid("empty range set");
  const set = given.map(readRange);
  if (set.some(({ family }) => family !== set[0]!.family)) {
    throw invalid("a range set holds IPv4 and IPv6");
  }
  return set;
}

function readRange(given: JsonValue): Range {
  if (!isObject(given)) throw invalid("a range is no object");
  const { subnet: text } = given;
  const subnet = typeof text === "string" ? readNetwork(text) : undefined;
  if (typeof text !== "string" || subnet === undefined) {
    throw invalid(`the subnet ${quoteJson(text)} is none`);
  }
  const { family, start, length } = subnet;
  if (readIp(text.split("/")[0]!)!.value !== start) {
    const network = writeIp({ family, value: start });
    throw invalid(`the subnet ${quoteJson(text)} has host bits set; its network is ${network}`);
  }
  if (sizeOf(subnet) < 4n) {
    throw invalid(`the subnet ${quoteJson(text)} is too small to allocate from`);
  }
  const bounds = { first: start, last: endOf(subnet) };
  const read = (key: string, otherwise: bigint, isElsewhere = false): bigint => {
    const value = given[key];
    if (value === undefined || value === null || value === "") return otherwise;
    const address = typeof value === "string" ? readIp(value) : undefined;
    if (address?.family === family && (isElsewhere || isBetween(address.value, bounds))) {
      return address.value;
    }
    const where = isElsewhere ? `of the family of ${quoteJson(text)}` : `in ${quoteJson(text)}`;
    throw invalid(`the ${key} ${quoteJson(value)} is no address ${where}`);
  };
  // As for host-local: a router may have an address that is not of the subnet.
  const gateway = read("gateway", bounds.first + 1n, true);
  const first = read("rangeStart", bounds.first + 1n);
  // The last one of IPv4 is everybody's.
  const last = read("rangeEnd", bounds.last - (family === 4 ? 1n : 0n));
  if (first > last) {
    throw invalid(`the rangeEnd in ${quoteJson(text)} stands before its rangeStart`);
  }
  return { family, length, first, last, gateway };
}

/** Whether an address can be given out of a range, but for the gateway's. */
export function contains(range: Range, { family, value }: Ip): boolean {
  return range.family === family && isBetween(value, range);
}

function isBetween(
  value: bigint,
  { first, last }: { readonly first: bigint; readonly last: bigint },
): boolean {
  return first <= value && value <= last;
}

function overlap(one: Range, other: Range): boolean {
  return one.family === other.family && one.first <= other.last && other.first <= one.last;
}

function isWithin({ family, first, last }: Range, network: Network): boolean {
  return family === network.family && network.start <= first && last <= endOf(network);
}

/** `10.1.0.1-10.1.0.254` */
export function show({ family, first, last }: Range): string {
  return [first, last].map((value) => writeIp({ family, value })).join("-");
}

/** The same of a set, with commas between. */
export function showSet(set: RangeSet): string {
  return set.map(show).join(",");
}

function listOf(value: JsonValue | undefined, name: string): readonly JsonValue[] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value)) return value;
  throw invalid(`"${name}" is no list`);
}

function invalid(why: string): CniError {
  return new CniError(7, `invalid IPAM configuration: ${why}`);
}

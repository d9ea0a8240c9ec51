import { DriverError, type State } from "cofferdam/guest";
import {
  bitsOf,
  endOf,
  type Family,
  includes,
  type Network,
  readNetwork,
  sizeOf,
  writeNetwork,
} from "../shared/address.ts";
import type { Supernet } from "./settings.ts";
import { update } from "./update.ts";

/** One pool that was given out. */
export interface Pool {
  readonly network: Network;
  /** Where addresses are chosen from, if not from all of it. */
  readonly part: Network | undefined;
  /** Unlike that of any pool before: what was taken of an older one of the same addresses is not of it. */
  readonly serial: number;
  /** During which run of the daemon it was last asked for. */
  readonly epoch: number;
}

/** The pools of one address space and family, in the order of their addresses. No two overlap. */
export interface PoolIndex {
  /** The serial number of the next pool. */
  readonly next: number;
  readonly pools: readonly Pool[];
}

/** Where pools of one kind stand. */
export interface Place {
  readonly space: string;
  readonly family: Family;
}

/** The form in the state; one key for all pools, so that two calls cannot take what overlaps. */
interface Stored {
  readonly next: number;
  readonly pools: readonly (readonly [
    network: string,
    serial: number,
    epoch: number,
    part?: string,
  ])[];
}

const EMPTY: PoolIndex = { next: 1, pools: [] };

/** Reads the pools that there are. */
export function readIndex(state: State, place: Place): PoolIndex {
  return parse(state.get(keyOf(place)), place);
}

/**
 * Changes them with nobody in between.
 *
 * @param change May be called more than once; what it throws leaves them as they were.
 */
export function updateIndex(
  state: State,
  place: Place,
  change: (index: PoolIndex) => PoolIndex,
): void {
  update(state, keyOf(place), (text) => {
    const index = parse(text, place);
    const changed = change(index);
    return changed === index ? text : write(changed, place);
  });
}

/** A pool and all others. @throws {DriverError} `conflict` where it overlaps one */
export function addPool(
  { next, pools }: PoolIndex,
  pool: Omit<Pool, "serial">,
  { space }: Place,
): PoolIndex {
  const other = pools.find(({ network }) => overlaps(network, pool.network));
  if (other !== undefined) {
    throw new DriverError(
      "conflict",
      `cannot take the pool ${writeNetwork(pool.network)}: it ` +
        (isSame(other.network, pool.network)
          ? ""
          : `overlaps ${writeNetwork(other.network)}, which `) +
        `is in use in the address space "${space}"`,
    );
  }
  const all = [...pools, { ...pool, serial: next }];
  return {
    next: next + 1,
    pools: all.sort((a, b) => (a.network.start < b.network.start ? -1 : 1)),
  };
}

/** All pools but those of `network`. */
export function removePool(index: PoolIndex, network: Network): PoolIndex {
  const pools = index.pools.filter((pool) => !isSame(pool.network, network));
  return pools.length === index.pools.length ? index : { ...index, pools };
}

/** The pool of exactly these addresses. */
export function findPool({ pools }: PoolIndex, network: Network): Pool | undefined {
  return pools.find((pool) => isSame(pool.network, network));
}

/** The first network of `prefixLength` in a supernet that overlaps no pool. */
export function freeNetwork(
  { pools }: PoolIndex,
  { network: supernet, prefixLength }: Supernet,
): Network | undefined {
  const candidate = { family: supernet.family, start: supernet.start, length: prefixLength };
  const size = sizeOf(candidate);
  for (const { network } of pools) {
    if (endOf(network) < candidate.start) continue;
    if (network.start > endOf(candidate)) break;
    // The next place behind it where a network of this length can begin.
    candidate.start = (endOf(network) / size + 1n) * size;
  }
  return includes(supernet, candidate) ? candidate : undefined;
}

/** Whether two networks are the same. */
export function isSame(one: Network | undefined, other: Network | undefined): boolean {
  if (one === undefined || other === undefined) return one === other;
  return one.family === other.family && one.start === other.start && one.length === other.length;
}

function overlaps(one: Network, other: Network): boolean {
  return includes(one, other) || includes(other, one);
}

function keyOf({ space, family }: Place): string {
  return `pools/${space}/${family}`;
}

/** Digits of one length are faster to read than addresses, of which there may be thousands. */
function write({ next, pools }: PoolIndex, { family }: Place): string {
  const text = ({ start, length }: Network) =>
    `${start.toString(16).padStart(bitsOf(family) / 4, "0")}/${length}`;
  const stored: Stored = {
    next,
    pools: pools.map(({ network, serial, epoch, part }) =>
      part === undefined
        ? [text(network), serial, epoch]
        : [text(network), serial, epoch, text(part)]
    ),
  };
  return JSON.stringify(stored);
}

function parse(text: string | null, { family }: Place): PoolIndex {
  if (text === null) return EMPTY;
  const { next, pools } = JSON.parse(text) as Stored;
  const network = (hex: string): Network => {
    const [digits, length] = hex.split("/") as [string, string];
    return { family, start: BigInt(`0x${digits}`), length: Number(length) };
  };
  return {
    next,
    pools: pools.map(([hex, serial, epoch, part]) => ({
      network: network(hex),
      part: part === undefined ? undefined : network(part),
      serial,
      epoch,
    })),
  };
}

/** The name that callers know a pool by. */
export function poolIdOf({ space }: Place, network: Network): string {
  return `${space}/${writeNetwork(network)}`;
}

/** What {@link poolIdOf} made; undefined for a name that it never makes. */
export function readPoolId(poolId: string): (Place & { readonly network: Network }) | undefined {
  const [, space, text] = /^([A-Za-z0-9][A-Za-z0-9_.-]{0,63})\/(.+)$/.exec(poolId) ?? [];
  const network = text === undefined ? undefined : readNetwork(text);
  if (space === undefined || network === undefined) return undefined;
  const place = { space, family: network.family };
  return poolIdOf(place, network) === poolId ? { ...place, network } : undefined;
}

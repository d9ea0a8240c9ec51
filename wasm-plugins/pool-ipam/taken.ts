import { CapabilityError, DriverError, type State } from "cofferdam/guest";
import {
  bitsOf,
  endOf,
  type Ip,
  type Network,
  sizeOf,
  writeIp,
  writeNetwork,
} from "../shared/address.ts";
import { addBit, BITMAP_SIZE, firstFree, hasBit, removeBit } from "./bitmap.ts";
import { type Place, type Pool, readIndex } from "./pool-index.ts";
import { update } from "./update.ts";

/** The addresses of one pool that were given out: a key of the state for each 4,096 that has one. */
export class TakenAddresses {
  readonly #state: State;
  readonly #pool: Pool;
  readonly #prefix: string;

  constructor(state: State, place: Place, pool: Pool) {
    this.#state = state;
    this.#pool = pool;
    this.#prefix = prefixOf(place, pool.serial);
  }

  /** Takes the lowest that is free. @throws {DriverError} `limit` where there is none */
  takeAny(): Ip {
    const { network, part } = this.#pool;
    const { first, last } = usable(network, part);
    const size = BigInt(BITMAP_SIZE);
    const from = first - network.start;
    const to = last - network.start;
    for (let block = from / size; block <= to / size; block++) {
      const start = block * size;
      const low = from > start ? Number(from - start) : 0;
      const high = to < start + size ? Number(to - start) : BITMAP_SIZE - 1;
      let found: number | undefined;
      update(this.#state, this.#key(block), (text) => {
        found = firstFree(text ?? "", low, high);
        return found === undefined ? text : addBit(text ?? "", found);
      });
      if (found !== undefined) {
        return { family: network.family, value: network.start + start + BigInt(found) };
      }
    }
    throw new DriverError(
      "limit",
      `the pool ${writeNetwork(network)} has no free address${
        part === undefined ? "" : ` in its range ${writeNetwork(part)}`
      }`,
    );
  }

  /** Takes this one. @throws {DriverError} `invalid`, `conflict` */
  take(ip: Ip): void {
    const { network } = this.#pool;
    const { first, last } = usable(network, undefined);
    const refuse = (code: "invalid" | "conflict", why: string) =>
      new DriverError(code, `cannot take the address ${writeIp(ip)}: ${why}`);
    if (!this.#has(ip)) throw refuse("invalid", `it is not in the pool ${writeNetwork(network)}`);
    if (ip.value < first || ip.value > last) {
      const what = ip.value < first ? "the network itself" : "all in the network";
      throw refuse("invalid", `in ${writeNetwork(network)} it stands for ${what}`);
    }
    const { block, bit } = this.#placeOf(ip);
    update(this.#state, this.#key(block), (text) => {
      if (hasBit(text ?? "", bit)) throw refuse("conflict", "it is in use");
      return addBit(text ?? "", bit);
    });
  }

  /** Gives one back; one that is free already stays so. */
  giveBack(ip: Ip): void {
    if (!this.#has(ip)) return;
    const { block, bit } = this.#placeOf(ip);
    update(this.#state, this.#key(block), (text) => removeBit(text ?? "", bit) || null);
  }

  /** Forgets all of them. */
  forget(): void {
    deleteSome(this.#state, listKeys(this.#state, this.#prefix));
  }

  #has({ family, value }: Ip): boolean {
    const { network } = this.#pool;
    return family === network.family && value >= network.start && value <= endOf(network);
  }

  #placeOf({ value }: Ip): { readonly block: bigint; readonly bit: number } {
    const offset = value - this.#pool.network.start;
    return { block: offset / BigInt(BITMAP_SIZE), bit: Number(offset % BigInt(BITMAP_SIZE)) };
  }

  #key(block: bigint): string {
    return `${this.#prefix}${block.toString(16)}`;
  }
}

/**
 * The addresses that interfaces can have. Not the first, which stands for the network (or for any of its
 * routers), nor the last of IPv4, which stands for all; in networks of one or two addresses each counts.
 *
 * @see RFC 3021; RFC 4291, section 2.6.1; RFC 6164
 */
function usable(
  network: Network,
  part: Network | undefined,
): { readonly first: bigint; readonly last: bigint } {
  const isSmall = bitsOf(network.family) - network.length <= 1;
  const first = isSmall ? network.start : network.start + 1n;
  const last = isSmall || network.family === 6 ? endOf(network) : endOf(network) - 1n;
  if (part === undefined) return { first, last };
  const [from, to] = [part.start, part.start + sizeOf(part) - 1n];
  return { first: from > first ? from : first, last: to < last ? to : last };
}

/** Forgets addresses of pools that are gone: left where a host ended, or a call came between. */
export function sweep(state: State): void {
  // Before the pools are looked at: what is there now is of a pool that there was.
  const keys = listKeys(state, "taken/");
  const serials = new Map<string, ReadonlySet<string>>();
  const isGone = (key: string): boolean => {
    const [, space, digit, serial] = key.split("/") as [string, string, string, string];
    const place: Place = { space, family: digit === "4" ? 4 : 6 };
    const name = `${space}/${digit}`;
    const known = serials.get(name) ??
      new Set(readIndex(state, place).pools.map((pool) => `${pool.serial}`));
    serials.set(name, known);
    return !known.has(serial);
  };
  deleteSome(state, keys.filter(isGone));
}

function listKeys(state: State, prefix: string): string[] {
  const keys: string[] = [];
  let after: string | undefined;
  do {
    const page = state.list(after === undefined ? { prefix } : { prefix, after });
    keys.push(...page.keys);
    after = page.next;
  } while (after !== undefined);
  return keys;
}

/** Writes are counted, in a second and in a call; what is left is swept another time. */
const MOST_DELETED = 500;

function deleteSome(state: State, keys: readonly string[]): void {
  try {
    for (const key of keys.slice(0, MOST_DELETED)) state.delete(key);
  } catch (error) {
    if (!(error instanceof CapabilityError && error.code === "capability.limit")) throw error;
  }
}

function prefixOf({ space, family }: Place, serial: number): string {
  return `taken/${space}/${family}/${serial}/`;
}

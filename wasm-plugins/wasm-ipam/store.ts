import { CapabilityError, CniError, type State } from "cofferdam/guest";
import { bitsOf, type Ip } from "../shared/address.ts";

/** A container's interface, as runtimes name it; neither name has a `/`. */
export interface Attachment {
  readonly containerId: string;
  readonly ifname: string;
}

/** What an attachment holds. */
interface Holding {
  readonly addresses: readonly string[];
}

/** An address that an attachment is to get. */
export interface Pick {
  readonly address: Ip;
  /** Where it is the next one out of a set: which set, and what its turn was when this was found. */
  readonly turn?: { readonly set: number; readonly before: string | null } | undefined;
}

/** What became of picks. */
export interface Taken {
  readonly isTaken: boolean;
  /** Of each pick, whether somebody has its address. */
  readonly isHeld: readonly boolean[];
  /** Of each pick, what the turn of its set is now; undefined for one without. */
  readonly turns: readonly (string | null | undefined)[];
}

/** The longest key that a store takes, in bytes; names are ASCII. */
const MAX_KEY = 512;

/**
 * Who holds which address in one network, in the state of the host:
 *
 * - `a/NETWORK/ADDRESS`: who holds it, in the order of addresses;
 * - `o/NETWORK/CONTAINER/IFNAME`: what it holds;
 * - `c/NETWORK/N`: which address was given last out of set N.
 *
 * All that belongs together is set by one swap, which finds everything as it was or does nothing: so no
 * two processes give one address to two, and one that ends in between leaves nothing half done.
 */
export class Store {
  readonly #state: State;
  readonly #network: string;

  constructor(state: State, network: string) {
    this.#state = state;
    this.#network = network;
  }

  /**
   * Gives an attachment addresses; all of them, or none where one is held or a turn has moved on.
   *
   * @throws {CniError} 7; 103 where it has addresses
   */
  take(attachment: Attachment, picks: readonly Pick[]): Taken {
    const key = this.#holdingKey(attachment);
    if (key === undefined) throw new CniError(7, "the names of network and container are too long");
    const owner = ownerOf(attachment);
    const names = picks.map(({ address }) => nameOf(address));
    const inTurn = picks.flatMap(({ turn }, n) => turn === undefined ? [] : [{ ...turn, n }]);
    const { swapped, current } = this.#state.swapAll([
      { key, expected: null, value: encode({ addresses: names }) },
      ...names.map((name) => ({ key: this.#key(name), expected: null, value: owner })),
      ...inTurn.map(({ set, before, n }) => ({
        ...{ key: this.#turnKey(set), expected: before, value: names[n]! },
      })),
    ]);
    const [holding, ...others] = current;
    if (!swapped && holding !== null) throw held(owner);
    const turns = others.slice(picks.length);
    return {
      isTaken: swapped,
      isHeld: picks.map((_, n) => others[n] !== null),
      turns: picks.map(({ turn }) => turn === undefined ? undefined : turns.shift()!),
    };
  }

  /** @throws {CniError} 103 for an attachment that has addresses */
  refuseHolder(attachment: Attachment): void {
    const key = this.#holdingKey(attachment);
    if (key !== undefined && this.#state.get(key) !== null) throw held(ownerOf(attachment));
  }

  /** Whether an attachment holds addresses, all of which are its own. */
  holds(attachment: Attachment): boolean {
    const key = this.#holdingKey(attachment);
    const text = key === undefined ? null : this.#state.get(key);
    if (text === null) return false;
    const owner = ownerOf(attachment);
    return namesIn(text).every((address) => this.#state.get(this.#key(address)) === owner);
  }

  /** Gives back all that an attachment holds; nothing where it holds nothing. */
  release(attachment: Attachment): void {
    const key = this.#holdingKey(attachment);
    if (key === undefined) return;
    const owner = ownerOf(attachment);
    let text = this.#state.get(key);
    let names = namesIn(text);
    while (text !== null) {
      const { swapped, current } = this.#state.swapAll([
        { key, expected: text, value: null },
        ...names.map((name) => ({ key: this.#key(name), expected: owner, value: null })),
      ]);
      if (swapped) return;
      const [now = null, ...owners] = current;
      // What is another's by now stays.
      names = now === text ? names.filter((_, n) => owners[n] === owner) : namesIn(now);
      text = now;
    }
  }

  /** All that hold something, in the order of their names; as {@link attachmentOf}. */
  *owners(): Generator<string> {
    const prefix = `o/${this.#network}/`;
    for (const key of this.#keys(prefix, undefined, 100)) yield key.slice(prefix.length);
  }

  /** The addresses of a family that are taken, from one on, in order. */
  *taken(family: 4 | 6, from: bigint): Generator<bigint> {
    const prefix = `a/${this.#network}/${family}`;
    const before = this.#key(nameOf({ family, value: from - 1n }));
    // Mostly the first one that is looked at is free.
    for (const key of this.#keys(prefix, before, 2)) yield BigInt(`0x${key.slice(prefix.length)}`);
  }

  /** Which address was given last out of a set, by its name; null for none. */
  turnOf(set: number): string | null {
    return this.#state.get(this.#turnKey(set));
  }

  /** The key of an address, by its name. */
  #key(address: string): string {
    return `a/${this.#network}/${address}`;
  }

  #turnKey(set: number): string {
    return `c/${this.#network}/${set}`;
  }

  /** undefined where no store takes it, and so nothing is held. */
  #holdingKey(attachment: Attachment): string | undefined {
    const key = `o/${this.#network}/${ownerOf(attachment)}`;
    return key.length <= MAX_KEY ? key : undefined;
  }

  *#keys(prefix: string, after: string | undefined, first: number): Generator<string> {
    for (let limit = first, next = after;; limit = Math.min(limit * 8, 1_000)) {
      const page = this.#state.list({
        prefix,
        limit,
        ...(next === undefined ? {} : { after: next }),
      });
      yield* page.keys;
      if (page.next === undefined) return;
      next = page.next;
    }
  }
}

function held(owner: string): CniError {
  const message = `${owner} has an address already`;
  return new CniError(103, message, "a container must leave a network before it joins it again");
}

function ownerOf({ containerId, ifname }: Attachment): string {
  return `${containerId}/${ifname}`;
}

/** Whose name an owner is. */
export function attachmentOf(owner: string): Attachment {
  const [containerId = "", ifname = ""] = owner.split("/");
  return { containerId, ifname };
}

/** In a form whose order is that of the addresses: the family, then hexadecimal digits. */
function nameOf({ family, value }: Ip): string {
  return `${family}${value.toString(16).padStart(bitsOf(family) / 4, "0")}`;
}

/** The address of a name. */
export function addressOf(name: string): Ip {
  return { family: name.startsWith("4") ? 4 : 6, value: BigInt(`0x${name.slice(1)}`) };
}

function encode(holding: Holding): string {
  return JSON.stringify(holding);
}

function namesIn(holding: string | null): readonly string[] {
  return holding === null ? [] : (JSON.parse(holding) as Holding).addresses;
}

/** Runs `work`; a state that cannot be used now may be later, which runtimes understand. */
export function withState<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    const isBusy = error instanceof CapabilityError &&
      ["capability.limit", "capability.timeout", "capability.conflict"].includes(error.code);
    if (!isBusy) throw error;
    throw new CniError(11, "the memory of addresses cannot be used now", error.message);
  }
}

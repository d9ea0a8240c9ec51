import { CapabilityError, CniError, type State } from "cofferdam/guest";
import { bitsOf, type Ip } from "../pool-ipam/address.ts";

/** A container's interface, as runtimes name it; neither name has a `/`. */
export interface Attachment {
  readonly containerId: string;
  readonly ifname: string;
}

/** What an attachment holds. It is written before its addresses are, and removed after them. */
interface Holding {
  readonly addresses: readonly string[];
}

/** The longest key that a store takes, in bytes; names are ASCII. */
const MAX_KEY = 512;

/**
 * Who holds which address in one network, in the state of the host:
 *
 * - `a/NETWORK/ADDRESS`: who holds it, in the order of addresses. It is set by a swap with nothing alone,
 *   so that no two processes give one address to two;
 * - `o/NETWORK/CONTAINER/IFNAME`: what it holds, or was about to take when its process ended;
 * - `c/NETWORK/N`: which address was given last out of set N;
 * - `g/NETWORK`: behind whom the next GC is to go on, where one stopped.
 */
export class Store {
  readonly #state: State;
  readonly #network: string;

  constructor(state: State, network: string) {
    this.#state = state;
    this.#network = network;
  }

  /**
   * Begins to give an attachment addresses. What is left of one that broke off, joining or leaving, is
   * forgotten first.
   *
   * @throws {CniError} 7
   */
  open(attachment: Attachment): Lease {
    const key = this.#holdingKey(attachment);
    if (key === undefined) throw new CniError(7, "the names of network and container are too long");
    const owner = ownerOf(attachment);
    const text = this.#state.get(key);
    const isBroken = text !== null &&
      decode(text).addresses.every((address) => this.#state.get(this.key(address)) !== owner);
    // Whoever is still at it sees that, and gives back what it takes.
    if (isBroken) this.#state.swap(key, text, null);
    return new Lease(this.#state, { key, owner, store: this });
  }

  /** Whether an attachment holds addresses, all of which are its own. */
  holds(attachment: Attachment): boolean {
    const key = this.#holdingKey(attachment);
    const text = key === undefined ? null : this.#state.get(key);
    if (text === null) return false;
    const owner = ownerOf(attachment);
    return decode(text).addresses.every((address) => this.#state.get(this.key(address)) === owner);
  }

  /** Gives back all that an attachment holds. @returns false where it held nothing. */
  release(attachment: Attachment): boolean {
    const key = this.#holdingKey(attachment);
    if (key === undefined) return false;
    const owner = ownerOf(attachment);
    for (let text = this.#state.get(key); text !== null;) {
      const { addresses } = decode(text);
      for (const address of addresses) this.giveBack(address, owner);
      const { swapped, current } = this.#state.swap(key, text, null);
      text = current;
      if (!swapped) continue;
      // What was still being taken until then; who takes it later sees that it has left.
      for (const address of addresses) this.giveBack(address, owner);
      return true;
    }
    return false;
  }

  /** All that hold something, in the order of their names, behind one of them; as {@link attachmentOf}. */
  *owners(after: string | undefined): Generator<string> {
    const prefix = `o/${this.#network}/`;
    const last = after === undefined ? undefined : prefix + after;
    for (const key of this.#keys(prefix, last, 100)) yield key.slice(prefix.length);
  }

  /** Behind whom GC is to go on; undefined for the beginning. */
  place(): string | undefined {
    return this.#state.get(`g/${this.#network}`) ?? undefined;
  }

  setPlace(owner: string | undefined): void {
    const key = `g/${this.#network}`;
    if (owner === undefined) this.#state.delete(key);
    else this.#state.put(key, owner);
  }

  /** The addresses of a family that are taken, from one on, in order. */
  *taken(family: 4 | 6, from: bigint): Generator<bigint> {
    const prefix = `a/${this.#network}/${family}`;
    const before = this.key(nameOf({ family, value: from - 1n }));
    // Mostly the first one that is looked at is free.
    for (const key of this.#keys(prefix, before, 2)) yield BigInt(`0x${key.slice(prefix.length)}`);
  }

  /** The address that was given last out of a set; undefined for none. */
  lastOf(set: number): Ip | undefined {
    const text = this.#state.get(`c/${this.#network}/${set}`);
    if (text === null) return undefined;
    return { family: text.startsWith("4") ? 4 : 6, value: BigInt(`0x${text.slice(1)}`) };
  }

  setLast(set: number, address: Ip): void {
    this.#state.put(`c/${this.#network}/${set}`, nameOf(address));
  }

  /** Frees an address that `owner` holds. */
  giveBack(address: string, owner: string): void {
    this.#state.swap(this.key(address), owner, null);
  }

  /** The key of an address, by its name in the store. */
  key(address: string): string {
    return `a/${this.#network}/${address}`;
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

/** What an attachment is given; nothing is written before the first address. */
export class Lease {
  readonly #state: State;
  readonly #key: string;
  readonly #owner: string;
  readonly #store: Store;
  /** What stands there of the attachment; null for nothing. */
  #text: string | null = null;
  #addresses: readonly string[] = [];

  constructor(
    state: State,
    { key, owner, store }: {
      readonly key: string;
      readonly owner: string;
      readonly store: Store;
    },
  ) {
    this.#state = state;
    this.#key = key;
    this.#owner = owner;
    this.#store = store;
  }

  /**
   * Takes an address.
   *
   * @returns false where another has it.
   * @throws {CniError} 103 where the attachment has addresses, 11 where it was told to leave meanwhile
   */
  take(address: Ip): boolean {
    const name = nameOf(address);
    // First what is about to be taken: where we end here, leaving frees it.
    this.#write([...this.#addresses, name]);
    const { swapped } = this.#state.swap(this.#store.key(name), null, this.#owner);
    if (!swapped) return false;
    this.#addresses = [...this.#addresses, name];
    if (this.#state.get(this.#key) === this.#text) return true;
    this.#store.giveBack(name, this.#owner);
    throw left();
  }

  /** Gives back what was taken. */
  giveUp(): void {
    for (const address of this.#addresses) this.#store.giveBack(address, this.#owner);
    if (this.#text !== null) this.#state.swap(this.#key, this.#text, null);
  }

  #write(addresses: readonly string[]): void {
    const text = encode({ addresses });
    const { swapped } = this.#state.swap(this.#key, this.#text, text);
    if (!swapped) throw this.#text === null ? held(this.#owner) : left();
    this.#text = text;
  }
}

function held(owner: string): CniError {
  const message = `${owner} has an address already`;
  return new CniError(103, message, "a container must leave a network before it joins it again");
}

function left(): CniError {
  return new CniError(11, "the container left the network while it joined it");
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

function encode(holding: Holding): string {
  return JSON.stringify(holding);
}

function decode(text: string): Holding {
  return JSON.parse(text) as Holding;
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

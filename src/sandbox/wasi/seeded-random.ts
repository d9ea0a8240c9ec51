/**
 * A stream of bytes that looks random and depends on `seed` alone: xoshiro128**, begun by splitmix64.
 * Whoever knows the seed knows every byte, so nothing of it is secret.
 *
 * @see https://prng.di.unimi.it (Blackman, Vigna)
 */
export class SeededRandom {
  #a: number;
  #b: number;
  #c: number;
  #d: number;

  /** @param seed Its low 64 bits count. */
  constructor(seed: bigint) {
    const first = splitMix64(seed);
    const second = splitMix64(seed + GOLDEN);
    this.#a = Number(first & 0xffffffffn);
    this.#b = Number(first >> 32n);
    this.#c = Number(second & 0xffffffffn);
    this.#d = Number(second >> 32n);
  }

  /** Fills `bytes`, four at a time, little-endian; what is left of the last four is thrown away. */
  fill(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at += 4) {
      const word = this.next();
      bytes[at] = word;
      // Beyond the end these are dropped, as a typed array does.
      bytes[at + 1] = word >>> 8;
      bytes[at + 2] = word >>> 16;
      bytes[at + 3] = word >>> 24;
    }
  }

  /** The next number, from 0 to 2^32-1. */
  next(): number {
    const result = Math.imul(rotateLeft(Math.imul(this.#b, 5), 7), 9) >>> 0;
    const shifted = this.#b << 9;
    this.#c ^= this.#a;
    this.#d ^= this.#b;
    this.#b ^= this.#c;
    this.#a ^= this.#d;
    this.#c ^= shifted;
    this.#d = rotateLeft(this.#d, 11);
    return result;
  }
}

const GOLDEN = 0x9e3779b97f4a7c15n;

/** The number that splitmix64 gives first, when its state is `state`. */
export function splitMix64(state: bigint): bigint {
  const u64 = (value: bigint) => BigInt.asUintN(64, value);
  let z = u64(state + GOLDEN);
  z = u64((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n);
  z = u64((z ^ (z >> 27n)) * 0x94d049bb133111ebn);
  return z ^ (z >> 31n);
}

function rotateLeft(value: number, by: number): number {
  return (value << by) | (value >>> (32 - by));
}

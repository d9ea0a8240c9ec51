/** Numbers that are worth trying: borders, small counts and addresses, signs. */
const EDGES: readonly bigint[] = [0n, 1n, 2n, 7n, 8n, 16n, 31n, 63n, 100n, 255n, 65_535n, 65_536n]
  .flatMap((value) => [value, -value])
  .concat([0x7fff_ffffn, -0x8000_0000n, 0x7fff_ffff_ffff_ffffn, -0x8000_0000_0000_0000n]);

/** Steele, Lea and Flood's splitmix64: the same numbers for the same seed everywhere. */
export class SplitMix {
  #state: bigint;

  constructor(seed: number) {
    this.#state = BigInt(seed);
  }

  /** 64 random bits. */
  next(): bigint {
    this.#state = BigInt.asUintN(64, this.#state + 0x9e3779b97f4a7c15n);
    let z = this.#state;
    z = BigInt.asUintN(64, (z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n);
    z = BigInt.asUintN(64, (z ^ (z >> 27n)) * 0x94d049bb133111ebn);
    return z ^ (z >> 31n);
  }

  /** Writes a number of the value type `type` into a slot; gives a reference back. */
  fill(slot: DataView, type: string): unknown {
    if (type === "funcref") return null;
    if (type === "externref") return this.next() % 2n === 0n ? null : HOST_VALUE;
    for (const offset of [0, 8]) slot.setBigUint64(offset, this.#number(type), true);
    return undefined;
  }

  #number(type: string): bigint {
    const choice = this.next();
    if (choice % 4n === 0n) return this.next();
    const edge = EDGES[Number((choice >> 8n) % BigInt(EDGES.length))]!;
    if (type === "f32") return BigInt.asUintN(64, BITS.f32(Number(edge)));
    if (type === "f64") return BITS.f64(Number(edge));
    return BigInt.asUintN(64, edge);
  }
}

const HOST_VALUE = { host: "value" };

const view = new DataView(new ArrayBuffer(8));
const BITS = {
  f32(value: number): bigint {
    view.setFloat32(0, value);
    return BigInt(view.getUint32(0));
  },
  f64(value: number): bigint {
    view.setFloat64(0, value);
    return view.getBigUint64(0);
  },
};

import * as assert from "uvu/assert";
import {
  includes,
  type Network,
  readNetwork,
  writeNetwork,
} from "../../../wasm-plugins/shared/address.ts";
import {
  addPool,
  freeNetwork,
  type PoolIndex,
  readPoolId,
  removePool,
} from "../../../wasm-plugins/pool-ipam/pool-index.ts";
import { suite } from "../../support/suite.ts";

const test = suite("wasm-plugins/pool-ipam/pool-index");

const PLACE = { space: "local", family: 4 } as const;
const EMPTY: PoolIndex = { next: 1, pools: [] };

const network = (text: string): Network => readNetwork(text)!;

function add(index: PoolIndex, text: string): PoolIndex {
  return addPool(index, { network: network(text), part: undefined, epoch: 0 }, PLACE);
}

const overlaps = (a: Network, b: Network) => includes(a, b) || includes(b, a);

/** Every network of a length in a supernet, in their order. */
function allOf(supernet: string, prefixLength: number): Network[] {
  const { family, start, length } = network(supernet);
  const size = 1n << BigInt(32 - prefixLength);
  return Array.from(
    { length: 2 ** (prefixLength - length) },
    (_, i) => ({ family, start: start + BigInt(i) * size, length: prefixLength }),
  );
}

test("freeNetwork() finds what looking at each network finds", () => {
  let seed = 5;
  const random = (below: number) => {
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
    return Math.floor(seed / 2 ** 31 * below);
  };
  let index = EMPTY;
  let [found, full] = [0, 0];
  for (let round = 0; round < 3_000; round++) {
    const supernet = `10.0.${random(2)}.0/24`;
    const prefixLength = 25 + random(6);
    const free = freeNetwork(index, { network: network(supernet), prefixLength });
    const wanted = allOf(supernet, prefixLength)
      .find((one) => !index.pools.some((pool) => overlaps(pool.network, one)));
    assert.equal(free, wanted);
    if (free === undefined) full++;
    else found++;
    if (free !== undefined && random(3) > 0) index = add(index, writeNetwork(free));
    if (index.pools.length > 0 && random(3) === 0) {
      index = removePool(index, index.pools[random(index.pools.length)]!.network);
    }
    const starts = index.pools.map((pool) => pool.network.start);
    assert.equal(starts, [...starts].sort((a, b) => (a < b ? -1 : 1)));
  }
  assert.ok(found > 500 && full > 500, `${found} found, ${full} times full`);
});

test("freeNetwork() looks at pools that reach into the supernet from outside", () => {
  const around = add(EMPTY, "10.0.0.0/8");
  const supernet = { network: network("10.64.0.0/12"), prefixLength: 24 };
  assert.is(freeNetwork(around, supernet), undefined);
  const before = add(EMPTY, "10.63.0.0/16");
  assert.is(writeNetwork(freeNetwork(before, supernet)!), "10.64.0.0/24");
});

test("addPool() refuses what overlaps, and gives each pool a number of its own", () => {
  let index = add(add(EMPTY, "10.0.1.0/24"), "10.0.0.0/24");
  assert.equal(index.pools.map(({ serial }) => serial), [2, 1]);
  assert.throws(() => add(index, "10.0.0.0/24"), /10\.0\.0\.0\/24: it is in use/);
  for (const text of ["10.0.0.0/23", "10.0.1.255/32", "0.0.0.0/0"]) {
    assert.throws(() => add(index, text), /overlaps 10\.0\.[01]\.0\/24/, text);
  }
  index = add(removePool(index, network("10.0.0.0/24")), "10.0.0.0/24");
  assert.equal(index.pools.map(({ serial }) => serial), [3, 1]);
  assert.is(removePool(index, network("10.0.0.0/23")), index);
});

test("readPoolId() reads what was given, and nothing else", () => {
  assert.equal(readPoolId("local/10.0.0.0/24"), { ...PLACE, network: network("10.0.0.0/24") });
  assert.is(readPoolId("a.b-c/fd00::/64")!.family, 6);
  for (
    const poolId of [
      ...["", "local", "local/", "local/10.0.0.0", "local/10.0.0.1/24", "/10.0.0.0/24"],
      ...["a/b/10.0.0.0/24", "local/FD00::/64", "local/fd00:0::/64", `${"a".repeat(65)}/::/0`],
      ...["../10.0.0.0/24", "local/10.0.0.0/24/10.0.0.0/25"],
    ]
  ) assert.is(readPoolId(poolId), undefined, poolId);
});

test.run();

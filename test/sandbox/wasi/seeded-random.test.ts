import * as assert from "uvu/assert";
import { SeededRandom, splitMix64 } from "../../../src/sandbox/wasi/seeded-random.ts";
import { suite } from "../../support/suite.ts";

const test = suite("sandbox/seeded-random");

test("splitMix64() gives the numbers of the published generator", () => {
  const golden = 0x9e3779b97f4a7c15n;
  const numbers = [0n, 1n, 2n, 3n].map((step) => splitMix64(1_234_567n + step * golden));
  assert.equal(numbers, [
    6_457_827_717_110_365_317n,
    3_203_168_211_198_807_973n,
    9_817_491_932_198_370_423n,
    4_593_380_528_125_082_431n,
  ]);
});

/** xoshiro128** once more, on bigints and as its authors write it down. */
function* published(seed: bigint): Generator<number> {
  const u32 = (value: bigint) => BigInt.asUintN(32, value);
  const rotl = (value: bigint, by: bigint) => u32(value << by) | (value >> (32n - by));
  const words = [splitMix64(seed), splitMix64(seed + 0x9e3779b97f4a7c15n)];
  const s = words.flatMap((word) => [u32(word), word >> 32n]);
  while (true) {
    yield Number(u32(rotl(u32(s[1]! * 5n), 7n) * 9n));
    const t = u32(s[1]! << 9n);
    s[2]! ^= s[0]!;
    s[3]! ^= s[1]!;
    s[1]! ^= s[2]!;
    s[0]! ^= s[3]!;
    s[2]! ^= t;
    s[3] = rotl(s[3]!, 11n);
  }
}

test("SeededRandom.next() gives the numbers of xoshiro128**", () => {
  for (const seed of [0n, 1n, 0x636f66666572646dn, 2n ** 64n - 1n]) {
    const random = new SeededRandom(seed);
    const wanted = published(seed);
    for (let i = 0; i < 1000; i++) assert.is(random.next(), wanted.next().value, `${seed} ${i}`);
  }
});

test("SeededRandom.fill() writes little-endian, and all of it", () => {
  const words = new SeededRandom(7n);
  const wanted = new DataView(new ArrayBuffer(12));
  for (const at of [0, 4, 8]) wanted.setUint32(at, words.next(), true);
  for (let length = 0; length <= 12; length++) {
    const bytes = new Uint8Array(length);
    new SeededRandom(7n).fill(bytes);
    assert.equal(bytes, new Uint8Array(wanted.buffer.slice(0, length)));
  }
});

test.run();

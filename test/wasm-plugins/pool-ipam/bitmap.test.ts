import * as assert from "uvu/assert";
import {
  addBit,
  type Bitmap,
  BITMAP_SIZE,
  firstFree,
  hasBit,
  removeBit,
} from "../../../wasm-plugins/pool-ipam/bitmap.ts";
import { suite } from "../../support/suite.ts";

const test = suite("wasm-plugins/pool-ipam/bitmap");

const of = (...bits: number[]): Bitmap => bits.reduce(addBit, "");

test("a bitmap is short where its numbers are few and low", () => {
  assert.is(of(), "");
  assert.is(of(0), "1");
  assert.is(of(0, 1, 2, 3), "f");
  assert.is(of(5), "02");
  assert.is(of(BITMAP_SIZE - 1).length, BITMAP_SIZE / 4);
  assert.is(removeBit(of(0, 9), 9), "1");
  assert.is(removeBit(of(9), 9), "");
  assert.is(removeBit("", 9), "");
});

test("adding twice is adding once", () => {
  assert.is(addBit(of(7), 7), of(7));
});

test("firstFree() finds the lowest number that is not there, within its bounds", () => {
  const full = of(...Array.from({ length: 64 }, (_, bit) => bit));
  assert.is(firstFree("", 0, 10), 0);
  assert.is(firstFree("", 3, 3), 3);
  assert.is(firstFree(full, 0, BITMAP_SIZE - 1), 64);
  assert.is(firstFree(full, 0, 63), undefined);
  assert.is(firstFree(full, 5, 64), 64);
  assert.is(firstFree(removeBit(full, 17), 0, 63), 17);
  assert.is(firstFree(removeBit(full, 17), 18, 63), undefined);
  assert.is(firstFree(full, 500, 4_095), 500);
  assert.is(firstFree("f".repeat(BITMAP_SIZE / 4), 0, BITMAP_SIZE - 1), undefined);
  assert.is(firstFree("", 5, 4), undefined);
});

test("a bitmap does as a set does", () => {
  let seed = 7;
  const random = (below: number) => {
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
    return Math.floor(seed / 2 ** 31 * below);
  };
  const set = new Set<number>();
  let bitmap = "";
  for (let round = 0; round < 5_000; round++) {
    const bit = random(200);
    if (random(5) < 3) {
      set.add(bit);
      bitmap = addBit(bitmap, bit);
    } else {
      set.delete(bit);
      bitmap = removeBit(bitmap, bit);
    }
    const [from, to] = [random(210), random(210)];
    let free: number | undefined;
    for (let one = from; one <= to && free === undefined; one++) if (!set.has(one)) free = one;
    assert.is(firstFree(bitmap, from, to), free, `${bitmap} ${from} ${to}`);
    const other = random(200);
    assert.is(hasBit(bitmap, other), set.has(other));
    assert.not(bitmap.endsWith("0"));
  }
});

test.run();

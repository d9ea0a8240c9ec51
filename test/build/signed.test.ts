import * as assert from "uvu/assert";
import { encodeConstant, encodeSigned } from "../../src/build/signed.ts";
import { suite } from "../support/suite.ts";

const test = suite("encodeSigned");

/** The number that an engine reads: the initial value of a global of the type `i64`. */
function read(bytes: readonly number[]): bigint {
  const global = [1, 0x7e, 0, 0x42, ...bytes, 0x0b];
  const module = Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...[6, global.length, ...global],
    ...[7, 5, 1, 1, 0x67, 3, 0],
  ]);
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(module));
  return (exports.g as unknown as { value: bigint }).value;
}

const VALUES = [
  0n,
  1n,
  -1n,
  63n,
  64n,
  -64n,
  -65n,
  127n,
  128n,
  0x300000000n,
  2n ** 63n - 1n,
  -(2n ** 63n),
];

for (const value of VALUES) {
  test(`encodeSigned() writes ${value}`, () => {
    assert.is(read(encodeSigned(value)), value);
  });
}

test("encodeConstant() writes an unsigned address as the i32 of the same bits", () => {
  assert.equal(encodeConstant(0xffff_ffff), [0x41, 0x7f, 0x0b]);
  assert.equal(encodeConstant(1_048_576), [0x41, 0x80, 0x80, 0xc0, 0x00, 0x0b]);
});

test.run();

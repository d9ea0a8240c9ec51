import * as assert from "uvu/assert";
import { type MeteredGuest, meterGuest } from "../../support/metered.ts";
import { suite } from "../../support/suite.ts";

const test = suite("nan");

const ONE = ["ceil", "floor", "trunc", "nearest", "sqrt"];
const TWO = ["add", "sub", "mul", "div", "min", "max"];
const KEEP_ONE = ["abs", "neg"];

/** Bits of numbers, infinities, and NaNs quiet, signalling, negative and with payloads. */
const BITS32 = [0, 0x8000_0000, 0x3f80_0000, 0xbfc0_0000, 0x7f80_0000, 0xff80_0000].concat(
  [0x7fc0_0000, 0xffc0_0000, 0x7f80_0001, 0xff80_0001, 0x7fa1_2345, 0xffff_ffff],
);
const BITS64 = [0n, 1n << 63n, 0x3ff0n << 48n, 0xbff8n << 48n, 0x7ff0n << 48n, 0xfff0n << 48n]
  .concat(
    [0x7ff8n << 48n, 0xfff8n << 48n, 0x7ff0_0000_0000_0001n, 0xfff4_0000_1234_5678n],
    [0x7fff_ffff_ffff_ffffn, 0xffff_ffff_ffff_ffffn],
  );
const NAN32 = 0x7fc0_0000n;
const NAN64 = 0x7ff8n << 48n;

const isNaN32 = (bits: bigint) => (bits & 0x7fff_ffffn) > 0x7f80_0000n;
const isNaN64 = (bits: bigint) => (bits & ~(1n << 63n)) > 0x7ff0n << 48n;

/** `bits` with every NaN in its lanes made canonical. */
function canonical(bits: bigint, lane: 32 | 64): bigint {
  if (lane === 64) return isNaN64(bits) ? NAN64 : bits;
  const [high, low] = [bits >> 32n, bits & 0xffff_ffffn];
  return (isNaN32(high) ? NAN32 : high) << 32n | (isNaN32(low) ? NAN32 : low);
}

const unsigned = (value: unknown) => BigInt.asUintN(64, value as bigint);

/** Guests of one function each, metered with and without canonical NaNs. */
function both(code: string): [MeteredGuest, MeteredGuest] {
  const text = `(module (func (export "f") (param $a i64) (param $b i64) (result i64) ${code}))`;
  return [meterGuest(text), meterGuest(text, { canonicalNaN: false })];
}

const F32 = (name: string) => `(f32.reinterpret_i32 (i32.wrap_i64 (local.get ${name})))`;
const F64 = (name: string) => `(f64.reinterpret_i64 (local.get ${name}))`;
const FROM32 = (code: string) => `(i64.extend_i32_u (i32.reinterpret_f32 ${code}))`;
const FROM64 = (code: string) => `(i64.reinterpret_f64 ${code})`;
const V = (name: string) => `(i64x2.splat (local.get ${name}))`;
const FROMV = (code: string) => `(i64x2.extract_lane 0 ${code})`;

/** What computes, its operands' size, its result's, and the code. */
const MAKERS: (readonly [what: string, operands: 32 | 64, result: 32 | 64, code: string])[] = [];
for (const op of ONE) {
  MAKERS.push([`f32.${op}`, 32, 32, FROM32(`(f32.${op} ${F32("$a")})`)]);
  MAKERS.push([`f64.${op}`, 64, 64, FROM64(`(f64.${op} ${F64("$a")})`)]);
}
for (const op of TWO) {
  MAKERS.push([`f32.${op}`, 32, 32, FROM32(`(f32.${op} ${F32("$a")} ${F32("$b")})`)]);
  MAKERS.push([`f64.${op}`, 64, 64, FROM64(`(f64.${op} ${F64("$a")} ${F64("$b")})`)]);
}
for (const [shape, size] of [["f32x4", 32], ["f64x2", 64]] as const) {
  for (const op of ONE) {
    MAKERS.push([`${shape}.${op}`, size, size, FROMV(`(${shape}.${op} ${V("$a")})`)]);
  }
  for (const op of TWO) {
    MAKERS.push([`${shape}.${op}`, size, size, FROMV(`(${shape}.${op} ${V("$a")} ${V("$b")})`)]);
  }
}
MAKERS.push(["f32.demote_f64", 64, 32, FROM32(`(f32.demote_f64 ${F64("$a")})`)]);
MAKERS.push(["f64.promote_f32", 32, 64, FROM64(`(f64.promote_f32 ${F32("$a")})`)]);
MAKERS.push(["f32x4.demote_f64x2_zero", 64, 32, FROMV(`(f32x4.demote_f64x2_zero ${V("$a")})`)]);
MAKERS.push(["f64x2.promote_low_f32x4", 32, 64, FROMV(`(f64x2.promote_low_f32x4 ${V("$a")})`)]);
// Where the next instruction hides the bits, the last one still shows canonical ones.
MAKERS.push([
  "f64.add of f64.mul",
  64,
  64,
  FROM64(`(f64.add ${F64("$a")} (f64.mul ${F64("$a")} ${F64("$b")}))`),
]);
MAKERS.push([
  "f64.sub of f64.div and a local",
  64,
  64,
  `(local $x f64) (local.set $x ${F64("$b")}) ${
    FROM64(`(f64.sub (f64.div ${F64("$a")} ${F64("$b")}) (local.get $x))`)
  }`,
]);
MAKERS.push(["f64.copysign of f64.sqrt", 64, 64, FROM64(`(f64.abs (f64.sqrt ${F64("$a")}))`)]);
MAKERS.push([
  "f32.demote_f64 of f64.mul",
  64,
  32,
  FROM32(`(f32.demote_f64 (f64.mul ${F64("$a")} ${F64("$b")}))`),
]);
MAKERS.push([
  "f64.promote_f32 of f32.mul",
  32,
  64,
  FROM64(`(f64.promote_f32 (f32.mul ${F32("$a")} ${F32("$b")}))`),
]);
MAKERS.push([
  "f64x2.add of f64x2.mul",
  64,
  64,
  FROMV(`(f64x2.add ${V("$a")} (f64x2.mul ${V("$a")} ${V("$b")}))`),
]);
MAKERS.push([
  "f32x4.max of f32x4.sub",
  32,
  32,
  FROMV(`(f32x4.max ${V("$a")} (f32x4.sub ${V("$b")} ${V("$a")}))`),
]);
MAKERS.push([
  "a local set between",
  64,
  64,
  `(local $x f64) (local.set $x (f64.add ${F64("$a")} ${F64("$b")})) ${FROM64("(local.get $x)")}`,
]);
MAKERS.push([
  "pmin of what was made",
  64,
  64,
  FROMV(`(f64x2.pmin (f64x2.add ${V("$a")} ${V("$b")}) (f64x2.sub ${V("$a")} ${V("$b")}))`),
]);

function* pairs(size: 32 | 64): Generator<[bigint, bigint]> {
  for (const [at, bits] of (size === 32 ? BITS32.map(BigInt) : BITS64).entries()) {
    const all = size === 32 ? BITS32.map(BigInt) : BITS64;
    // Both halves, for SIMD; the upper one is another number than the lower.
    const upper = size === 32 ? all[(at + 5) % all.length]! << 32n : 0n;
    for (const other of all) yield [upper | bits, size === 32 ? other << 32n | other : other];
  }
}

for (const [what, operands, result, code] of MAKERS) {
  test(`the NaN of ${what} is canonical, numbers stay`, () => {
    const [made, plain] = both(code);
    let nans = 0;
    for (const [a, b] of pairs(operands)) {
      const bits = unsigned(made.spend("f", [a, b]).value);
      assert.is(bits, canonical(unsigned(plain.spend("f", [a, b]).value), result), `${a} ${b}`);
      if (
        bits === canonical(bits, result) &&
        (result === 64 ? isNaN64(bits) : isNaN32(bits & 0xffff_ffffn))
      ) nans++;
    }
    assert.ok(nans > 0, "some are NaN");
  });
}

const KEPT:
  readonly (readonly [what: string, code: string, bits: (a: bigint, b: bigint) => bigint])[] = [
    ["f64.abs", FROM64(`(f64.abs ${F64("$a")})`), (a) => a & ~(1n << 63n)],
    ["f64.neg", FROM64(`(f64.neg ${F64("$a")})`), (a) => a ^ 1n << 63n],
    [
      "f64.copysign",
      FROM64(`(f64.copysign ${F64("$a")} ${F64("$b")})`),
      (a, b) => a & ~(1n << 63n) | b & 1n << 63n,
    ],
    ["a local", `(local $x f64) (local.set $x ${F64("$a")}) ${FROM64("(local.get $x)")}`, (a) => a],
    ["select", FROM64(`(select ${F64("$a")} ${F64("$b")} (i32.const 1))`), (a) => a],
    ["f64x2.abs", FROMV(`(f64x2.abs ${V("$a")})`), (a) => a & ~(1n << 63n)],
    ["f64x2.neg", FROMV(`(f64x2.neg ${V("$a")})`), (a) => a ^ 1n << 63n],
  ];
for (const [what, code, expected] of KEPT) {
  test(`the bits that ${what} keeps are kept, NaN or not`, () => {
    const [guest] = both(code);
    for (const [a, b] of pairs(64)) {
      assert.is(unsigned(guest.spend("f", [a, b]).value), expected(a, b));
    }
  });
}
for (const op of KEEP_ONE) {
  test(`f32.${op} keeps a signalling NaN's payload`, () => {
    const [guest] = both(FROM32(`(f32.${op} ${F32("$a")})`));
    const bits = unsigned(guest.spend("f", [0x7fa1_2345n, 0n]).value);
    assert.is(bits, op === "abs" ? 0x7fa1_2345n : 0xffa1_2345n);
  });
}

test("a load and a store keep a NaN's bits, since some guests box values in them", () => {
  const guest = meterGuest(`(module (memory 1) (func (export "f") (param i64) (result i64)
    (i64.store (i32.const 0) (local.get 0)) (f64.store (i32.const 8) (f64.load (i32.const 0)))
    (i64.load (i32.const 8))))`);
  for (const bits of BITS64) assert.is(unsigned(guest.spend("f", [bits]).value), bits);
});

test("what hides a NaN's bits needs no code for them", () => {
  const size = (code: string, canonicalNaN: boolean) =>
    meterGuest(`(module (func (param f64 f64) (param f32) ${code}))`, { canonicalNaN }).module.bytes
      .length;
  for (
    const code of [
      "(drop (f64.lt (f64.const 1) (f64.add (local.get 0) (local.get 1))))",
      "(drop (f64.lt (f64.add (local.get 0) (local.get 1)) (local.get 0)))",
      "(drop (i32.trunc_f64_s (f64.sqrt (local.get 0))))",
      "(drop (i64.trunc_sat_f64_u (f64.sqrt (local.get 0))))",
      "(drop (i64.trunc_sat_f32_s (f32.sqrt (local.get 2))))",
      "(drop (f64.div (local.get 0) (local.get 1)))",
    ]
  ) assert.is(size(code, true), size(code, false), code);
  const shown = "(local.set 0 (f64.div (local.get 0) (local.get 1)))";
  assert.ok(size(shown, true) > size(shown, false));
});

test.run();

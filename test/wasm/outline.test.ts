import * as assert from "uvu/assert";
import { concatBytes } from "../../src/concat-bytes.ts";
import { readOutline } from "../../src/wasm/outline.ts";
import { encodeSection } from "../../src/wasm/writer.ts";
import { assertFault } from "../support/fault.ts";
import { assemble } from "../support/guest.ts";
import { suite } from "../support/suite.ts";

const test = suite("outline");

test("readOutline() reads imports, exports and memories with their types", () => {
  const outline = readOutline(assemble(`(module
    (import "extism:host/env" "alloc" (func $alloc (param i64) (result i64)))
    (import "env" "table" (table 1 10 funcref))
    (import "env" "base" (global i32))
    (memory (export "memory") 2 9)
    (func (export "admission_check") (result i32) (i32.const 0))
    (func (export "other") (param f32 f64))
    (export "again" (func $alloc)))`));
  assert.equal(outline.imports, [
    {
      module: "extism:host/env",
      name: "alloc",
      kind: "function",
      type: { params: ["i64"], results: ["i64"] },
    },
    { module: "env", name: "table", kind: "table" },
    { module: "env", name: "base", kind: "global" },
  ]);
  assert.equal(outline.exports, [
    { name: "memory", kind: "memory", index: 0 },
    { name: "admission_check", kind: "function", index: 1, type: { params: [], results: ["i32"] } },
    { name: "other", kind: "function", index: 2, type: { params: ["f32", "f64"], results: [] } },
    { name: "again", kind: "function", index: 0, type: { params: ["i64"], results: ["i64"] } },
  ]);
  assert.equal(outline.memories, [{ min: 2, max: 9 }]);
});

test("readOutline() gives a memory without a maximum none", () => {
  assert.equal(readOutline(assemble("(module (memory 3))")).memories, [{ min: 3 }]);
});

test("readOutline() names the start function", () => {
  assert.is(readOutline(assemble("(module (func) (func $s) (start $s))")).start, 1);
  assert.is(readOutline(assemble("(module (func))")).start, undefined);
});

const PREAMBLE = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);

const REFUSED: [string, number, number[], RegExp][] = [
  ["a vector longer than its section", 1, [200, 1], /cut short/],
  [
    "a vector of four thousand million types",
    1,
    [0xff, 0xff, 0xff, 0xff, 0x0f],
    /more than 100000/,
  ],
  ["bytes behind a vector", 1, [0, 0], /more than it says/],
  ["a function of 70,000 parameters", 1, [1, 0x60, 0xf0, 0xa2, 0x04], /too long/],
  ["a table of another type", 4, [1, 0x64, 0], /table type 0x64/],
  ["a struct type", 1, [1, 0x5f, 0], /function type/],
  ["an unknown value type", 1, [1, 0x60, 1, 0x6e, 0], /value type 0x6e/],
  ["a shared memory", 5, [1, 3, 1, 1], /shared or 64-bit/],
  ["a 64-bit memory", 5, [1, 4, 1], /shared or 64-bit/],
  ["a maximum below the minimum", 5, [1, 1, 2, 1], /below its minimum/],
  ["a tag import", 2, [1, 1, 97, 1, 98, 4, 0, 0], /external kind 4/],
];

for (const [what, id, content, message] of REFUSED) {
  test(`readOutline() refuses ${what}`, () => {
    const bytes = concatBytes([PREAMBLE, encodeSection(id, Uint8Array.from(content))]);
    assertFault(() => readOutline(bytes), "bundle.malformed", message);
  });
}

test.run();

import * as assert from "uvu/assert";
import { concatBytes } from "../../src/concat-bytes.ts";
import { PluginError } from "../../src/plugin-error.ts";
import { readSections } from "../../src/wasm/section.ts";
import { encodeCustomSection, encodeSection } from "../../src/wasm/writer.ts";
import { assemble } from "../support/guest.ts";
import { suite } from "../support/suite.ts";

const test = suite("section");

const PREAMBLE = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
const EMPTY_TYPES = encodeSection(1, Uint8Array.of(0));
const NO_DATA_COUNT = encodeSection(12, Uint8Array.of(0));
const NO_CODE = encodeSection(10, Uint8Array.of(0));

test("readSections() finds each section with its place and name", () => {
  const bytes = concatBytes([PREAMBLE, EMPTY_TYPES, encodeCustomSection("note", Uint8Array.of(7))]);
  assert.equal(readSections(bytes), [
    { id: 1, start: 8, contentStart: 10, end: 11 },
    { id: 0, start: 11, contentStart: 18, end: 19, name: "note" },
  ]);
});

test("readSections() takes the data count before the code, as the specification orders them", () => {
  const sections = readSections(concatBytes([PREAMBLE, NO_DATA_COUNT, NO_CODE]));
  assert.equal(sections.map((s) => s.id), [12, 10]);
});

test("readSections() reads what a real assembler writes", () => {
  const bytes = assemble('(module (memory (export "memory") 1) (func (export "f")))');
  const ids = readSections(bytes).map((s) => s.id);
  assert.equal(ids, [1, 3, 5, 7, 10]);
});

const REFUSED: [string, Uint8Array, RegExp][] = [
  ["an empty file", new Uint8Array(0), /magic/],
  ["a text file", new TextEncoder().encode("#!/bin/sh\n"), /magic/],
  ["half a preamble", PREAMBLE.subarray(0, 6), /version/],
  ["another version", Uint8Array.of(0, 0x61, 0x73, 0x6d, 2, 0, 0, 0), /version/],
  ["a component", Uint8Array.of(0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0), /component/],
  ["a section cut short", concatBytes([PREAMBLE, Uint8Array.of(1, 5, 0)]), /past the end/],
  ["a length without end", concatBytes([PREAMBLE, Uint8Array.of(1, 0x80)]), /cut short/],
  [
    "a length of 6 bytes",
    concatBytes([PREAMBLE, Uint8Array.of(1, 0x80, 0x80, 0x80, 0x80, 0x80, 0)]),
    /32-bit/,
  ],
  [
    "a length beyond 32 bits",
    concatBytes([PREAMBLE, Uint8Array.of(1, 255, 255, 255, 255, 31)]),
    /32-bit/,
  ],
  [
    "more sections than anybody writes",
    concatBytes([PREAMBLE, ...Array.from({ length: 1_001 }, () => Uint8Array.of(0, 1, 0))]),
    /more than 1000 sections/,
  ],
  ["a doubled section", concatBytes([PREAMBLE, EMPTY_TYPES, EMPTY_TYPES]), /doubled/],
  ["sections out of order", concatBytes([PREAMBLE, NO_CODE, NO_DATA_COUNT]), /out of order/],
  ["an unknown section", concatBytes([PREAMBLE, encodeSection(13, Uint8Array.of(0))]), /id 13/],
  [
    "a custom section whose name reaches past it",
    concatBytes([PREAMBLE, Uint8Array.of(0, 2, 9, 65)]),
    /past the end/,
  ],
  [
    "a custom section whose name is not UTF-8",
    concatBytes([PREAMBLE, Uint8Array.of(0, 3, 2, 0xff, 0xfe)]),
    /UTF-8/,
  ],
];

for (const [what, bytes, message] of REFUSED) {
  test(`readSections() refuses ${what}`, () => {
    assert.throws(() => readSections(bytes), (error: unknown) => {
      assert.instance(error, PluginError);
      assert.is((error as PluginError).code, "bundle.malformed");
      assert.match((error as PluginError).message, message);
      return true;
    });
  });
}

test("readSections() survives every truncation of a real module", () => {
  const whole = assemble('(module (memory 1) (data (i32.const 0) "x") (func (export "f")))');
  for (let length = 0; length < whole.length; length++) {
    try {
      readSections(whole.subarray(0, length));
    } catch (error) {
      assert.is((error as PluginError).code, "bundle.malformed", `at ${length} bytes`);
    }
  }
});

test.run();

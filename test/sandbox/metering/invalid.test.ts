import * as assert from "uvu/assert";
import { MODULE_CAPS } from "../../../src/limits.ts";
import type { PluginError } from "../../../src/plugin-error.ts";
import { meter } from "../../../src/sandbox/metering/meter.ts";
import { readOutline } from "../../../src/wasm/outline.ts";
import { SECTION } from "../../../src/wasm/section.ts";
import { encodeSection, encodeU32, replaceSections } from "../../../src/wasm/writer.ts";
import { assertFault } from "../../support/fault.ts";
import { assembleAny, meterGuest } from "../../support/metered.ts";
import { suite } from "../../support/suite.ts";

const test = suite("invalid");

function refuses(source: string | Uint8Array, pattern: RegExp): void {
  assertFault(() => meterGuest(source), "sandbox.module-invalid", pattern);
}

/** A module of one function `() -> ()` with these bytes as its code, next to a memory and a table. */
function codeOf(...code: number[]): Uint8Array {
  const bytes = assembleAny(
    '(module (type (func)) (memory 1) (table 1 funcref) (func nop) (export "f" (func 0)))',
  );
  const body = [0x00, ...code, 0x0b];
  const section = Uint8Array.from([1, ...encodeU32(body.length), ...body]);
  return replaceSections(bytes, readOutline(bytes).sections, new Map([[SECTION.code, section]]));
}

const FEATURES: readonly (readonly [feature: string, text: string])[] = [
  ["uses tail calls \\(return_call at byte", "(module (func $f return_call $f))"],
  [
    "uses tail calls \\(return_call_indirect",
    "(module (table 1 funcref) (func (return_call_indirect (i32.const 0))))",
  ],
  ["uses threads", "(module (memory 1) (func (drop (i32.atomic.load (i32.const 0)))))"],
  [
    "uses multi-memory",
    "(module (memory 1) (func (memory.copy 0 1 (i32.const 0) (i32.const 0) (i32.const 0))))",
  ],
  ["uses multi-memory", "(module (memory 1) (func (drop (memory.grow 1 (i32.const 0)))))"],
  ["uses multi-memory", "(module (memory 1) (func (drop (i32.load 1 (i32.const 0)))))"],
  ["uses multi-memory", '(module (memory 1) (data (memory 1) (i32.const 0) "x"))'],
  ["uses extended-const", "(module (global i32 (i32.add (i32.const 1) (i32.const 2))))"],
  [
    "uses extended-const",
    '(module (memory 1) (data (offset (i32.add (i32.const 1) (i32.const 2))) "x"))',
  ],
  [
    "uses extended-const",
    "(module (table 9 funcref) (elem (offset (i32.add (i32.const 1) (i32.const 2))) func))",
  ],
  [
    "uses a global in the constant",
    "(module (global i32 (i32.const 1)) (global i32 (global.get 0)))",
  ],
  [
    "uses relaxed SIMD",
    "(module (func (drop (i8x16.relaxed_swizzle (v128.const i64x2 0 0) (v128.const i64x2 0 0)))))",
  ],
];
for (const [feature, text] of FEATURES) {
  test(`meter() refuses what ${feature.replaceAll("\\", "")}: ${text}`, () => {
    refuses(assembleAny(text), new RegExp(feature));
  });
}

/** Written as bytes, for what the assembler does not know. */
const CODES: readonly (readonly [feature: string, code: readonly number[]])[] = [
  ["uses exception handling \\(try at byte", [0x06, 0x40, 0x0b]],
  ["uses exception handling \\(catch at", [0x07, 0x00]],
  ["uses exception handling \\(throw at", [0x08, 0x00]],
  ["uses exception handling \\(rethrow", [0x09, 0x00]],
  ["uses exception handling \\(throw_ref", [0x0a]],
  ["uses exception handling \\(delegate", [0x18, 0x00]],
  ["uses exception handling \\(catch_all", [0x19]],
  ["uses exception handling \\(try_table", [0x1f, 0x40, 0x00, 0x0b]],
  ["uses typed function references \\(call_ref", [0x14, 0x00]],
  ["uses tail calls \\(return_call_ref", [0x15, 0x00]],
  ["uses typed function references \\(ref.as_non_null", [0xd4]],
  ["uses typed function references \\(br_on_null", [0xd5, 0x00]],
  ["uses typed function references \\(br_on_non_null", [0xd6, 0x00]],
  ["uses garbage collection \\(ref.eq", [0xd3]],
  ["uses garbage collection", [0xfb, 0x00, 0x00]],
  ["ref.null at byte", [0xd0, 0x6e, 0x1a]],
  ["uses threads", [0xfe, 0x03, 0x00]],
  ["unknown instruction 0xfc 18", [0xfc, 0x12, 0x00]],
  ["unknown instruction 0xfd 0x9a", [0xfd, 0x9a, 0x01]],
  ["unknown instruction 0xfd 0x140", [0xfd, 0xc0, 0x02]],
  ["unknown instruction 0x27", [0x27]],
  ["unknown instruction 0xff", [0xff]],
  ["unknown value type 0x6e", [0x02, 0x6e, 0x0b]],
  ["unknown block type -1", [0x02, 0xff, 0x7f, 0x0b]],
];
for (const [feature, code] of CODES) {
  test(`meter() refuses code that ${feature.replaceAll("\\", "")}`, () => {
    refuses(codeOf(...code), new RegExp(feature));
  });
}

/**
 * Modules with an index that the original does not have but the rewritten one would: one function
 * (index 0), no globals, one type, one table and one memory.
 */
const OUT_OF_RANGE: readonly (readonly [what: string, code: readonly number[]])[] = [
  ["function 1", [0x10, 0x01]],
  ["function 1", [0xd2, 0x01, 0x1a]],
  ["global 0", [0x23, 0x00, 0x1a]],
  ["global 0", [0x42, 0x00, 0x24, 0x00]],
  ["global 2", [0x23, 0x02, 0x1a]],
  ["local 0", [0x20, 0x00, 0x1a]],
  ["local 0", [0x41, 0x00, 0x21, 0x00]],
  // Beside a counted call, a local is appended.
  ["local 0", [0x10, 0x00, 0x41, 0x00, 0x22, 0x00, 0x1a]],
  ["type 1", [0x41, 0x00, 0x11, 0x01, 0x00]],
  ["type 1", [0x02, 0x01, 0x0b]],
  ["table 1", [0x41, 0x00, 0x11, 0x00, 0x01]],
  ["table 1", [0x41, 0x00, 0x25, 0x01, 0x1a]],
  ["table 1", [0xfc, 0x10, 0x01, 0x1a]],
  ["data segment 0", [0xfc, 0x09, 0x00]],
  ["element segment 0", [0xfc, 0x0d, 0x00]],
  // The block around a counted function would make room for one label more.
  ["label 1", [0x0c, 0x01]],
  ["label 1", [0x10, 0x00, 0x0c, 0x01]],
  ["label 2", [0x10, 0x00, 0x02, 0x40, 0x0c, 0x02, 0x0b]],
  ["label 1", [0x10, 0x00, 0x41, 0x00, 0x0d, 0x01]],
  ["label 1", [0x10, 0x00, 0x41, 0x00, 0x0e, 0x01, 0x00, 0x01]],
  // Dead code is held to the same.
  ["label 1", [0x00, 0x0c, 0x01]],
  ["function 1", [0x00, 0x10, 0x01]],
];
for (const [what, code] of OUT_OF_RANGE) {
  test(`meter() refuses ${what} in [${code}], which the original does not have`, () => {
    refuses(codeOf(...code), new RegExp(`refers to ${what}\\b`));
  });
}

const SECTIONS: readonly (readonly [what: string, text: string])[] = [
  ["function 1", '(module (func) (export "f" (func 1)))'],
  ["global 0", '(module (func) (export "g" (global 0)))'],
  ["function 1", "(module (table 1 funcref) (func) (elem (i32.const 0) func 1))"],
  ["function 1", "(module (table 1 funcref) (func) (elem (i32.const 0) funcref (ref.func 1)))"],
  ["function 1", "(module (func) (elem func 1))"],
  ["function 1", "(module (func) (global funcref (ref.func 1)))"],
  ["function 1", "(module (func) (start 1))"],
  ["memory 0", '(module (data (i32.const 0) "x"))'],
  ["table 0", "(module (func) (elem (i32.const 0) func 0))"],
];
for (const [what, text] of SECTIONS) {
  test(`meter() refuses ${what} in ${text}`, () => {
    refuses(assembleAny(text), new RegExp(`refers to ${what}\\b`));
  });
}

/** Invalid ones that the walk does not name; the engine's validation of the original does. */
const INVALID: readonly (readonly [what: string, code: readonly number[]])[] = [
  ["else without if", [0x02, 0x40, 0x05, 0x0b]],
  ["an end too many", [0x0b]],
  ["an end too few", [0x02, 0x40]],
  ["a block cut short", [0x02]],
  ["an instruction cut short", [0x41]],
  ["a value left over", [0x10, 0x00, 0x41, 0x00]],
  ["a value left over at a return's block", [0x10, 0x00, 0x02, 0x7f, 0x41, 0x00, 0x0b]],
  ["an operand missing", [0x10, 0x00, 0x6a, 0x1a]],
  ["a float where an integer belongs", [0x43, 0, 0, 0, 0, 0x40, 0x00, 0x1a]],
  ["a float for a length", [0x41, 0, 0x41, 0, 0x43, 0, 0, 0, 0, 0xfc, 0x0b, 0x00]],
  ["a float comparison of integers", [0x41, 0, 0x41, 0, 0x92, 0x1a]],
];
for (const [what, code] of INVALID) {
  test(`meter() refuses ${what}`, () => refuses(codeOf(...code), /./));
}

test("meter() refuses a ref.func that only the export of the start function would declare", () => {
  refuses("(module (func $s (drop (ref.func $s))) (start $s))", /not a valid/);
});

test("meter() refuses an export under a name of the host", () => {
  refuses('(module (func (export "cofferdam:fuel")))', /exports "cofferdam:fuel"/);
});

test("meter() refuses more than the caps allow", () => {
  const many = (n: number, item: string) => `(module ${item.repeat(n)})`;
  refuses(many(MODULE_CAPS.globals + 1, "(global i32 (i32.const 0))"), /has 10001 globals/);
  refuses(many(MODULE_CAPS.types + 1, "(type (func))"), /has 10001 types/);
  const locals = [0x01, ...encodeU32(MODULE_CAPS.locals + 1), 0x7f];
  refuses(withBody([...locals, 0x0b]), /more than 40000 locals/);
  refuses(withBody([0x02, ...encodeU32(0xffffffff), 0x7f, 0x01, 0x7f, 0x0b]), /40000 locals/);
  const deep = new Uint8Array(MODULE_CAPS.nesting * 2 + 4).fill(0x40);
  for (let at = 1; at < deep.length; at += 2) deep[at] = 0x02;
  deep[0] = 0;
  refuses(withBody(deep), /nests more than 65520 blocks/);
  const table = [0x00, 0x41, 0x00, 0x0e, ...encodeU32(MODULE_CAPS.branchTargets + 1), 0x0b];
  refuses(withBody(table), /br_table of 65521 targets/);
  const long = new Uint8Array(MODULE_CAPS.bodyBytes).fill(0x01);
  long[0] = 0;
  long[long.length - 1] = 0x0b;
  refuses(withBody(long), /bytes with its charges/);
});

test("meter() refuses many locals together with many branches", () => {
  const groups = [0x01, ...encodeU32(MODULE_CAPS.locals), 0x7f];
  const blocks = new Uint8Array(3 * 30_000);
  for (let at = 0; at < blocks.length; at += 3) blocks.set([0x02, 0x40, 0x0b], at);
  refuses(withBody([...groups, ...blocks, 0x0b]), /operands and branches/);
  const loops = new Uint8Array(3 * 200);
  for (let at = 0; at < loops.length; at += 3) loops.set([0x03, 0x40, 0x0b], at);
  refuses(withBody([...groups, ...loops, 0x0b]), /operands and branches/);
  assert.ok(meterGuest(withBody([...groups, ...loops.subarray(0, 60), 0x0b])));
});

/** A module of one function whose body, locals and all, is this. */
function withBody(body: ArrayLike<number>): Uint8Array {
  const bytes = assembleAny("(module (func))");
  const head = Uint8Array.from([1, ...encodeU32(body.length)]);
  const section = new Uint8Array(head.length + body.length);
  section.set(head);
  section.set(Uint8Array.from(body), head.length);
  return replaceSections(bytes, readOutline(bytes).sections, new Map([[SECTION.code, section]]));
}

test("meter() takes bytes cut off anywhere for invalid, and for nothing else", () => {
  const whole = assembleAny(`(module (memory 1) (global (mut i64) (i64.const 5)) (table 2 funcref)
    (elem (i32.const 0) func 0 0) (data (i32.const 3) "abc")
    (func (export "f") (param i32) (result i32) (loop (br_if 0 (local.get 0))) (call 0 (i32.const 300))))`);
  assert.ok(meterGuest(whole));
  for (let length = 8; length < whole.length; length++) {
    const code = whole.slice(0, length);
    try {
      meter("guest", code, readOutline(code), { memoryPages: 1 });
    } catch (error) {
      const { code: found } = error as PluginError;
      assert.ok(["sandbox.module-invalid", "bundle.malformed"].includes(found), String(error));
    }
  }
});

test("meter() answers any changed byte with a module that compiles or a refusal", () => {
  const whole = assembleAny(`(module (memory 1 3) (global (mut i64) (i64.const 5)) (table 2 funcref)
    (elem (i32.const 0) func 0 0) (data (i32.const 3) "abc")
    (func (export "f") (param i32) (result i32) (local f64) (loop (br_if 0 (local.get 0)))
      (local.set 1 (f64.sqrt (local.get 1))) (block (br_table 0 0 0 (local.get 0)))
      (memory.fill (i32.const 0) (i32.const 0) (i32.const 300)) (return (call 0 (i32.const 300)))))`);
  let compiled = 0;
  for (let at = 8; at < whole.length; at++) {
    for (const change of [1, 2, 4, 8, 16, 32, 64, 128, 255]) {
      const bytes = whole.slice();
      bytes[at]! ^= change;
      let metered: Uint8Array;
      try {
        metered = meter("guest", bytes, readOutline(bytes), { memoryPages: 4 }).bytes;
      } catch (error) {
        const codes = ["sandbox.module-invalid", "bundle.malformed", "sandbox.memory"];
        assert.ok(codes.includes((error as PluginError).code), String(error));
        continue;
      }
      new WebAssembly.Module(metered as Uint8Array<ArrayBuffer>);
      compiled++;
    }
  }
  assert.ok(compiled > 50);
});

test("a section that is not the specification's is refused", () => {
  const bytes = assembleAny("(module)");
  const tags = Uint8Array.from([...bytes, ...encodeSection(13, Uint8Array.of(0))]);
  assert.throws(() => readOutline(tags), /section id 13/);
});

test.run();

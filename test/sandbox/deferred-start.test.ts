import * as assert from "uvu/assert";
import { deferStart } from "../../src/sandbox/deferred-start.ts";
import { readOutline } from "../../src/wasm/outline.ts";
import { SECTION } from "../../src/wasm/section.ts";
import { replaceSections } from "../../src/wasm/writer.ts";
import { assemble } from "../support/guest.ts";
import { suite } from "../support/suite.ts";

const test = suite("deferred-start");

/** A module whose functions append their number to a global; what ran, in decimal digits. */
const TEXT = (exports: string, start = "") =>
  `(module (global $ran (export "ran") (mut i32) (i32.const 0))
    (func $append (param i32)
      (global.set $ran (i32.add (i32.mul (global.get $ran) (i32.const 10)) (local.get 0))))
    (func $one (call $append (i32.const 1))) (func $two (call $append (i32.const 2)))
    (func $three (call $append (i32.const 3))) ${exports} ${start})`;

function deferred(text: string) {
  const bytes = assemble(text);
  const outline = readOutline(bytes);
  const { exportSection, calls } = deferStart(outline);
  const contents = new Map([[SECTION.export, exportSection], [SECTION.start, null]] as const);
  const rewritten = replaceSections(bytes, outline.sections, contents);
  const module = new WebAssembly.Module(rewritten as Uint8Array<ArrayBuffer>);
  const { exports } = new WebAssembly.Instance(module);
  const ran = () => (exports.ran as WebAssembly.Global).value;
  return { calls, exports, ran };
}

const CASES: [string, string, string, string[], number][] = [
  ["a start function", "", "(start $one)", ["cofferdam:start"], 1],
  ["_initialize", '(export "_initialize" (func $two))', "", ["cofferdam:_initialize"], 2],
  ["_start", '(export "_start" (func $three))', "", ["cofferdam:_start"], 3],
  [
    "both, the start function first",
    '(export "_initialize" (func $two))',
    "(start $one)",
    ["cofferdam:start", "cofferdam:_initialize"],
    12,
  ],
  [
    "one of the entry points that the SDK knows, as the SDK chooses",
    '(export "_start" (func $one)) (export "_initialize" (func $two)) (export "hs_init" (func $three))',
    "",
    ["cofferdam:hs_init"],
    3,
  ],
  ["nothing", '(export "other" (func $one))', "", [], 0],
];
for (const [what, exports, start, calls, result] of CASES) {
  test(`deferStart() runs ${what}, but only when it is called`, () => {
    const module = deferred(TEXT(exports, start));
    assert.equal(module.calls, calls);
    assert.is(module.ran(), 0, "nothing runs at instantiation");
    for (const name of module.calls) (module.exports[name] as () => void)();
    assert.is(module.ran(), result);
  });
}

test("deferStart() keeps every other export as it is", () => {
  const { exports } = deferred(
    TEXT('(export "a" (func $one)) (export "b" (func $two)) (memory (export "m") 1)'),
  );
  assert.equal(Object.keys(exports).sort(), ["a", "b", "cofferdam:memory", "m", "ran"]);
});

test.run();

import * as assert from "uvu/assert";
import type { PluginError } from "../../src/plugin-error.ts";
import { cappedMemories } from "../../src/sandbox/memory-cap.ts";
import { readOutline } from "../../src/wasm/outline.ts";
import { SECTION } from "../../src/wasm/section.ts";
import { replaceSections } from "../../src/wasm/writer.ts";
import { assemble } from "../support/guest.ts";
import { suite } from "../support/suite.ts";

const test = suite("memory-cap");

const cap = (text: string, pages: number) => {
  const bytes = assemble(text);
  const { sections, memories } = readOutline(bytes);
  const contents = new Map([[SECTION.memory, cappedMemories(memories, pages)]]);
  return replaceSections(bytes, sections, contents);
};

const CASES: [string, string, number][] = [
  ["no maximum", '(memory (export "m") 1)', 10],
  ["a larger maximum", '(memory (export "m") 1 65536)', 10],
  ["a smaller maximum", '(memory (export "m") 1 4)', 4],
];
for (const [what, memory, most] of CASES) {
  test(`cappedMemories() holds a memory with ${what} at ${most} pages`, () => {
    const bytes = cap(`(module ${memory} (data (i32.const 3) "kept"))`, 10);
    assert.equal(readOutline(bytes).memories, [{ min: 1, max: most }]);
    const module = new WebAssembly.Module(bytes as Uint8Array<ArrayBuffer>);
    const memoryOf = new WebAssembly.Instance(module).exports.m as WebAssembly.Memory;
    assert.is(new TextDecoder().decode(new Uint8Array(memoryOf.buffer, 3, 4)), "kept");
    memoryOf.grow(most - 1);
    assert.throws(() => memoryOf.grow(1));
  });
}

test("cappedMemories() gives a module without a memory none", () => {
  const bytes = assemble("(module)");
  assert.equal(cap("(module)", 1), bytes);
});

test("cappedMemories() refuses a memory that begins above the cap", () => {
  assert.throws(
    () => cap("(module (memory 11))", 10),
    (error: PluginError) => error.code === "sandbox.memory",
  );
});

test.run();

import * as assert from "uvu/assert";
import { LIMITS } from "../../src/limits.ts";
import type { PluginError } from "../../src/plugin-error.ts";
import { cappedMemories, cappedTables } from "../../src/sandbox/size-caps.ts";
import { readOutline } from "../../src/wasm/outline.ts";
import { SECTION } from "../../src/wasm/section.ts";
import { replaceSections } from "../../src/wasm/writer.ts";
import { assemble } from "../support/guest.ts";
import { suite } from "../support/suite.ts";

const test = suite("size-caps");

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

test("cappedMemories() refuses several memories, which not every runtime has", () => {
  assert.throws(
    () => cappedMemories([{ min: 1 }, { min: 1 }], 10),
    (error: PluginError) => error.code === "sandbox.module-invalid",
  );
});

test("cappedTables() holds a table at its cap and keeps its type", () => {
  const bytes = assemble('(module (table (export "t") 1 funcref))');
  const { sections, tables } = readOutline(bytes);
  const contents = new Map([[SECTION.table, cappedTables(tables)]]);
  const capped = readOutline(replaceSections(bytes, sections, contents)).tables;
  assert.equal(capped, [{ referenceType: 0x70, limits: { min: 1, max: LIMITS.tableElements } }]);
});

const TABLE = { referenceType: 0x70, limits: { min: 1 } };
for (
  const [what, tables] of [
    ["a table that begins above the cap", [{
      ...TABLE,
      limits: { min: LIMITS.tableElements + 1 },
    }]],
    ["too many tables", Array.from({ length: LIMITS.tables + 1 }, () => TABLE)],
  ] as const
) {
  test(`cappedTables() refuses ${what}`, () => {
    assert.throws(
      () => cappedTables(tables),
      (error: PluginError) => error.code === "sandbox.memory",
    );
  });
}

test.run();

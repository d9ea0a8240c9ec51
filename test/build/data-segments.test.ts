import * as assert from "uvu/assert";
import { encodeData } from "../../src/build/data-segments.ts";
import { encodeU32 } from "../../src/wasm/writer.ts";
import { suite } from "../support/suite.ts";

const test = suite("encodeData");

/** What an engine makes of a data section in a memory of one page. */
function written(content: Uint8Array): Uint8Array {
  const section = (
    id: number,
    bytes: readonly number[],
  ) => [id, ...encodeU32(bytes.length), ...bytes];
  const bytes = Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(5, [1, 0, 1]),
    ...section(7, [1, 1, 0x6d, 2, 0]),
    ...section(11, [...content]),
  ]);
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes));
  return new Uint8Array((exports.m as WebAssembly.Memory).buffer);
}

function page(values: Readonly<Record<number, number>>): Uint8Array {
  const memory = new Uint8Array(65_536);
  for (const [at, value] of Object.entries(values)) memory[Number(at)] = value;
  return memory;
}

const PAGES: readonly (readonly [what: string, memory: Uint8Array, segments: number])[] = [
  ["nothing", page({}), 0],
  ["both ends", page({ 0: 1, 65_535: 2 }), 2],
  ["63 zeros between", page({ 100: 1, 164: 2 }), 1],
  ["64 zeros between", page({ 100: 1, 165: 2 }), 2],
  ["addresses whose LEB128 has its sign bit set", page({ 64: 1, 8_192: 2, 50_000: 3 }), 3],
  ["no zero at all", new Uint8Array(65_536).fill(7), 1],
];

for (const [what, memory, segments] of PAGES) {
  test(`encodeData() writes a memory with ${what}`, () => {
    const { count, content } = encodeData(memory, 0);
    assert.is(count, segments);
    assert.equal(written(content), memory);
  });
}

test("encodeData() leaves out what lies before", () => {
  const { content } = encodeData(page({ 5: 1, 999: 2, 1_000: 3 }), 1_000);
  assert.equal(written(content), page({ 1_000: 3 }));
});

test("encodeData() makes no more segments than engines take", () => {
  const memory = new Uint8Array(4 * 1024 * 1024);
  for (let at = 0; at < memory.length; at += 100) memory[at] = 1;
  assert.ok(encodeData(memory, 0).count <= 10_000);
});

test.run();

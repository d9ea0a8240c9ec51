import * as assert from "uvu/assert";
import { encodeSourceMap, namesProgram, SourceMapReader } from "../../src/bundle/source-map.ts";
import { suite } from "../support/suite.ts";

const test = suite("SourceMapReader");

/** The first line's columns 1 and 11 are lines 1 and 2 of policy.ts, column 21 is the kit's. */
const PARTS = {
  mappings: "AAAA,UACA,UCAE",
  names: [],
  sources: ["policy.ts", "cofferdam:guest/serve.ts"],
  version: 3,
};

/** The map of those parts, with some replaced. */
function mapOf(parts: Record<string, unknown> = {}): string {
  return JSON.stringify({ ...PARTS, ...parts });
}

test("SourceMapReader translates places, and leaves out frames of the kit", () => {
  const reader = SourceMapReader.read(mapOf())!;
  const stack =
    "Error: at plugin.js:1:1\n    at f (plugin.js:1:13)\n    at g (plugin.js:1:21)\n    at native";
  assert.is(
    reader.translate(stack),
    "Error: at policy.ts:1:1\n    at f (policy.ts:2:1)\n    at native",
  );
  assert.equal(reader.firstOf("plugin.js:1:25 plugin.js:1:11 plugin.js:1:1"), {
    file: "policy.ts",
    line: 2,
    column: 1,
  });
  assert.is(reader.firstOf("plugin.js:1:25"), undefined);
});

test("SourceMapReader leaves places that its map does not know", () => {
  for (const mappings of ["AAAA,UACA,UCAE", "ADAA", "AADA", "AAAD", "AEAA", "A", "", "ggggggggB"]) {
    const reader = SourceMapReader.read(mapOf({ mappings }))!;
    for (
      const text of ["plugin.js:0:1", "plugin.js:1:0", "plugin.js:9:9", "plugin.js:999999999:1"]
    ) {
      assert.is(reader.translate(text), text);
    }
    if (mappings !== PARTS.mappings) {
      assert.is(reader.translate("plugin.js:1:1"), "plugin.js:1:1", mappings);
    }
  }
});

test("SourceMapReader bounds what it says, by name and by how many", () => {
  const reader = SourceMapReader.read(mapOf({ mappings: "AAAA", sources: ["x".repeat(1_000)] }))!;
  assert.is(reader.translate("plugin.js:1:1"), `${"x".repeat(300)}:1:1`);
  const many = Array.from({ length: 500 }, (_, column) => `plugin.js:1:${column + 1}`).join(" ");
  assert.ok(reader.translate(many).length < many.length + 100 * 310);
});

const NO_MAPS: readonly (readonly [what: string, text: string])[] = [
  ["nothing", ""],
  ["half an object", "{"],
  ["mappings alone", '{"mappings":"'],
  ["no object", "null"],
  ["another first key", mapOf().replace("{", '{"version":3,')],
  ["white space", JSON.stringify(PARTS, null, 1)],
  ["another version", mapOf({ version: 4 })],
  ["decoded mappings", mapOf({ mappings: [[[0, -1, 0, 0]]] })],
  ["decoded mappings by name", mapOf({ mappings: [[[0, "constructor", 0, 0]]] })],
  ["mappings of other letters", mapOf({ mappings: "AAAA AAAA" })],
  ["mappings with an escape", mapOf({ mappings: 'AA"' })],
  ["second mappings", mapOf().replace('"names"', '"mappings":"","names"')],
  ["sourceRoot", mapOf({ sourceRoot: "" })],
  ["sections", mapOf({ sections: [] })],
  ["sourcesContent", mapOf({ sourcesContent: [] })],
  ["file", mapOf({ file: "plugin.js" })],
  ["__proto__", mapOf().replace('"version"', '"__proto__":{},"version"')],
  ["no names", mapOf({ names: undefined })],
  ["a source that is null", mapOf({ sources: [null] })],
  ["a source that is empty", mapOf({ sources: [""] })],
  ["a source of two lines", mapOf({ sources: ["a\nb"] })],
  ["a source of 1,001 characters", mapOf({ sources: ["x".repeat(1_001)] })],
  ["10,001 sources", mapOf({ sources: Array(10_001).fill("a") })],
  ["10,001 names", mapOf({ names: Array(10_001).fill("a") })],
  ["long sources", mapOf({ sources: Array(300).fill("x".repeat(1_000)) })],
  ["a great length", mapOf({ mappings: ";".repeat(2 * 1024 * 1024) })],
];

for (const [what, text] of NO_MAPS) {
  test(`SourceMapReader takes no map of ${what}`, () => {
    assert.is(SourceMapReader.read(text), undefined);
  });
}

test("encodeSourceMap() writes what SourceMapReader takes, of what a bundler wrote", () => {
  const { version, sources, mappings, names } = PARTS;
  const written = JSON.stringify({ version, file: "x", sources, mappings, names }, null, 2);
  assert.is(encodeSourceMap(written), mapOf());
  assert.is(encodeSourceMap(mapOf({ mappings: ";".repeat(2 * 1024 * 1024) })), undefined);
});

test("namesProgram() tells whether there is something to translate", () => {
  assert.equal(
    ["at f (plugin.js:1:2)", "plugin.js", "myplugin.js:1:2", "policy.ts:1:2"].map(namesProgram),
    [true, false, false, false],
  );
});

test.run();

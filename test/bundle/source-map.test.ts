import * as assert from "uvu/assert";
import { namesProgram, SourceMapReader } from "../../src/bundle/source-map.ts";
import { suite } from "../support/suite.ts";

const test = suite("SourceMapReader");

/** The first line's columns 1 and 11 are lines 1 and 2 of policy.ts, column 21 is the kit's. */
const MAP = JSON.stringify({
  version: 3,
  sources: ["policy.ts", "cofferdam:guest/serve.ts"],
  names: [],
  mappings: "AAAA,UACA,UCAE",
});

test("SourceMapReader translates places, and leaves out frames of the kit", async () => {
  const reader = await SourceMapReader.read(MAP);
  const stack =
    "Error: at plugin.js:1:1\n    at f (plugin.js:1:13)\n    at g (plugin.js:1:21)\n    at native";
  assert.is(
    reader.translate(stack),
    "Error: at policy.ts:1:1\n    at f (policy.ts:2:1)\n    at native",
  );
  assert.equal(reader.firstOf("plugin.js:1:25 plugin.js:1:11"), {
    file: "policy.ts",
    line: 2,
    column: 1,
  });
});

test("SourceMapReader leaves places that its map does not know", async () => {
  const reader = await SourceMapReader.read(MAP);
  for (const text of ["plugin.js:0:1", "plugin.js:1:0", "plugin.js:9:9", "plugin.js:999999999:1"]) {
    assert.is(reader.translate(text), text);
  }
});

test("SourceMapReader shortens names that would flood a message", async () => {
  const sources = ["x".repeat(100_000)];
  const reader = await SourceMapReader.read(
    JSON.stringify({ version: 3, sources, names: [], mappings: "AAAA" }),
  );
  assert.ok(reader.translate("plugin.js:1:1").length < 400);
});

test("SourceMapReader throws for what is no map", async () => {
  for (const text of ["", "{", "null", '{"version":3,"sections":[]}']) {
    const read = SourceMapReader.read(text).then((reader) => reader.translate("plugin.js:1:1"));
    assert.ok(await read.then(() => false, () => true), text);
  }
});

test("namesProgram() tells whether there is something to translate", () => {
  assert.equal(
    ["at f (plugin.js:1:2)", "plugin.js", "myplugin.js:1:2", "policy.ts:1:2"].map(namesProgram),
    [true, false, false, false],
  );
});

test.run();

import * as assert from "uvu/assert";
import { readOutline } from "../../src/wasm/outline.ts";
import { renameImports } from "../../src/wasm/rename-imports.ts";
import { SECTION } from "../../src/wasm/section.ts";
import { replaceSections } from "../../src/wasm/writer.ts";
import { assemble } from "../support/guest.ts";
import { suite } from "../support/suite.ts";

const test = suite("wasm/rename-imports");

function rename(bytes: Uint8Array, names: Record<string, string>): Uint8Array {
  const { sections } = readOutline(bytes);
  const content = renameImports(bytes, sections, new Map(Object.entries(names)))!;
  return replaceSections(bytes, sections, new Map([[SECTION.import, content]]));
}

const EVERY_KIND = `(module
  (import "a" "f" (func (param i32) (result i64)))
  (import "b" "t" (table 1 200 funcref))
  (import "a" "m" (memory 1 300))
  (import "a" "g" (global (mut i64)))
  (import "a" "" (func))
  (func (export "own") (result i32) (i32.const 7)))`;

test("renameImports() changes module names and nothing else", () => {
  const bytes = assemble(EVERY_KIND);
  const before = readOutline(bytes);
  const renamed = rename(bytes, { a: "somewhere else, with a longer name é", x: "y" });
  const after = readOutline(renamed);
  const module = (name: string) => name === "a" ? "somewhere else, with a longer name é" : name;
  assert.equal(
    after.imports,
    before.imports.map((item) => ({ ...item, module: module(item.module) })),
  );
  assert.equal(after.exports, before.exports);
  assert.equal(rename(renamed, { [module("a")]: "a" }), bytes);
});

test("renameImports() gives a module that the engine takes", async () => {
  const bytes = assemble('(module (import "a" "f" (func $f (result i32))) (export "f" (func $f)))');
  const renamed = rename(bytes, { a: "b" }) as Uint8Array<ArrayBuffer>;
  const { instance } = await WebAssembly.instantiate(renamed, { b: { f: () => 5 } });
  assert.is((instance.exports.f as () => number)(), 5);
});

test("renameImports() has nothing to do where nothing is imported", () => {
  const bytes = assemble("(module)");
  assert.is(renameImports(bytes, readOutline(bytes).sections, new Map()), undefined);
});

test.run();

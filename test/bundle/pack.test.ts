import * as assert from "uvu/assert";
import { openBundle } from "../../src/bundle/bundle.ts";
import { packBundle } from "../../src/bundle/pack.ts";
import type { PluginError } from "../../src/plugin-error.ts";
import { assemble, MANIFEST } from "../support/guest.ts";
import { suite } from "../support/suite.ts";

const test = suite("pack");

const WASM = assemble('(module (func (export "admission_check") (result i32) (i32.const 0)))');

test("packBundle() gives the same bytes for the same inputs, whatever the order of keys", () => {
  const turned = Object.fromEntries(Object.entries(MANIFEST).reverse());
  assert.equal(packBundle(WASM, MANIFEST), packBundle(WASM, turned));
});

test("packBundle() leaves the module a valid one, with its own bytes in front", () => {
  const packed = packBundle(WASM, MANIFEST);
  assert.ok(WebAssembly.validate(packed as Uint8Array<ArrayBuffer>));
  assert.equal(packed.subarray(0, WASM.length), WASM);
});

test("packBundle() replaces a manifest that is already there", async () => {
  const once = packBundle(WASM, MANIFEST);
  const twice = packBundle(once, { ...MANIFEST, version: "2.0.0" });
  assert.is((await openBundle(twice)).manifest.version, "2.0.0");
  assert.equal(packBundle(twice, MANIFEST), once);
});

test("packBundle() refuses a manifest that is too large", () => {
  const rules = Array.from({ length: 40 }, (_, index) => ({
    id: `rule-${index}`,
    title: "x",
    help: "y".repeat(9_000),
  }));
  assert.throws(
    () => packBundle(WASM, { ...MANIFEST, rules }),
    (error: PluginError) => error.code === "bundle.too-large",
  );
});

test.run();

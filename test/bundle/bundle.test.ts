import * as assert from "uvu/assert";
import { hasManifest, openBundle, type OpenBundleOptions } from "../../src/bundle/bundle.ts";
import { MANIFEST_SECTION, packBundle } from "../../src/bundle/pack.ts";
import { concatBytes } from "../../src/concat-bytes.ts";
import { PluginError } from "../../src/plugin-error.ts";
import { encodeCustomSection } from "../../src/wasm/writer.ts";
import { assemble, bundleOf, MANIFEST } from "../support/guest.ts";
import { suite } from "../support/suite.ts";

const test = suite("bundle");

const TEXT = '(module (func (export "admission_check") (result i32) (i32.const 0)))';
const WASM = assemble(TEXT);
const PACKED = bundleOf(TEXT);

const section = (content: string | Uint8Array, name = MANIFEST_SECTION) =>
  encodeCustomSection(
    name,
    typeof content === "string" ? new TextEncoder().encode(content) : content,
  );

test("openBundle() gives manifest, digest and outline", async () => {
  const bundle = await openBundle(PACKED);
  assert.equal(bundle.manifest, { ...MANIFEST });
  assert.match(bundle.digest, /^sha256:[0-9a-f]{64}$/);
  assert.equal(bundle.outline.exports.map((e) => e.name), ["admission_check"]);
});

test("openBundle() gives a plain pair the digest that packing it would give", async () => {
  const plain = await openBundle(WASM, { plainManifest: MANIFEST });
  assert.is(plain.digest, (await openBundle(PACKED)).digest);
});

test("openBundle() takes the digest that the file has", async () => {
  const { digest } = await openBundle(PACKED);
  assert.is((await openBundle(PACKED, { digest })).digest, digest);
});

test("hasManifest() tells a bundle from a plain module", () => {
  assert.is(hasManifest(PACKED), true);
  assert.is(hasManifest(WASM), false);
});

const other = `sha256:${"0".repeat(64)}`;
const canonical = new TextDecoder().decode(PACKED.subarray(WASM.length)).replace(/^[^{]*/, "");
const REFUSED: [string, Uint8Array, OpenBundleOptions, string][] = [
  ["another digest", PACKED, { digest: other }, "bundle.digest-mismatch"],
  ["a digest in capitals", PACKED, { digest: other.toUpperCase() }, "usage.invalid"],
  ["a file that is too large", PACKED, { maxBytes: 20 }, "bundle.too-large"],
  ["a module without a manifest", WASM, {}, "bundle.manifest-missing"],
  ["a manifest inside and beside", PACKED, { plainManifest: MANIFEST }, "bundle.manifest-doubled"],
  [
    "two manifests",
    concatBytes([PACKED, PACKED.subarray(WASM.length)]),
    {},
    "bundle.manifest-doubled",
  ],
  ["a manifest cut short", PACKED.subarray(0, PACKED.length - 1), {}, "bundle.malformed"],
  ["a manifest that is no JSON", concatBytes([WASM, section("{")]), {}, "bundle.manifest-invalid"],
  ["an empty manifest", concatBytes([WASM, section("")]), {}, "bundle.manifest-invalid"],
  [
    "a manifest that is not UTF-8",
    concatBytes([WASM, section(Uint8Array.of(0x22, 0xff, 0x22))]),
    {},
    "bundle.manifest-invalid",
  ],
  [
    "a manifest with a key twice",
    concatBytes([WASM, section(canonical.replace("{", '{"name":"other",'))]),
    {},
    "bundle.manifest-invalid",
  ],
  [
    "a manifest with spaces between its tokens",
    concatBytes([WASM, section(JSON.stringify(JSON.parse(canonical), null, 1))]),
    {},
    "bundle.manifest-invalid",
  ],
  [
    "a manifest that is too large",
    concatBytes([WASM, section(" ".repeat(300_000))]),
    {},
    "bundle.too-large",
  ],
  [
    "a section of ours that is not known",
    concatBytes([PACKED, section("x", "cofferdam.later")]),
    {},
    "bundle.malformed",
  ],
];

for (const [what, bytes, options, code] of REFUSED) {
  test(`openBundle() refuses ${what} as ${code}`, async () => {
    try {
      await openBundle(bytes, options);
    } catch (error) {
      assert.instance(error, PluginError);
      assert.is((error as PluginError).code, code);
      return;
    }
    assert.unreachable("it was taken");
  });
}

test("openBundle() takes other tools' custom sections", async () => {
  const bytes = packBundle(concatBytes([WASM, section("x", "producers")]), MANIFEST);
  assert.is((await openBundle(bytes)).manifest.name, "test-plugin");
});

test.run();

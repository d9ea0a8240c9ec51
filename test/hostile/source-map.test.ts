/** Source maps that mean harm: a guest's own error stays as it was, in both modes. */
import * as assert from "uvu/assert";
import { SOURCE_MAP_SECTION } from "../../src/bundle/source-map.ts";
import { concatBytes } from "../../src/concat-bytes.ts";
import { createHost, type Host } from "../../src/host/host.ts";
import type { PluginError } from "../../src/plugin-error.ts";
import { encodeCustomSection } from "../../src/wasm/writer.ts";
import { jsonDocument } from "../support/document.ts";
import { bundleOf } from "../support/guest.ts";
import { suite } from "../support/suite.ts";
import { extism } from "./hostile-guest.ts";

interface Context {
  host: Host;
}

const test = suite<Context>("hostile source maps");

test.before(async (context) => {
  context.host = await createHost({ workers: 2 });
});

test.after(({ host }) => host.close());

const MESSAGE = "Error at plugin.js:1:1";

/** Fails with that message. */
const FAILING = `(module ${extism("alloc", "(param i64) (result i64)")}
  ${extism("store_u8", "(param i64 i32)")} ${extism("error_set", "(param i64)")}
  (func (export "admission_check") (result i32) (local $to i64)
    (local.set $to (call $alloc (i64.const ${MESSAGE.length})))
    ${
  Array.from(new TextEncoder().encode(MESSAGE), (byte, at) =>
    `(call $store_u8 (i64.add (local.get $to) (i64.const ${at})) (i32.const ${byte}))`).join("\n")
}
    (call $error_set (local.get $to)) (i32.const 1)))`;

/** Parts of a source map, which are put in the places of harmless ones, or a whole one. */
const MAPS: readonly (readonly [what: string, map: Record<string, unknown> | string])[] = [
  [
    "joins a long root with many sources",
    { sources: Array(500_000).fill("a"), sourceRoot: "x".repeat(40_000) },
  ],
  ["joins a long root with the sources that are allowed", { sourceRoot: "x".repeat(250_000) }],
  ["has 16 million lines", { mappings: ";".repeat(16_000_000) }],
  ["has as many lines as it may", { mappings: ";".repeat(2_000_000) }],
  ["has as many segments as it may", { mappings: "AAAA,".repeat(400_000) + "!" }],
  ["has segments without end", { mappings: "EAAA,".repeat(400_000) }],
  ["has a number without end", { mappings: "g".repeat(2_000_000) }],
  ["has decoded mappings below zero", { mappings: [[[0, -1, 0, 0]]] }],
  ["has decoded mappings by name", { mappings: [[[0, "constructor", 0, 0]]] }],
  ["has a source below zero", { mappings: "ADAA" }],
  ["has a source that is not there", { mappings: "A+/////A" }],
  ["has a line of 5 MB", { mappings: "A".repeat(5_000_000) }],
  ["has sections", { sections: [] }],
  ["nests", `{"mappings":"","names":${"[".repeat(200_000)}`],
  ["nests within what is not parsed", "[".repeat(2_000_000)],
  ["is none", "\0"],
];

for (const mode of ["inline", "worker"] as const) {
  for (const [what, map] of MAPS) {
    test(`${mode}: a plugin whose source map ${what} gets its own error`, async ({ host }) => {
      const parts = { mappings: "", names: [], sources: ["policy.ts"], version: 3 };
      const text = typeof map === "string" ? map : JSON.stringify({ ...parts, ...map });
      const section = encodeCustomSection(SOURCE_MAP_SECTION, new TextEncoder().encode(text));
      const bytes = concatBytes([bundleOf(FAILING), section]);
      const plugin = await host.load(bytes, { mode });
      for (const time of ["first", "second"]) {
        const error = await plugin.admission.check(jsonDocument({})).then(
          () => undefined,
          (thrown: PluginError) => thrown,
        );
        assert.is(error?.code, "sandbox.guest-error", time);
        assert.is(error!.message, `The plugin failed in "admission_check": ${MESSAGE}`);
      }
    });
  }
}

test.run();

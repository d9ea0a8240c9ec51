import wabtInit from "wabt";
import { packBundle } from "../../src/bundle/pack.ts";

const wabt = await wabtInit();

/** Assembles a module written in the Wasm text format. */
export function assemble(text: string): Uint8Array {
  const module = wabt.parseWat("guest.wat", text, { bulk_memory: true, reference_types: true });
  try {
    return new Uint8Array(module.toBinary({}).buffer);
  } finally {
    module.destroy();
  }
}

/** A manifest for tests: an admission plugin that judges JSON. */
export const MANIFEST = {
  manifestVersion: 1,
  name: "test-plugin",
  version: "1.0.0",
  implements: [{ contract: "admission", version: 1, kinds: ["json"] }],
} as const;

/** A bundle of a module in the text format; `manifest` replaces fields of {@link MANIFEST}. */
export function bundleOf(text: string, manifest: Record<string, unknown> = {}): Uint8Array {
  return packBundle(assemble(text), { ...MANIFEST, ...manifest });
}

/** A guest that answers `output` to everything, whatever it is. */
export function answering(output: string | Uint8Array): string {
  const bytes = typeof output === "string" ? new TextEncoder().encode(output) : output;
  const data = Array.from(bytes, (byte) => `\\${byte.toString(16).padStart(2, "0")}`).join("");
  return `(module
    (import "extism:host/env" "alloc" (func $alloc (param i64) (result i64)))
    (import "extism:host/env" "store_u8" (func $store (param i64 i32)))
    (import "extism:host/env" "output_set" (func $output (param i64 i64)))
    (memory (export "memory") ${Math.ceil(bytes.length / 65_536) + 1})
    (data (i32.const 0) "${data}")
    (func (export "admission_check") (result i32)
      (local $to i64) (local $at i32)
      (local.set $to (call $alloc (i64.const ${bytes.length})))
      (block $done (loop $next
        (br_if $done (i32.eq (local.get $at) (i32.const ${bytes.length})))
        (call $store
          (i64.add (local.get $to) (i64.extend_i32_u (local.get $at)))
          (i32.load8_u (local.get $at)))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br $next)))
      (call $output (local.get $to) (i64.const ${bytes.length}))
      (i32.const 0)))`;
}

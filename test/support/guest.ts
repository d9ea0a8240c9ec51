import wabtInit from "wabt";
import { packBundle } from "../../src/bundle/pack.ts";
import type { Plugin } from "../../src/host/plugin.ts";
import { jsonDocument } from "./document.ts";

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
  return answeringEach({ admission_check: output });
}

/** A guest that answers to each entry point what stands here, whatever it is. */
export function answeringEach(answers: Readonly<Record<string, string | Uint8Array>>): string {
  let end = 0;
  const data: string[] = [];
  const entries: string[] = [];
  for (const [name, output] of Object.entries(answers)) {
    const bytes = typeof output === "string" ? new TextEncoder().encode(output) : output;
    const text = Array.from(bytes, (byte) => `\\${byte.toString(16).padStart(2, "0")}`).join("");
    data.push(`(data (i32.const ${end}) "${text}")`);
    entries.push(`(func (export "${name}") (result i32)
      (call $answer (i32.const ${end}) (i32.const ${bytes.length}))
      (i32.const 0))`);
    end += bytes.length;
  }
  return `(module
    (import "extism:host/env" "alloc" (func $alloc (param i64) (result i64)))
    (import "extism:host/env" "store_u8" (func $store (param i64 i32)))
    (import "extism:host/env" "output_set" (func $output (param i64 i64)))
    (memory (export "memory") ${Math.ceil(end / 65_536) + 1})
    ${data.join("\n")}
    (func $answer (param $from i32) (param $length i32)
      (local $to i64) (local $at i32)
      (local.set $to (call $alloc (i64.extend_i32_u (local.get $length))))
      (block $done (loop $next
        (br_if $done (i32.eq (local.get $at) (local.get $length)))
        (call $store
          (i64.add (local.get $to) (i64.extend_i32_u (local.get $at)))
          (i32.load8_u (i32.add (local.get $from) (local.get $at))))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br $next)))
      (call $output (local.get $to) (i64.extend_i32_u (local.get $length))))
    ${entries.join("\n")})`;
}

/**
 * A guest that passes on what it is asked: its document is a text of items `<index><hex>`, with commas
 * between them, of which each is a request to the capability function of that index in `names`; the
 * verdict's annotation `answers` has what they answered, in the same form without indices. See
 * {@link askThrough}.
 */
export function asking(...names: string[]): string {
  const imports = names.map((name, index) =>
    `(import "extism:host/user" "${name}" (func $f${index} (type $capability)))`
  ).join("\n");
  return `(module
    (type $capability (func (param i64) (result i64)))
    (import "extism:host/env" "alloc" (func $alloc (param i64) (result i64)))
    (import "extism:host/env" "length" (func $length (param i64) (result i64)))
    (import "extism:host/env" "load_u8" (func $load (param i64) (result i32)))
    (import "extism:host/env" "store_u8" (func $store (param i64 i32)))
    (import "extism:host/env" "output_set" (func $output (param i64 i64)))
    (import "extism:host/env" "input_load_u8" (func $input (param i64) (result i32)))
    (import "extism:host/env" "input_load_u64" (func $input8 (param i64) (result i64)))
    ${imports}
    (table funcref (elem ${names.map((_, index) => `$f${index}`).join(" ")}))
    (memory (export "memory") 32)
    (data (i32.const 0) "0123456789abcdef")
    (data (i32.const 16) "{\\"allowed\\":true,\\"annotations\\":{\\"answers\\":\\"")
    (data (i32.const 64) "\\"},\\"reasons\\":[]}")
    (global $out (mut i32) (i32.const 1024))
    (func $put (param $byte i32)
      (i32.store8 (global.get $out) (local.get $byte))
      (global.set $out (i32.add (global.get $out) (i32.const 1))))
    (func $copy (param $from i32) (param $length i32)
      (memory.copy (global.get $out) (local.get $from) (local.get $length))
      (global.set $out (i32.add (global.get $out) (local.get $length))))
    (func $digit (param $at i64) (result i32)
      (local $c i32)
      (local.set $c (call $input (local.get $at)))
      (if (result i32) (i32.gt_u (local.get $c) (i32.const 57))
        (then (i32.sub (local.get $c) (i32.const 87)))
        (else (i32.sub (local.get $c) (i32.const 48)))))
    (func $ask (param $at i64) (param $end i64)
      (local $length i64) (local $to i64) (local $i i64) (local $byte i32)
      (local.set $length (i64.shr_u (i64.sub (local.get $end) (local.get $at)) (i64.const 1)))
      (local.set $to (call $alloc (local.get $length)))
      (block $done (loop $next
        (br_if $done (i64.eq (local.get $i) (local.get $length)))
        (call $store (i64.add (local.get $to) (local.get $i)) (i32.or
          (i32.shl (call $digit (local.get $at)) (i32.const 4))
          (call $digit (i64.add (local.get $at) (i64.const 1)))))
        (local.set $at (i64.add (local.get $at) (i64.const 2)))
        (local.set $i (i64.add (local.get $i) (i64.const 1)))
        (br $next)))
      (local.set $to (call_indirect (type $capability) (local.get $to) (global.get $function)))
      (local.set $length (call $length (local.get $to)))
      (local.set $i (i64.const 0))
      (block $done (loop $next
        (br_if $done (i64.eq (local.get $i) (local.get $length)))
        (local.set $byte (call $load (i64.add (local.get $to) (local.get $i))))
        (call $put (i32.load8_u (i32.shr_u (local.get $byte) (i32.const 4))))
        (call $put (i32.load8_u (i32.and (local.get $byte) (i32.const 15))))
        (local.set $i (i64.add (local.get $i) (i64.const 1)))
        (br $next))))
    (global $function (mut i32) (i32.const 0))
    (func (export "admission_check") (result i32)
      (local $at i64) (local $end i64) (local $c i32) (local $i i32)
      ;; Behind \`object":"\`, which stands before anything that others choose.
      (block $found (loop $find
        (br_if $found
          (i64.eq (call $input8 (local.get $at)) (i64.const 0x3a227463656a626f)))
        (local.set $at (i64.add (local.get $at) (i64.const 1)))
        (br $find)))
      (local.set $at (i64.add (local.get $at) (i64.const 9)))
      (call $copy (i32.const 16) (i32.const 42))
      (loop $item
        (global.set $function (call $digit (local.get $at)))
        (local.set $at (i64.add (local.get $at) (i64.const 1)))
        (local.set $end (local.get $at))
        (block $ended (loop $seek
          (local.set $c (call $input (local.get $end)))
          (br_if $ended (i32.or (i32.eq (local.get $c) (i32.const 34))
            (i32.eq (local.get $c) (i32.const 44))))
          (local.set $end (i64.add (local.get $end) (i64.const 1)))
          (br $seek)))
        (call $ask (local.get $at) (local.get $end))
        (local.set $at (i64.add (local.get $end) (i64.const 1)))
        (if (i32.eq (local.get $c) (i32.const 44))
          (then (call $put (i32.const 44)) (br $item))))
      (call $copy (i32.const 64) (i32.const 16))
      (local.set $i (i32.const 1024))
      (local.set $at (call $alloc (i64.extend_i32_u (i32.sub (global.get $out) (local.get $i)))))
      (local.set $end (local.get $at))
      (loop $write
        (call $store (local.get $end) (i32.load8_u (local.get $i)))
        (local.set $end (i64.add (local.get $end) (i64.const 1)))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br_if $write (i32.lt_u (local.get $i) (global.get $out))))
      (call $output (local.get $at) (i64.sub (local.get $end) (local.get $at)))
      (i32.const 0)))`;
}

/** A request to one function of {@link asking}, by its place among the names. */
export type Request = readonly [index: number, request: string | Uint8Array];

/** The document with which {@link asking} makes these requests, in one call. */
export function requestsOf(requests: readonly Request[]): string {
  return requests.map(([index, request]) => {
    const bytes = typeof request === "string" ? new TextEncoder().encode(request) : request;
    return index + Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  }).join(",");
}

/** What a verdict of {@link asking} says that was answered. */
export function answersOf(answers: string): Uint8Array[] {
  return answers.split(",").map((hex) =>
    Uint8Array.from(hex.match(/../g) ?? [], (byte) => parseInt(byte, 16))
  );
}

/** Has a plugin made of {@link asking} make requests in one call, through the whole host. */
export async function askThrough(
  plugin: Plugin,
  ...requests: Request[]
): Promise<Uint8Array[]> {
  const { annotations } = await plugin.admission.check(jsonDocument(requestsOf(requests)));
  return answersOf(annotations!.answers as string);
}

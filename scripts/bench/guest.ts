import wabtInit from "wabt";

const EXTISM = "extism:host/env";

/**
 * An ordinary Extism guest, `echo` in the way that the kits for C and Rust write it: eight bytes for
 * each call of the host, then the rest one by one. `noop` returns at once.
 */
export const GUEST: string = `(module
  (import "${EXTISM}" "input_length" (func $inputLength (result i64)))
  (import "${EXTISM}" "input_load_u8" (func $load1 (param i64) (result i32)))
  (import "${EXTISM}" "input_load_u64" (func $load8 (param i64) (result i64)))
  (import "${EXTISM}" "alloc" (func $alloc (param i64) (result i64)))
  (import "${EXTISM}" "store_u8" (func $store1 (param i64 i32)))
  (import "${EXTISM}" "store_u64" (func $store8 (param i64 i64)))
  (import "${EXTISM}" "output_set" (func $outputSet (param i64 i64)))
  (memory (export "memory") 1)
  (func (export "noop") (result i32) (i32.const 0))
  (func (export "echo") (result i32)
    (local $length i64) (local $whole i64) (local $to i64) (local $at i64)
    (local.set $length (call $inputLength))
    (local.set $whole (i64.and (local.get $length) (i64.const -8)))
    (local.set $to (call $alloc (local.get $length)))
    (block $end (loop $next
      (br_if $end (i64.eq (local.get $at) (local.get $whole)))
      (call $store8 (i64.add (local.get $to) (local.get $at)) (call $load8 (local.get $at)))
      (local.set $at (i64.add (local.get $at) (i64.const 8)))
      (br $next)))
    (block $end (loop $next
      (br_if $end (i64.eq (local.get $at) (local.get $length)))
      (call $store1 (i64.add (local.get $to) (local.get $at)) (call $load1 (local.get $at)))
      (local.set $at (i64.add (local.get $at) (i64.const 1)))
      (br $next)))
    (call $outputSet (local.get $to) (local.get $length))
    (i32.const 0)))`;

/** The same, but its memory grows: no instance of it can be used again. */
export const GROWING_GUEST: string = GUEST
  .replace('"noop") (result i32) (', '"noop") (result i32) (drop (memory.grow (i32.const 1))) (')
  .replace(
    "(local.set $length (call",
    "(drop (memory.grow (i32.const 1))) (local.set $length (call",
  );

/**
 * The same answer by one copy each way, which the guest offers and an ordinary host does not take.
 *
 * @param bytes At most so many. The memory is no larger than that needs: all of it is put back after
 * each call.
 */
export function bulkGuest(bytes: number): string {
  const pages = Math.ceil(bytes / 65_536);
  const input = pages * 65_536;
  return `(module
  (memory (export "memory") ${2 * pages})
  (global $length (mut i32) (i32.const 0))
  (func (export "cofferdam_input") (param i32) (result i32)
    (global.set $length (local.get 0)) (i32.const ${input}))
  (func (export "echo") (result i32)
    (memory.copy (i32.const 0) (i32.const ${input}) (global.get $length)) (i32.const 0))
  (func (export "cofferdam_output") (result i64)
    (i64.shl (i64.extend_i32_u (global.get $length)) (i64.const 32))))`;
}

/** Where {@link RAW_ECHO} finds its input; its answer lies from 0. */
export const RAW_INPUT: number = 1 << 20;

/** The floor: an export without any protocol, which the host feeds through the guest's own memory. */
export const RAW_ECHO: string = `(module
  (memory (export "memory") 32)
  (func (export "echo") (param $length i32)
    (memory.copy (i32.const 0) (i32.const ${RAW_INPUT}) (local.get $length))))`;

/** Padded to four times eight bytes. */
const ANSWER = '{"allowed":true,"reasons":[]}'.padEnd(32);

/** An admission plugin that allows everything. */
export const ALLOW: string = `(module
  (import "${EXTISM}" "alloc" (func $alloc (param i64) (result i64)))
  (import "${EXTISM}" "store_u64" (func $store8 (param i64 i64)))
  (import "${EXTISM}" "output_set" (func $outputSet (param i64 i64)))
  (memory 1)
  (data (i32.const 0) "${ANSWER.replaceAll('"', '\\"')}")
  (func (export "admission_check") (result i32)
    (local $to i64) (local $at i32)
    (local.set $to (call $alloc (i64.const 32)))
    (loop $next
      (call $store8
        (i64.add (local.get $to) (i64.extend_i32_u (local.get $at)))
        (i64.load (local.get $at)))
      (local.set $at (i32.add (local.get $at) (i32.const 8)))
      (br_if $next (i32.lt_u (local.get $at) (i32.const 32))))
    (call $outputSet (local.get $to) (i64.const 32))
    (i32.const 0)))`;

const wabt = await wabtInit();

/** Assembles a module written in the Wasm text format. */
export function assemble(text: string): Uint8Array<ArrayBuffer> {
  const module = wabt.parseWat("guest.wat", text, { bulk_memory: true });
  try {
    return new Uint8Array(module.toBinary({}).buffer);
  } finally {
    module.destroy();
  }
}

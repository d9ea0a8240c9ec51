/** The guests that mean harm while they run, as Wasm text, and the one code that each must get. */
import { answering } from "../support/guest.ts";
import { ALLOW, allowingAfter, check, extism, type HostileGuest } from "./hostile-guest.ts";

const ALLOC = extism("alloc", "(param i64) (result i64)");
const STORE = extism("store_u8", "(param i64 i32)");
const LOAD = extism("load_u8", "(param i64) (result i32)");
const OUTPUT = extism("output_set", "(param i64 i64)");

/** A guest that takes its input and gives its output in its own memory; see `bulk.ts`. */
function bulk(input: string, output: string, entry = ""): string {
  return `(module (memory (export "memory") 1)
    (func $r (result i32) (i32.add (call $r) (i32.const 1)))
    (func (export "cofferdam_input") (param i32) (result i32) ${input})
    (func (export "cofferdam_output") (result i64) ${output})
    ${check(entry)})`;
}

/** What loads and then misbehaves when it is called. */
export const CALLED: readonly HostileGuest[] = [
  {
    what: "loops for ever",
    text: `(module ${check("(loop $l (br $l))")})`,
    code: "sandbox.fuel",
  },
  {
    what: "loops for ever while calling the host",
    text: `(module ${extism("input_length", "(result i64)")}
      ${check("(loop $l (drop (call $input_length)) (br $l))")})`,
    code: "sandbox.fuel",
  },
  {
    what: "loops in its start section",
    text: `(module (func $s (loop $l (br $l))) (start $s) ${check("")})`,
    code: "sandbox.fuel",
  },
  {
    what: "loops in _initialize, which the SDK calls",
    text: `(module (func (export "_initialize") (loop $l (br $l))) ${check("")})`,
    code: "sandbox.fuel",
  },
  {
    what: "traps",
    text: `(module ${check("unreachable")})`,
    code: "sandbox.trap",
  },
  {
    what: "traps in its start section",
    text: `(module (func $s unreachable) (start $s) ${check("")})`,
    code: "sandbox.trap",
  },
  {
    what: "divides by zero",
    text: `(module ${check("(drop (i32.div_u (i32.const 1) (i32.const 0)))")})`,
    code: "sandbox.trap",
  },
  {
    what: "reads outside of its memory",
    text: `(module (memory 1) ${check("(drop (i32.load (i32.const -4)))")})`,
    code: "sandbox.trap",
  },
  {
    what: "writes a data segment outside of its memory",
    text: `(module (memory 1) (data (i32.const 65535) "xyz") ${check("")})`,
    code: "sandbox.trap",
  },
  {
    what: "recurses for ever",
    text: `(module (func $r (result i32) (i32.add (call $r) (i32.const 1))) ${
      check("(drop (call $r))")
    })`,
    code: "sandbox.depth",
  },
  {
    what: "recurses through a table",
    text: `(module (type $t (func)) (table 1 funcref) (elem (i32.const 0) $r)
      (func $r (call_indirect (type $t) (i32.const 0)) (call_indirect (type $t) (i32.const 0)))
      ${check("(call $r)")})`,
    code: "sandbox.depth",
  },
  {
    what: "grows its memory until nothing is left",
    text: `(module (memory (export "memory") 1) ${
      check("(loop $l (br_if $l (i32.ne (memory.grow (i32.const 1)) (i32.const -1)))) unreachable")
    })`,
    code: "sandbox.memory",
  },
  {
    what: "asks the host for 64 MiB again and again",
    text: `(module ${ALLOC} ${
      check("(loop $l (drop (call $alloc (i64.const 67108864))) (br $l))")
    })`,
    code: "sandbox.memory",
  },
  {
    what: "asks the host for one byte again and again",
    text: `(module ${ALLOC} ${check("(loop $l (drop (call $alloc (i64.const 1))) (br $l))")})`,
    code: "sandbox.memory",
  },
  {
    what: "asks the host for 2^64-1 bytes",
    text: `(module ${ALLOC} ${check("(drop (call $alloc (i64.const -1)))")})`,
    code: "sandbox.memory",
  },
  {
    what: "stores one variable after the other",
    text: `(module ${ALLOC} ${STORE} ${extism("var_set", "(param i64 i64)")}
      (global $key (mut i64) (i64.const 0)) (global $value (mut i64) (i64.const 0))
      (global $n (mut i32) (i32.const 0))
      ${
      check(`(global.set $key (call $alloc (i64.const 8)))
        (global.set $value (call $alloc (i64.const 8388608)))
        (loop $l
          (call $store_u8 (global.get $key) (global.get $n))
          (global.set $n (i32.add (global.get $n) (i32.const 1)))
          (call $var_set (global.get $key) (global.get $value)) (br $l))`)
    })`,
    code: "sandbox.memory",
  },
  {
    what: "names its variables by 100 MB",
    text: `(module ${ALLOC} ${extism("var_set", "(param i64 i64)")}
      (global $key (mut i64) (i64.const 0))
      ${
      check(`(global.set $key (call $alloc (i64.const 100000000)))
        (loop $l (call $var_set (global.get $key) (call $alloc (i64.const 1))) (br $l))`)
    })`,
    code: "sandbox.memory",
  },
  {
    what: "grows a memory that it does not export",
    text: `(module (memory 1) ${
      check("(loop $l (br_if $l (i32.ne (memory.grow (i32.const 1)) (i32.const -1)))) unreachable")
    })`,
    code: "sandbox.memory",
  },
  {
    what: "divides by zero with all of its memory in use",
    text: `(module (memory 64) ${check("(drop (i32.div_u (i32.const 1) (i32.const 0)))")})`,
    code: "sandbox.trap",
  },
  {
    what: "grows its table until nothing is left",
    text: `(module (table 1 funcref) ${
      check(`(loop $l (br_if $l
        (i32.ne (table.grow 0 (ref.null func) (i32.const 1000)) (i32.const -1)))) unreachable`)
    })`,
    code: "sandbox.memory",
  },
  {
    what: "reads a block that it does not have",
    text: `(module ${LOAD} ${check("(drop (call $load_u8 (i64.const 0x7fff000000000000)))")})`,
    code: "sandbox.trap",
  },
  {
    what: "reads beyond the end of its input",
    text: `(module ${extism("input_load_u8", "(param i64) (result i32)")}
      ${check("(drop (call $input_load_u8 (i64.const 1000000)))")})`,
    code: "sandbox.trap",
  },
  {
    what: "reads before the start of its input",
    text: `(module ${extism("input_load_u64", "(param i64) (result i64)")}
      ${check("(drop (call $input_load_u64 (i64.const -8)))")})`,
    code: "sandbox.trap",
  },
  {
    what: "names a block as its output that it does not have",
    text: `(module ${OUTPUT} ${check("(call $output_set (i64.const -1) (i64.const 4))")})`,
    code: "sandbox.trap",
  },
  {
    what: "says that its output is longer than its block",
    text: `(module ${ALLOC} ${OUTPUT}
      ${check("(call $output_set (call $alloc (i64.const 8)) (i64.const 9))")})`,
    code: "sandbox.trap",
  },
  {
    what: "says that its output has a negative length",
    text: `(module ${ALLOC} ${OUTPUT}
      ${check("(call $output_set (call $alloc (i64.const 8)) (i64.const -1))")})`,
    code: "sandbox.trap",
  },
  {
    what: "gives 100 MB",
    text: `(module ${ALLOC} ${OUTPUT}
      ${check("(call $output_set (call $alloc (i64.const 100000000)) (i64.const 100000000))")})`,
    code: "contract.output-too-large",
  },
  {
    what: "gives nothing",
    text: `(module ${check("")})`,
    code: "contract.output-invalid",
  },
  {
    what: "gives what is not JSON",
    text: answering("allowed: true"),
    code: "contract.output-invalid",
  },
  {
    what: "gives what is not UTF-8",
    text: answering(Uint8Array.of(0x22, 0xc3, 0x28, 0x22)),
    code: "contract.output-invalid",
  },
  {
    what: "nests its output 100,000 deep",
    text: answering("[".repeat(100_000)),
    code: "contract.output-invalid",
  },
  {
    what: "allows with a prototype",
    text: answering('{"__proto__":{"allowed":true,"reasons":[]}}'),
    code: "contract.output-invalid",
  },
  {
    what: "allows and then returns 1",
    text: answering(ALLOW).replace("(i32.const 0)))", "(i32.const 1)))"),
    code: "sandbox.guest-error",
  },
  {
    what: "allows and then traps",
    text: answering(ALLOW).replace("(i32.const 0)))", "unreachable))"),
    code: "sandbox.trap",
  },
  {
    what: "allows after it asked for the network",
    text: answering(ALLOW)
      .replace("(memory", `${extism("http_status_code", "(result i32)")} (memory`)
      .replace("(local.set $to", "(drop (call $http_status_code)) (local.set $to"),
    code: "capability.denied",
  },
  {
    what: "loops where it makes room for its input",
    text: bulk("(loop $l (br $l)) (i32.const 0)", "(i64.const 0)"),
    code: "sandbox.fuel",
  },
  {
    what: "loops where it says where its output is",
    text: bulk("(i32.const 0)", "(loop $l (br $l)) (i64.const 0)"),
    code: "sandbox.fuel",
  },
  {
    what: "recurses where it makes room for its input",
    text: bulk("(call $r)", "(i64.const 0)"),
    code: "sandbox.depth",
  },
  {
    what: "traps where it makes room for its input",
    text: bulk("unreachable", "(i64.const 0)"),
    code: "sandbox.trap",
  },
  ...["-1", "65536", "65535", "0x7fffffff"].map((at): HostileGuest => ({
    what: `wants its input at ${at} of 65536 bytes`,
    text: bulk(`(i32.const ${at})`, "(i64.const 0)"),
    code: "sandbox.trap",
  })),
  ...["0xffffffff00000000", "0x0000000100010000", "0xffffffffffffffff", "0x0001000100000000"].map(
    (place): HostileGuest => ({
      what: `says that its output is at ${place}, outside of its memory`,
      text: bulk("(i32.const 0)", `(i64.const ${place})`),
      code: "sandbox.trap",
    }),
  ),
  {
    what: "gives its empty memory as its output",
    text: bulk("(i32.const 0)", "(i64.const 0x0000100000008000)"),
    code: "contract.output-invalid",
  },
  {
    what: "gives 2 MiB of its memory as its output",
    text: bulk(
      "(i32.const 0)",
      "(i64.const 0x0020000000000000)",
      "(drop (memory.grow (i32.const 40)))",
    ),
    code: "contract.output-too-large",
  },
  {
    what: "gives its input back, changed",
    text: bulk(
      "(i32.const 0)",
      "(i64.const 0x0000000800000000)",
      "(i32.store8 (i32.const 0) (i32.const 255))",
    ),
    code: "contract.output-invalid",
  },
  {
    what: "takes 200 MB and gives them back, again and again",
    text: `(module ${ALLOC} ${extism("free", "(param i64)")}
      ${check("(loop $l (call $free (call $alloc (i64.const 200000000))) (br $l))")})`,
    code: "sandbox.fuel",
  },
  {
    what: "recurses through two functions",
    text: `(module (func $a (call $b) (call $b)) (func $b (call $a) (call $a)) ${
      check("(call $a)")
    })`,
    code: "sandbox.depth",
  },
  {
    what: "recurses in its start section",
    text: `(module (func $r (call $r) (call $r)) (start $r) ${check("")})`,
    code: "sandbox.depth",
  },
  {
    what: "recurses with a thousand locals",
    text: `(module (func $r (local ${"i64 ".repeat(1_000)}) (call $r) (call $r)) ${
      check("(call $r)")
    })`,
    code: "sandbox.depth",
  },
  {
    what: "fills its memory again and again",
    text: `(module (memory 64) ${
      check("(loop $l (memory.fill (i32.const 0) (i32.const 1) (i32.const 4194304)) (br $l))")
    })`,
    code: "sandbox.fuel",
  },
  {
    what: "copies its table again and again",
    text: `(module (table 100000 funcref) ${
      check("(loop $l (table.copy (i32.const 0) (i32.const 1) (i32.const 99999)) (br $l))")
    })`,
    code: "sandbox.fuel",
  },
  {
    what: "calls an empty place of its table",
    text: `(module (type $t (func)) (table 1 funcref) ${
      check("(call_indirect (type $t) (i32.const 0))")
    })`,
    code: "sandbox.trap",
  },
  {
    what: "calls by another type than the function has",
    text: `(module (type $t (func (param i64))) (func $f) (table 1 funcref) (elem (i32.const 0) $f)
      ${check("(call_indirect (type $t) (i64.const 0) (i32.const 0))")})`,
    code: "sandbox.trap",
  },
  {
    what: "is refused by WASI again and again",
    text:
      `(module (import "wasi_snapshot_preview1" "fd_close" (func $close (param i32) (result i32)))
      ${check("(loop $l (drop (call $close (i32.const -1))) (br $l))")})`,
    code: "sandbox.fuel",
  },
  {
    what: "logs for ever",
    text: `(module ${ALLOC} ${extism("log_error", "(param i64)")} ${
      check(`(loop $l (call $log_error (call $alloc (i64.const 0))) (br $l))`)
    })`,
    code: "sandbox.fuel",
  },
  {
    what: "writes over its input and keeps it",
    text: allowingAfter(
      `(if (i64.ne (call $in (i64.const 0)) (i64.const 0x61727400226e6f63))
         (then (if (i32.ne (call $first (i64.const 0)) (i32.const 123)) (then unreachable))))
       (call $store (call $offset) (i32.const 255))
       (if (i32.ne (call $first (i64.const 0)) (i32.const 255)) (then unreachable))`,
      `(import "extism:host/env" "input_load_u64" (func $in (param i64) (result i64)))
       (import "extism:host/env" "input_load_u8" (func $first (param i64) (result i32)))
       (import "extism:host/env" "input_offset" (func $offset (result i64)))`,
    ),
    code: "allowed",
  },
  {
    what: "keeps a variable, a global, memory and a block for its next call",
    text: allowingAfter(
      `(if (i64.ne (call $get (global.get $block)) (i64.const 0)) (then unreachable))
       (if (global.get $dirty) (then unreachable))
       (if (i32.load8_u (i32.const 60000)) (then unreachable))
       (if (call $load (i64.add (call $alloc (i64.const 100)) (i64.const 99))) (then unreachable))
       (call $set (global.get $block) (global.get $block))
       (global.set $dirty (i32.const 1)) (i32.store8 (i32.const 60000) (i32.const 1))
       (call $free (local.tee $to (call $alloc (i64.const 100000))))
       (local.set $to (call $alloc (i64.const 100000)))
       (call $store (i64.add (local.get $to) (i64.const 99999)) (i32.const 1))
       (call $store (i64.add (local.get $to) (i64.const 70)) (i32.const 1))
       (call $free (local.get $to))`,
      `(import "extism:host/env" "var_get" (func $get (param i64) (result i64)))
       (import "extism:host/env" "var_set" (func $set (param i64 i64)))
       (import "extism:host/env" "free" (func $free (param i64)))
       (import "extism:host/env" "load_u8" (func $load (param i64) (result i32)))`,
      "(global $dirty (mut i32) (i32.const 0))",
    ),
    code: "allowed",
  },
  {
    what: "has names of JavaScript's prototypes for exports",
    text: answering(ALLOW).replace(
      "(func (export",
      `${
        [
          "__proto__",
          "constructor",
          "toString",
          "valueOf",
          "hasOwnProperty",
          "then",
          "catch",
          "buffer",
        ]
          .map((name) => `(func (export "${name}") unreachable)`).join(" ")
      } (func (export`,
    ),
    code: "allowed",
  },
  ...["__proto__", "constructor", "toString"].map((name): HostileGuest => ({
    what: `reads the variable ${name}, which it never set`,
    text: allowingAfter(
      `${
        Array.from(name, (char, index) =>
          `(call $store (i64.add (global.get $name) (i64.const ${index})) (i32.const ${
            char.charCodeAt(0)
          }))`)
          .join(" ")
      } (if (i64.ne (call $get (global.get $name)) (i64.const 0)) (then unreachable))
        (call $set (global.get $name) (global.get $block))
        (if (i64.eqz (call $get (global.get $name))) (then unreachable))`,
      `(import "extism:host/env" "var_get" (func $get (param i64) (result i64)))
       (import "extism:host/env" "var_set" (func $set (param i64 i64)))`,
      "(global $name (mut i64) (i64.const 0))",
    ).replace(
      "(global.set $block",
      `(global.set $name (call $alloc (i64.const ${name.length}))) (global.set $block`,
    ),
    code: "allowed",
  })),
];

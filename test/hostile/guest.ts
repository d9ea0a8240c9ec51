/** The guests that mean harm, as Wasm text, and the one code that each must get. */
import type { ErrorCode } from "../../src/plugin-error.ts";
import { answering } from "../support/guest.ts";

/** A hostile guest. */
export interface HostileGuest {
  readonly what: string;
  readonly text: string;
  readonly code: ErrorCode;
}

const extism = (name: string, type: string) =>
  `(import "extism:host/env" "${name}" (func $${name} ${type}))`;
const ALLOC = extism("alloc", "(param i64) (result i64)");
const LOAD = extism("load_u8", "(param i64) (result i32)");
const OUTPUT = extism("output_set", "(param i64 i64)");
const check = (body: string) =>
  `(func (export "admission_check") (result i32) ${body} (i32.const 0))`;
const ALLOW = '{"allowed":true,"reasons":[]}';

/** What loads and then misbehaves when it is called. */
export const CALLED: readonly HostileGuest[] = [
  {
    what: "loops for ever",
    text: `(module ${check("(loop $l (br $l))")})`,
    code: "sandbox.timeout",
  },
  {
    what: "loops for ever while calling the host",
    text: `(module ${extism("input_length", "(result i64)")}
      ${check("(loop $l (drop (call $input_length)) (br $l))")})`,
    code: "sandbox.timeout",
  },
  {
    what: "loops in its start section",
    text: `(module (func $s (loop $l (br $l))) (start $s) ${check("")})`,
    code: "sandbox.timeout",
  },
  {
    what: "loops in _initialize, which the SDK calls",
    text: `(module (func (export "_initialize") (loop $l (br $l))) ${check("")})`,
    code: "sandbox.timeout",
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
    text: `(module ${ALLOC} ${extism("var_set", "(param i64 i64)")}
      (global $key (mut i64) (i64.const 0)) (global $value (mut i64) (i64.const 0))
      ${
      check(`(global.set $key (call $alloc (i64.const 8)))
        (global.set $value (call $alloc (i64.const 8388608)))
        (loop $l (call $var_set (global.get $key) (global.get $value)) (br $l))`)
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
    code: "sandbox.trap",
  },
  {
    what: "reads a block that it does not have",
    text: `(module ${LOAD} ${check("(drop (call $load_u8 (i64.const 0x7fff000000000000)))")})`,
    // The SDK answers 0 for a block that is not there; then the guest gives no verdict.
    code: "contract.output-invalid",
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
];

/** What does not even load. */
export const LOADED: readonly HostileGuest[] = [
  {
    what: "imports a function that nobody offers",
    text: `(module (import "env" "system" (func (param i32))) ${check("")})`,
    code: "sandbox.import-unknown",
  },
  {
    what: "imports WASI",
    text: `(module (import "wasi_snapshot_preview1" "fd_write"
      (func (param i32 i32 i32 i32) (result i32))) ${check("")})`,
    code: "sandbox.import-unknown",
  },
  {
    what: "imports a name of JavaScript's prototypes",
    text: `(module (import "extism:host/env" "constructor" (func)) ${check("")})`,
    code: "sandbox.import-unknown",
  },
  {
    what: "imports a capability that nobody granted",
    text: `(module (import "extism:host/user" "exec_run" (func (param i64) (result i64)))
      ${check("")})`,
    code: "sandbox.import-unknown",
  },
  {
    what: "imports its memory",
    text: `(module (import "env" "memory" (memory 1)) ${check("")})`,
    code: "sandbox.import-unknown",
  },
  {
    what: "begins with more memory than is allowed",
    text: `(module (memory 65536) ${check("")})`,
    code: "sandbox.memory",
  },
  {
    what: "begins with a table of ten million elements",
    text: `(module (table 10000000 funcref) ${check("")})`,
    code: "sandbox.memory",
  },
  {
    what: "has more tables than anybody needs",
    text: `(module ${"(table 1 funcref)".repeat(10)} ${check("")})`,
    code: "sandbox.memory",
  },
  {
    what: "does not export what its manifest promises",
    text: "(module)",
    code: "contract.export-missing",
  },
  {
    what: "exports a memory in place of the entry point",
    text: '(module (memory (export "admission_check") 1))',
    code: "contract.export-missing",
  },
  {
    what: "exports an entry point that takes a parameter",
    text: '(module (func (export "admission_check") (param i32) (result i32) (i32.const 0)))',
    code: "contract.export-missing",
  },
  {
    what: "exports an entry point that returns nothing",
    text: '(module (func (export "admission_check")))',
    code: "contract.export-missing",
  },
];

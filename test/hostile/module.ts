/** What does not even load: modules as text, and the one code that each must get. */
import { check, type HostileGuest } from "./hostile-guest.ts";

/** What does not even load. */
export const LOADED: readonly HostileGuest[] = [
  {
    what: "imports a function that nobody offers",
    text: `(module (import "env" "system" (func (param i32))) ${check("")})`,
    code: "sandbox.import-unknown",
  },
  {
    what: "imports a function of WASI by another type",
    text: `(module (import "wasi_snapshot_preview1" "fd_write" (func (param i32) (result i32)))
      ${check("")})`,
    code: "sandbox.import-unknown",
  },
  {
    what: "imports a function of Extism by another type",
    text: `(module (import "extism:host/env" "alloc" (func (param i32) (result i32))) ${
      check("")
    })`,
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
    code: "capability.denied",
  },
  ...([
    ["memory", '"extism:host/env" "memory" (memory 1)'],
    ["table", '"extism:host/env" "table" (table 1 funcref)'],
    ["mutable global", '"extism:host/env" "alloc" (global (mut i64))'],
    ["global", '"extism:host/user" "state_get" (global i64)'],
    ["memory of WASI", '"wasi_snapshot_preview1" "fd_write" (memory 1)'],
    ["function of the host's own", '"cofferdam" "var_get" (func (param i64) (result i64))'],
    [
      "function of the host's own WASI",
      '"cofferdam:wasi" "fd_close" (func (param i32) (result i32))',
    ],
    [
      "function of the kernel that is none of Extism's",
      '"extism:host/env" "begin" (func (param i32 i32) (result i32))',
    ],
    ["nothing by name", '"" "" (func)'],
    ["function of a module that is named as a prototype", '"__proto__" "constructor" (func)'],
    [
      "capability that is named as a prototype",
      '"extism:host/user" "__proto__" (func (param i64) (result i64))',
    ],
    ["function of WASI that is named as a prototype", '"wasi_snapshot_preview1" "toString" (func)'],
    ["network", '"extism:host/user" "http_fetch" (func (param i64) (result i64))'],
    ["clock", '"env" "clock_now" (func (result i64))'],
  ] as const).map(([what, item]): HostileGuest => ({
    what: `imports a ${what}`,
    text: `(module (import ${item}) ${check("")})`,
    code: "sandbox.import-unknown",
  })),
  {
    what: "imports one function twice, once by another type",
    text: `(module (import "extism:host/env" "alloc" (func (param i64) (result i64)))
      (import "extism:host/env" "alloc" (func (param i64))) ${check("")})`,
    code: "sandbox.import-unknown",
  },
  {
    what: "imports a granted function's name by another type",
    text: `(module (import "extism:host/user" "log" (func (param i64))) ${check("")})`,
    code: "capability.denied",
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
  {
    what: "begins with four tables of ten million elements",
    text: `(module ${"(table 10000000 externref)".repeat(4)} ${check("")})`,
    code: "sandbox.memory",
  },
  {
    what: "has an export that is named as the host's are",
    text: `(module (func (export "cofferdam:fuel")) ${check("")})`,
    code: "sandbox.module-invalid",
  },
  {
    what: "has 10,001 globals",
    text: `(module ${"(global i32 (i32.const 0))".repeat(10_001)} ${check("")})`,
    code: "sandbox.module-invalid",
  },
];

/**
 * Modules that refer to what they do not have; the host appends types, functions and globals, so each
 * would be valid once it has. Wabt assembles numbers as they are.
 */
export const REFERRING: readonly HostileGuest[] = [
  ["calls function 2", check("(call 2)")],
  ["exports function 2", `(export "x" (func 2)) ${check("")}`],
  ["starts with function 2", `(start 2) ${check("")}`],
  ["has function 2 in a table", `(table 1 funcref) (elem (i32.const 0) 2) ${check("")}`],
  ["refers to function 2", `(elem declare func 2) ${check("(drop (ref.func 2))")}`],
  ["has a function of type 2", `(func (type 2)) ${check("")}`],
  ["calls by type 2", `(table 1 funcref) ${check("(call_indirect (type 2) (i32.const 0))")}`],
  ["gives itself fuel", check("(global.set 0 (i64.const 9000000000000000000))")],
  ["gives itself a stack", check("(global.set 1 (i32.const 0x7fffffff))")],
  ["reads its fuel", check("(drop (global.get 0))")],
  ["exports its fuel", `(export "x" (global 0)) ${check("")}`],
  ["begins a global with its fuel", `(global i64 (global.get 1)) ${check("")}`],
  ["exports a memory that it does not have", `(export "x" (memory 0)) ${check("")}`],
  ["grows a memory that it does not have", check("(drop (memory.grow (i32.const 1)))")],
  [
    "grows a table that it does not have",
    check("(drop (table.grow 0 (ref.null func) (i32.const 1)))"),
  ],
  ["has data without a memory", `(data (i32.const 0) "x") ${check("")}`],
  [
    "copies data that it does not have",
    `(memory 1) ${check("(memory.init 1 (i32.const 0) (i32.const 0) (i32.const 0))")}`,
  ],
  ["sets local 1000", check("(local.set 1000 (i32.const 0))")],
  ["breaks out of 5 blocks", check("(br 5)")],
].map(([what, fields]): HostileGuest => ({
  what: what!,
  text: `(module (type (func)) (type (func (result i32))) ${fields})`,
  code: "sandbox.module-invalid",
}));

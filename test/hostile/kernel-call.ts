/** Addresses and lengths that are not a guest's, in every function of Extism's. */
import { KERNEL_FUNCTIONS } from "../../src/sandbox/kernel/kernel.ts";
import { allowingAfter, type HostileGuest, type Outcome } from "./hostile-guest.ts";

/** Nothing that a guest was given begins there; `$block` is its last block, of 16 bytes. */
export const OUTSIDE: Readonly<Record<string, string>> = {
  "1": "(i64.const 1)",
  "63, before all blocks": "(i64.const 63)",
  "the end of its last block": "(i64.add (global.get $block) (i64.const 16))",
  "17 bytes behind its last block": "(i64.add (global.get $block) (i64.const 33))",
  "2^31": "(i64.const 0x80000000)",
  "2^32": "(i64.const 0x100000000)",
  "2^32 and its own block": "(i64.add (global.get $block) (i64.const 0x100000000))",
  "2^63": "(i64.const 0x8000000000000000)",
  "-1": "(i64.const -1)",
  "-8": "(i64.const -8)",
};

/** Within what it was given, but no block begins there. */
const UNALIGNED: Readonly<Record<string, string>> = {
  "0": "(i64.const 0)",
  "the second byte of its block": "(i64.add (global.get $block) (i64.const 1))",
  "the last byte of its block": "(i64.add (global.get $block) (i64.const 15))",
};

/** `$f` of `name` called by `body`. */
function calling(name: string, what: string, body: string, code: Outcome): HostileGuest {
  const { params, results } = KERNEL_FUNCTIONS.get(name)!;
  const type = `(param ${params.join(" ")}) (result ${results.join(" ")})`;
  const text = allowingAfter(body, `(import "extism:host/env" "${name}" (func $f ${type}))`);
  return { what: `calls ${name} with ${what}`, text, code };
}

/** Expects 0 of `$f`. */
const isZero = (type: string, args: string) =>
  `(if (${type}.ne (call $f ${args}) (${type}.const 0)) (then unreachable))`;

type Row = (address: string) => readonly [body: string, outside: Outcome, unaligned?: Outcome];

/** What each does with an address; those without `unaligned` take any byte of a block. */
const BY_ADDRESS: Readonly<Record<string, Row>> = {
  length: (at) => [isZero("i64", at), "allowed", "allowed"],
  length_unsafe: (at) => [isZero("i64", at), "allowed", "allowed"],
  free: (at) => [`(call $f ${at})`, "allowed", "allowed"],
  load_u8: (at) => [`(drop (call $f ${at}))`, "sandbox.trap"],
  load_u64: (at) => [`(drop (call $f ${at}))`, "sandbox.trap"],
  store_u8: (at) => [`(call $f ${at} (i32.const 255))`, "sandbox.trap"],
  store_u64: (at) => [`(call $f ${at} (i64.const -1))`, "sandbox.trap"],
  output_set: (at) => [`(call $f ${at} (i64.const 16))`, "sandbox.trap", "sandbox.trap"],
  config_get: (at) => [isZero("i64", at), "allowed", "allowed"],
  var_get: (at) => [isZero("i64", at), "allowed", "allowed"],
  var_set: (at) => [`(call $f ${at} ${at})`, "allowed", "allowed"],
  ...Object.fromEntries(
    ["trace", "debug", "info", "warn", "error"].map((level) => [
      `log_${level}`,
      (at: string) => [`(call $f ${at})`, "allowed", "allowed"] as const,
    ]),
  ),
};

const addressed = Object.entries(BY_ADDRESS).flatMap(([name, row]) => [
  ...Object.entries(OUTSIDE).map(([what, at]) => calling(name, what, ...rowOf(row(at), 1))),
  ...Object.entries(UNALIGNED).flatMap(([what, at]) =>
    row(at)[2] === undefined ? [] : [calling(name, what, ...rowOf(row(at), 2))]
  ),
]);

function rowOf(row: ReturnType<Row>, column: 1 | 2): [string, Outcome] {
  return [row[0], row[column]!];
}

const LENGTHS: Readonly<Record<string, string>> = {
  "257 MiB": "(i64.const 269484032)",
  "2^31": "(i64.const 0x80000000)",
  "2^32": "(i64.const 0x100000000)",
  "2^32 + 1": "(i64.const 0x100000001)",
  "2^63": "(i64.const 0x8000000000000000)",
  "-1": "(i64.const -1)",
  "-8": "(i64.const -8)",
};

/** In the input; `$length` is that of the input. */
const OFFSETS: Readonly<Record<string, string>> = {
  "the input's length": "(call $length)",
  "2^32": "(i64.const 0x100000000)",
  "2^63": "(i64.const 0x8000000000000000)",
  "-1": "(i64.const -1)",
  "-7": "(i64.const -7)",
};

const inputs = ["input_load_u8", "input_load_u64"].flatMap((name) =>
  Object.entries(OFFSETS).map(([what, at]) => ofInput(name, what, at))
);

function ofInput(name: string, what: string, at: string): HostileGuest {
  const guest = calling(name, what, `(drop (call $f ${at}))`, "sandbox.trap");
  const text = guest.text.replace(
    "(module",
    '(module (import "extism:host/env" "input_length" (func $length (result i64)))',
  );
  return { ...guest, text };
}

/** Every call. */
export const KERNEL_CALLS: readonly HostileGuest[] = [
  ...addressed,
  ...inputs,
  ofInput("input_load_u64", "the last byte", "(i64.sub (call $length) (i64.const 1))"),
  ...Object.entries(LENGTHS).map(([what, length]) =>
    calling("alloc", what, `(drop (call $f ${length}))`, "sandbox.memory")
  ),
  ...Object.entries(LENGTHS).map(([what, length]) =>
    calling(
      "output_set",
      `a length of ${what}`,
      `(call $f (global.get $block) ${length})`,
      "sandbox.trap",
    )
  ),
  ...Object.entries(OUTSIDE).filter(([what]) => !what.startsWith("the end")).map(([what, at]) =>
    calling("error_set", what, `(call $f ${at})`, "sandbox.trap")
  ),
  calling(
    "error_set",
    "no block",
    `(call $f ${UNALIGNED["the last byte of its block"]})`,
    "sandbox.guest-error",
  ),
  calling("error_set", "0", "(call $f (i64.const 0))", "allowed"),
  ...["http_request", "http_status_code", "http_headers"].map((name) =>
    calling(
      name,
      "anything",
      `(drop (call $f ${name === "http_request" ? "(i64.const -1) (i64.const -1)" : ""}))`,
      "capability.denied",
    )
  ),
  // A block says how long it is in front of itself, where its owner can write.
  {
    ...calling(
      "length",
      "a block whose length it forged",
      `(call $store_u64 (i64.sub (global.get $block) (i64.const 8)) (i64.const -1))
       ${isZero("i64", "(global.get $block)")}`,
      "allowed",
    ),
  },
  calling(
    "output_set",
    "a block whose length it forged",
    `(call $store_u64 (i64.sub (global.get $block) (i64.const 8)) (i64.const 100000))
     (call $f (global.get $block) (i64.const 100000))`,
    "sandbox.trap",
  ),
  calling(
    "log_info",
    "a block whose length it forged",
    `(call $store_u64 (i64.sub (global.get $block) (i64.const 8)) (i64.const 100000))
     (call $f (global.get $block))`,
    "allowed",
  ),
  calling(
    "free",
    "a block whose length it forged, twice",
    `(call $store_u64 (i64.sub (global.get $block) (i64.const 7)) (i64.const 15))
     (call $f (i64.add (global.get $block) (i64.const 1)))
     (call $f (global.get $block)) (call $f (global.get $block))`,
    "allowed",
  ),
].map((guest) =>
  guest.text.includes("$store_u64")
    ? {
      ...guest,
      text: guest.text.replace(
        "(module",
        '(module (import "extism:host/env" "store_u64" (func $store_u64 (param i64 i64)))',
      ),
    }
    : guest
);

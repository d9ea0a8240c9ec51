import * as assert from "uvu/assert";
import { PluginError } from "../../src/plugin-error.ts";
import { checkImports, isOffered, isRefused } from "../../src/sandbox/import.ts";
import { EXTISM_ENV, KERNEL_FUNCTIONS } from "../../src/sandbox/kernel/kernel.ts";
import { WASI_FUNCTIONS, WASI_MODULE } from "../../src/sandbox/wasi/wasi-signature.ts";
import { readOutline } from "../../src/wasm/outline.ts";
import { assemble } from "../support/guest.ts";
import { suite } from "../support/suite.ts";

const test = suite("import");

const importOf = (text: string) => readOutline(assemble(`(module (import ${text}))`)).imports[0]!;

const OFFERED = [
  ...[...WASI_FUNCTIONS].map(([name, type]) => [WASI_MODULE, name, type] as const),
  ...[...KERNEL_FUNCTIONS].map(([name, type]) => [EXTISM_ENV, name, type] as const),
];

test("isOffered() takes each function with its own type", () => {
  for (const [module, name, { params, results }] of OFFERED) {
    const type = `(param ${params.join(" ")}) (result ${results.join(" ")})`;
    assert.ok(isOffered(importOf(`"${module}" "${name}" (func ${type})`)), name);
    const other = `(param ${params.join(" ")} f64) (result ${results.join(" ")})`;
    assert.not(isOffered(importOf(`"${module}" "${name}" (func ${other})`)), name);
  }
});

const REFUSED = [
  `"${WASI_MODULE}" "random_get" (func (param i32 i64) (result i32))`,
  `"${WASI_MODULE}" "random_get" (func (param i32 i32) (result i64))`,
  `"${WASI_MODULE}" "random_get" (func (param i32 i32))`,
  `"${WASI_MODULE}" "random_get" (global i32)`,
  `"${WASI_MODULE}" "memory" (memory 1)`,
  `"${WASI_MODULE}" "toString" (func)`,
  `"wasi_unstable" "sched_yield" (func (result i32))`,
];

for (const text of REFUSED) {
  test(`isOffered() refuses ${text}`, () => assert.not(isOffered(importOf(text))));
}

test("isRefused() tells what links and does nothing", () => {
  const tell = (module: string, name: string) => isRefused({ module, name, kind: "function" });
  assert.equal(
    [tell(WASI_MODULE, "path_open"), tell(EXTISM_ENV, "http_request"), tell(EXTISM_ENV, "alloc")],
    [true, true, false],
  );
  assert.not(tell(WASI_MODULE, "fd_write"));
  assert.not(tell(WASI_MODULE, "toString"));
});

test("checkImports() takes what was granted, and names what was not", () => {
  const text = '"extism:host/user" "state_get" (func (param i64) (result i64))';
  checkImports("p", [importOf(text)], new Set(["state_get"]));
  try {
    checkImports("p", [importOf(text)], new Set());
    assert.unreachable();
  } catch (error) {
    assert.instance(error, PluginError);
    assert.match((error as Error).message, /function "extism:host\/user" "state_get"$/);
  }
});

test.run();

import asc from "assemblyscript/asc";
import type { AssemblyScriptCompiler } from "../../src/build/assemblyscript.ts";
import { loadEngine } from "../../src/build/engine/engine.ts";
import { readOutline } from "../../src/wasm/outline.ts";
import { assemble } from "./guest.ts";

/** One small program each, of the kinds that charges weigh on differently. */
export interface Kernel {
  readonly name: string;
  module(): Promise<Uint8Array> | Uint8Array;
  /** Makes an instance ready to run; without it, its export `run: () -> i32` is what runs. */
  readonly start?: (exports: WebAssembly.Exports) => () => number;
  /** What running it gives. */
  readonly result: number;
  /** Calls and nothing else: told apart, since each call is charged and its depth counted. */
  readonly recursion?: true;
}

/** Loops with a store, with arithmetic, an allocator, an interpreter; and calls alone. */
export const KERNELS: readonly Kernel[] = [
  {
    name: "sieve: primes below 100,000",
    result: 9_592,
    module: () =>
      assemble(`(module (memory 2) (func (export "run") (result i32)
      (local $i i32) (local $j i32) (local $count i32)
      (memory.fill (i32.const 0) (i32.const 0) (i32.const 100000))
      (local.set $i (i32.const 2))
      (loop $next
        (if (i32.eqz (i32.load8_u (local.get $i))) (then
          (local.set $count (i32.add (local.get $count) (i32.const 1)))
          (local.set $j (i32.shl (local.get $i) (i32.const 1)))
          (block $done (loop $cross
            (br_if $done (i32.ge_u (local.get $j) (i32.const 100000)))
            (i32.store8 (local.get $j) (i32.const 1))
            (local.set $j (i32.add (local.get $j) (local.get $i)))
            (br $cross)))))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br_if $next (i32.lt_u (local.get $i) (i32.const 100000))))
      (local.get $count)))`),
  },
  {
    name: "matrix product, 64 x 64, f64",
    result: 262_144,
    module: () =>
      assemble(`(module (memory 2) (func (export "run") (result i32)
      (local $i i32) (local $j i32) (local $k i32) (local $sum f64) (local $all f64)
      (local.set $i (i32.const 0))
      (loop $ones
        (f64.store (i32.shl (local.get $i) (i32.const 3)) (f64.const 1))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br_if $ones (i32.lt_u (local.get $i) (i32.const 8192))))
      (local.set $i (i32.const 0))
      (loop $rows
        (local.set $j (i32.const 0))
        (loop $columns
          (local.set $sum (f64.const 0))
          (local.set $k (i32.const 0))
          (loop $inner
            (local.set $sum (f64.add (local.get $sum) (f64.mul
              (f64.load (i32.shl (i32.add (i32.shl (local.get $i) (i32.const 6)) (local.get $k)) (i32.const 3)))
              (f64.load offset=32768
                (i32.shl (i32.add (i32.shl (local.get $k) (i32.const 6)) (local.get $j)) (i32.const 3))))))
            (local.set $k (i32.add (local.get $k) (i32.const 1)))
            (br_if $inner (i32.lt_u (local.get $k) (i32.const 64))))
          (local.set $all (f64.add (local.get $all) (local.get $sum)))
          (local.set $j (i32.add (local.get $j) (i32.const 1)))
          (br_if $columns (i32.lt_u (local.get $j) (i32.const 64))))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br_if $rows (i32.lt_u (local.get $i) (i32.const 64))))
      (i32.trunc_f64_s (local.get $all))))`),
  },
  {
    name: "AssemblyScript: trees of 8,191 objects",
    result: 8_191,
    module: () =>
      compile(`
class Node { left: Node | null = null; right: Node | null = null; }
function grow(depth: i32): Node {
  const node = new Node();
  if (depth > 0) { node.left = grow(depth - 1); node.right = grow(depth - 1); }
  return node;
}
function sum(node: Node | null): i32 {
  return node === null ? 0 : 1 + sum(node.left) + sum(node.right);
}
export function run(): i32 { return sum(grow(12)); }`),
  },
  {
    name: "QuickJS: a loop in JavaScript",
    result: 124_975_000,
    module: async () => (await loadEngine()).bytes,
    start: (exports) => evaluator(exports, SCRIPT),
  },
  {
    name: "recursion: fib(24)",
    result: 46_368,
    recursion: true,
    module: () =>
      assemble(`(module
      (func $fib (param $n i32) (result i32)
        (if (result i32) (i32.lt_u (local.get $n) (i32.const 2))
          (then (local.get $n))
          (else (i32.add
            (call $fib (i32.sub (local.get $n) (i32.const 1)))
            (call $fib (i32.sub (local.get $n) (i32.const 2)))))))
      (func (export "run") (result i32) (call $fib (i32.const 24))))`),
  },
];

/** Element access, a call, arithmetic and a test, 10,000 times. */
const SCRIPT = `(() => {
  const list = [1, 2, 3, 4, 5, 6, 7, 8];
  const at = (i) => list[i & 7];
  let sum = 0;
  for (let i = 0; i < 10000; i++) if (i % 3 !== 5) sum += at(i) - at(i + 8) + (i >> 1) * 5;
  return String(sum);
})()`;

/** With the collector that AssemblyScript takes where nobody says otherwise. */
async function compile(source: string): Promise<Uint8Array> {
  let module: Uint8Array | undefined;
  const options = ["kernel.ts", "--outFile", "kernel.wasm", "-O3", "--use", "abort="];
  const { error, stderr } = await (asc as unknown as AssemblyScriptCompiler).main(options, {
    readFile: (name) => Promise.resolve(name === "kernel.ts" ? source : null),
    writeFile: (_name, contents) => {
      if (typeof contents !== "string") module = contents;
    },
    listFiles: () => [],
  });
  if (module !== undefined) return module;
  throw new Error(`Cannot compile a kernel: ${stderr.toString() || error?.message}`);
}

interface EngineExports {
  readonly memory: WebAssembly.Memory;
  "build:init"(stackBytes: number): void;
  "build:alloc"(length: number): number;
  "build:eval"(code: number, length: number, name: number): number;
  cofferdam_output(): bigint;
}

/** Has the engine of plugins in TypeScript evaluate a script, as often as it is called. */
function evaluator(given: WebAssembly.Exports, script: string): () => number {
  const exports = given as unknown as EngineExports;
  const memory = (start: number, length: number) =>
    new Uint8Array(exports.memory.buffer, start, length);
  exports["build:init"](160 * 1024);
  const bytes = new TextEncoder().encode(script);
  const start = exports["build:alloc"](bytes.length + 1);
  memory(start, bytes.length + 1).set([...bytes, 0]);
  return () => {
    // The zero behind the script is the empty name of its file.
    exports["build:eval"](start, bytes.length, start + bytes.length);
    const place = BigInt.asUintN(64, exports.cofferdam_output());
    const text = memory(Number(place & 0xffff_ffffn), Number(place >> 32n));
    return Number(new TextDecoder().decode(text));
  };
}

/** Functions for everything that a module imports, of which a kernel calls none. */
export function importsOf(bytes: Uint8Array): WebAssembly.Imports {
  const imports: Record<string, Record<string, () => never>> = {};
  for (const { module, name } of readOutline(bytes).imports) {
    (imports[module] ??= {})[name] = () => {
      throw new Error(`The kernel called "${name}" of "${module}"`);
    };
  }
  return imports;
}

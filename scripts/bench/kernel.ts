/** One small program each, of the kinds that charges weigh on differently. */
export interface Kernel {
  readonly name: string;
  /** A module that exports `run: () -> i32`. */
  readonly text: string;
  /** What `run` gives. */
  readonly result: number;
}

/** Loops with a store, loops with arithmetic, calls with loads and stores, and calls alone. */
export const KERNELS: readonly Kernel[] = [
  {
    name: "sieve: primes below 100,000",
    result: 9_592,
    text: `(module (memory 2) (func (export "run") (result i32)
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
      (local.get $count)))`,
  },
  {
    name: "matrix product, 64 x 64, f64",
    result: 262_144,
    text: `(module (memory 2) (func (export "run") (result i32)
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
      (i32.trunc_f64_s (local.get $all))))`,
  },
  {
    name: "trees of 65,535 nodes, allocated and summed",
    result: 65_535,
    text: `(module (memory 16) (global $free (mut i32) (i32.const 0))
      (func $grow (param $depth i32) (result i32)
        (local $node i32)
        (local.set $node (global.get $free))
        (global.set $free (i32.add (local.get $node) (i32.const 8)))
        (if (local.get $depth) (then
          (i32.store (local.get $node) (call $grow (i32.sub (local.get $depth) (i32.const 1))))
          (i32.store offset=4 (local.get $node) (call $grow (i32.sub (local.get $depth) (i32.const 1))))))
        (local.get $node))
      (func $sum (param $node i32) (param $depth i32) (result i32)
        (if (result i32) (local.get $depth)
          (then (i32.add (i32.const 1) (i32.add
            (call $sum (i32.load (local.get $node)) (i32.sub (local.get $depth) (i32.const 1)))
            (call $sum (i32.load offset=4 (local.get $node)) (i32.sub (local.get $depth) (i32.const 1))))))
          (else (i32.const 1))))
      (func (export "run") (result i32)
        (global.set $free (i32.const 0))
        (call $sum (call $grow (i32.const 15)) (i32.const 15))))`,
  },
  {
    name: "recursion: fib(24)",
    result: 46_368,
    text: `(module
      (func $fib (param $n i32) (result i32)
        (if (result i32) (i32.lt_u (local.get $n) (i32.const 2))
          (then (local.get $n))
          (else (i32.add
            (call $fib (i32.sub (local.get $n) (i32.const 1)))
            (call $fib (i32.sub (local.get $n) (i32.const 2)))))))
      (func (export "run") (result i32) (call $fib (i32.const 24))))`,
  },
];

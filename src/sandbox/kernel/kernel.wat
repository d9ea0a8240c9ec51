;; The host's side of Extism's interface as a module of its own, linked to each guest: a guest that
;; reads its input or writes its output calls Wasm from Wasm and never crosses to JavaScript.
;;
;; One memory of the host's, apart from the guest's. From $BASE on it holds blocks, one behind the
;; other: eight bytes with the length, then the bytes, rounded up to eight. Addresses that guests hold
;; are offsets into it. A guest may read and write all between $BASE and $top, and thereby spoil its
;; own blocks; nothing in here is trusted by the host, which looks at every address again.
;;
;; Interface: https://extism.org/docs/concepts/pdk
(module
  ;; What needs the host. Addresses are checked by it.
  (import "cofferdam" "var_get" (func $var_get (param i64) (result i64)))
  (import "cofferdam" "var_set" (func $var_set (param i64 i64)))
  (import "cofferdam" "log" (func $log (param i32 i64)))
  (import "cofferdam" "refuse_http" (func $refuse_http))

  ;; The maximum is beyond any limit that the host sets; $limit is what holds.
  (memory (export "memory") 2 65536)

  (global $BASE i32 (i32.const 64))
  ;; One past the last block. Always a multiple of eight.
  (global $top (export "top") (mut i32) (i32.const 64))
  ;; The highest $top before a block was given back. All beyond both has never been written.
  (global $peak (mut i32) (i32.const 64))
  ;; Bytes that blocks may take, their headers with them.
  (global $limit (export "limit") (mut i32) (i32.const 0))
  ;; 1: the guest asked for more than $limit. 2: the host had no memory to give.
  (global $refused (export "refused") (mut i32) (i32.const 0))
  (global $input (mut i32) (i32.const 0))
  (global $inputLength (mut i32) (i32.const 0))
  (global $outputSet (export "output_is_set") (mut i32) (i32.const 0))
  (global $output (export "output") (mut i32) (i32.const 0))
  (global $outputLength (export "output_length") (mut i32) (i32.const 0))
  (global $error (export "error") (mut i32) (i32.const 0))

  ;; A block of $length bytes; 0 for none. All zero, unless the guest gave back what lay there: then it
  ;; finds its own bytes again.
  (func $alloc (export "alloc") (param $length i64) (result i64)
    (local $at i32) (local $next i64)
    (if (i64.eqz (local.get $length)) (then (return (i64.const 0))))
    (local.set $at (i32.add (global.get $top) (i32.const 8)))
    ;; Unsigned, and checked first, so that the sum below cannot wrap.
    (if (i64.gt_u (local.get $length) (i64.extend_i32_u (global.get $limit)))
      (then (global.set $refused (i32.const 1)) (unreachable)))
    (local.set $next
      (i64.and
        (i64.add (i64.add (i64.extend_i32_u (local.get $at)) (local.get $length)) (i64.const 7))
        (i64.const -8)))
    (if (i64.gt_u (i64.sub (local.get $next) (i64.extend_i32_u (global.get $BASE)))
        (i64.extend_i32_u (global.get $limit)))
      (then (global.set $refused (i32.const 1)) (unreachable)))
    (call $reserve (local.get $next))
    (global.set $top (i32.wrap_i64 (local.get $next)))
    (i64.store (i32.sub (local.get $at) (i32.const 8)) (local.get $length))
    (i64.extend_i32_u (local.get $at)))

  ;; Grows the memory until $end is inside. Doubles, so that many small blocks grow it seldom.
  (func $reserve (param $end i64)
    (local $pages i32) (local $wanted i32)
    (local.set $pages (memory.size))
    (local.set $wanted
      (i32.wrap_i64 (i64.shr_u (i64.add (local.get $end) (i64.const 65535)) (i64.const 16))))
    (if (i32.gt_u (local.get $wanted) (local.get $pages))
      (then
        (if (i32.ne (i32.const -1)
            (memory.grow
              (select (local.get $pages) (i32.sub (local.get $wanted) (local.get $pages))
                (i32.and
                  (i32.gt_u (i32.shl (local.get $pages) (i32.const 1)) (local.get $wanted))
                  (i32.lt_u (local.get $pages) (i32.const 1024))))))
          (then (return)))
        (global.set $refused (i32.const 2))
        (unreachable))))

  ;; Only the last block is given back; the others live as long as the call. Its bytes stay: nobody
  ;; charges for clearing them, and a guest could have the same 200 MB cleared in a loop, for days.
  (func (export "free") (param $address i64)
    (local $at i32) (local $length i64)
    (local.set $length (call $length (local.get $address)))
    (if (i64.eqz (local.get $length)) (then (return)))
    (local.set $at (i32.wrap_i64 (local.get $address)))
    ;; A header that the guest wrote itself must not leave $top crooked.
    (if (i32.and (local.get $at) (i32.const 7)) (then (return)))
    (if (i32.eq (global.get $top)
        (i32.and
          (i32.add (i32.add (local.get $at) (i32.wrap_i64 (local.get $length))) (i32.const 7))
          (i32.const -8)))
      (then
        (if (i32.gt_u (global.get $top) (global.get $peak))
          (then (global.set $peak (global.get $top))))
        (global.set $top (i32.sub (local.get $at) (i32.const 8))))))

  ;; The length of the block at $address, 0 where there is none.
  (func $length (export "length") (param $address i64) (result i64)
    (local $length i64)
    (if (i64.lt_u (local.get $address) (i64.extend_i32_u (i32.add (global.get $BASE) (i32.const 8))))
      (then (return (i64.const 0))))
    (if (i64.ge_u (local.get $address) (i64.extend_i32_u (global.get $top)))
      (then (return (i64.const 0))))
    (local.set $length
      (i64.load (i32.sub (i32.wrap_i64 (local.get $address)) (i32.const 8))))
    (select (i64.const 0) (local.get $length)
      (i64.gt_u (local.get $length)
        (i64.sub (i64.extend_i32_u (global.get $top)) (local.get $address)))))

  (func (export "length_unsafe") (param $address i64) (result i64)
    (call $length (local.get $address)))

  ;; $address as an offset, when $bytes from there on lie within the blocks.
  (func $inside (param $address i64) (param $bytes i32) (result i32)
    (if (i64.lt_u (local.get $address) (i64.extend_i32_u (global.get $BASE))) (then (unreachable)))
    (if (i64.gt_u (local.get $address)
        (i64.extend_i32_u (i32.sub (global.get $top) (local.get $bytes))))
      (then (unreachable)))
    (i32.wrap_i64 (local.get $address)))

  (func (export "load_u8") (param $address i64) (result i32)
    (i32.load8_u (call $inside (local.get $address) (i32.const 1))))
  (func (export "load_u64") (param $address i64) (result i64)
    (i64.load (call $inside (local.get $address) (i32.const 8))))
  (func (export "store_u8") (param $address i64) (param $value i32)
    (i32.store8 (call $inside (local.get $address) (i32.const 1)) (local.get $value)))
  (func (export "store_u64") (param $address i64) (param $value i64)
    (i64.store (call $inside (local.get $address) (i32.const 8)) (local.get $value)))

  (func (export "input_offset") (result i64) (i64.extend_i32_u (global.get $input)))
  (func (export "input_length") (result i64) (i64.extend_i32_u (global.get $inputLength)))

  ;; $offset as a place in the input, when $bytes from there on lie within it.
  (func $insideInput (param $offset i64) (param $bytes i64) (result i32)
    (if (i64.gt_u (local.get $offset) (i64.extend_i32_u (global.get $inputLength)))
      (then (unreachable)))
    (if (i64.gt_u (i64.add (local.get $offset) (local.get $bytes))
        (i64.extend_i32_u (global.get $inputLength)))
      (then (unreachable)))
    (i32.add (global.get $input) (i32.wrap_i64 (local.get $offset))))

  (func (export "input_load_u8") (param $offset i64) (result i32)
    (i32.load8_u (call $insideInput (local.get $offset) (i64.const 1))))
  (func (export "input_load_u64") (param $offset i64) (result i64)
    (i64.load (call $insideInput (local.get $offset) (i64.const 8))))

  (func (export "output_set") (param $address i64) (param $length i64)
    (global.set $outputSet (i32.const 1))
    (global.set $outputLength (i32.wrap_i64 (local.get $length)))
    (if (i64.eqz (local.get $length)) (then (return)))
    (global.set $output (call $span (local.get $address) (local.get $length))))

  ;; $address as an offset, when $length bytes from there on lie within the blocks.
  (func $span (param $address i64) (param $length i64) (result i32)
    (if (i64.gt_u (local.get $length) (i64.extend_i32_u (global.get $top))) (then (unreachable)))
    (call $inside (local.get $address) (i32.wrap_i64 (local.get $length))))

  (func (export "error_set") (param $address i64)
    (if (i64.ne (local.get $address) (i64.const 0))
      (then (global.set $error (call $inside (local.get $address) (i32.const 0))))))
  (func (export "error_get") (result i64) (i64.extend_i32_u (global.get $error)))

  ;; There is no configuration besides the request's settings.
  (func (export "config_get") (param i64) (result i64) (i64.const 0))
  (func (export "var_get") (param i64) (result i64) (call $var_get (local.get 0)))
  (func (export "var_set") (param i64 i64) (call $var_set (local.get 0) (local.get 1)))

  (func (export "http_request") (param i64 i64) (result i64) (call $refuse_http) (unreachable))
  (func (export "http_status_code") (result i32) (call $refuse_http) (unreachable))
  (func (export "http_headers") (result i64) (call $refuse_http) (unreachable))

  (func (export "log_trace") (param i64) (call $log (i32.const 0) (local.get 0)))
  (func (export "log_debug") (param i64) (call $log (i32.const 1) (local.get 0)))
  (func (export "log_info") (param i64) (call $log (i32.const 2) (local.get 0)))
  (func (export "log_warn") (param i64) (call $log (i32.const 3) (local.get 0)))
  (func (export "log_error") (param i64) (call $log (i32.const 4) (local.get 0)))
  ;; Everything is wanted; what is too much is left out by the host.
  (func (export "get_log_level") (result i32) (i32.const 0))

  ;; Begins a call: forgets the last one and makes room for an input. Returns where it belongs.
  (func (export "begin") (param $inputLength i32) (param $limit i32) (result i32)
    (memory.fill (global.get $BASE) (i32.const 0)
      (i32.sub
        (select (global.get $top) (global.get $peak)
          (i32.gt_u (global.get $top) (global.get $peak)))
        (global.get $BASE)))
    (global.set $top (global.get $BASE))
    (global.set $peak (global.get $BASE))
    (global.set $limit (local.get $limit))
    (global.set $refused (i32.const 0))
    (global.set $outputSet (i32.const 0))
    (global.set $output (i32.const 0))
    (global.set $outputLength (i32.const 0))
    (global.set $error (i32.const 0))
    (global.set $inputLength (local.get $inputLength))
    (global.set $input
      (i32.wrap_i64 (call $alloc (i64.extend_i32_u (local.get $inputLength)))))
    (global.get $input)))

;; What stands between QuickJS and Extism. Merged with QuickJS (as "qjs") and wasi.wat it makes the
;; engine module that every TypeScript plugin is a snapshot of.
;;
;; Values of JavaScript are i64, as QuickJS boxes them on 32-bit machines. Handles are what quickjs-wasi
;; gives host functions: the address of eight bytes that hold such a value.
(module
  ;; --- Extism's own functions. https://extism.org/docs/concepts/pdk
  (import "extism:host/env" "input_length" (func $input_length (result i64)))
  (import "extism:host/env" "input_load_u8" (func $input_load_u8 (param i64) (result i32)))
  (import "extism:host/env" "input_load_u64" (func $input_load_u64 (param i64) (result i64)))
  (import "extism:host/env" "output_set" (func $output_set (param i64 i64)))
  (import "extism:host/env" "error_set" (func $error_set (param i64)))
  (import "extism:host/env" "alloc" (func $alloc (param i64) (result i64)))
  (import "extism:host/env" "free" (func $release (param i64)))
  (import "extism:host/env" "length" (func $length (param i64) (result i64)))
  (import "extism:host/env" "load_u8" (func $load_u8 (param i64) (result i32)))
  (import "extism:host/env" "load_u64" (func $load_u64 (param i64) (result i64)))
  (import "extism:host/env" "store_u8" (func $store_u8 (param i64 i32)))
  (import "extism:host/env" "store_u64" (func $store_u64 (param i64 i64)))
  (import "extism:host/env" "log_debug" (func $log_debug (param i64)))
  (import "extism:host/env" "log_info" (func $log_info (param i64)))
  (import "extism:host/env" "log_warn" (func $log_warn (param i64)))
  (import "extism:host/env" "log_error" (func $log_error (param i64)))

  ;; --- QuickJS: its C interface (JS_...), and what quickjs-wasi puts around it (qjs_...).
  (import "qjs" "memory" (memory 1))
  (import "qjs" "_initialize" (func $initialize))
  (import "qjs" "malloc" (func $malloc (param i32) (result i32)))
  (import "qjs" "free" (func $free (param i32)))
  (import "qjs" "qjs_init" (func $qjs_init (result i32)))
  (import "qjs" "qjs_get_runtime_ptr" (func $qjs_get_runtime_ptr (result i32)))
  (import "qjs" "qjs_get_context_ptr" (func $qjs_get_context_ptr (result i32)))
  (import "qjs" "qjs_set_max_stack_size" (func $qjs_set_max_stack_size (param i32)))
  (import "qjs" "qjs_new_host_function" (func $qjs_new_host_function (param i32 i32 i32) (result i32)))
  (import "qjs" "qjs_set_promise_rejection_handler"
    (func $qjs_set_promise_rejection_handler (param i32)))
  (import "qjs" "qjs_run_gc" (func $qjs_run_gc))
  (import "qjs" "qjs_compute_memory_usage" (func $qjs_compute_memory_usage (param i32)))
  (import "qjs" "qjs_set_gc_threshold" (func $qjs_set_gc_threshold (param i32)))
  (import "qjs" "qjs_compile" (func $qjs_compile (param i32 i32 i32 i32 i32 i32) (result i32)))
  (import "qjs" "qjs_eval_bytecode" (func $qjs_eval_bytecode (param i32 i32) (result i32)))
  (import "qjs" "JS_Eval" (func $JS_Eval (param i32 i32 i32 i32 i32) (result i64)))
  (import "qjs" "JS_Call" (func $JS_Call (param i32 i64 i64 i32 i32) (result i64)))
  (import "qjs" "JS_DupValue" (func $JS_DupValue (param i32 i64) (result i64)))
  (import "qjs" "JS_FreeValue" (func $JS_FreeValue (param i32 i64)))
  (import "qjs" "JS_Throw" (func $JS_Throw (param i32 i64) (result i64)))
  (import "qjs" "JS_GetException" (func $JS_GetException (param i32) (result i64)))
  (import "qjs" "JS_GetGlobalObject" (func $JS_GetGlobalObject (param i32) (result i64)))
  (import "qjs" "JS_SetPropertyStr" (func $JS_SetPropertyStr (param i32 i64 i32 i64) (result i32)))
  (import "qjs" "JS_NewStringLen" (func $JS_NewStringLen (param i32 i32 i32) (result i64)))
  (import "qjs" "JS_ToCStringLen2" (func $JS_ToCStringLen2 (param i32 i32 i64 i32) (result i32)))
  (import "qjs" "JS_FreeCString" (func $JS_FreeCString (param i32 i32)))
  (import "qjs" "JS_ParseJSON" (func $JS_ParseJSON (param i32 i32 i32 i32) (result i64)))
  (import "qjs" "JS_NewUint8ArrayCopy" (func $JS_NewUint8ArrayCopy (param i32 i32 i32) (result i64)))
  (import "qjs" "JS_GetUint8Array" (func $JS_GetUint8Array (param i32 i32 i64) (result i32)))
  (import "qjs" "JS_ExecutePendingJob" (func $JS_ExecutePendingJob (param i32 i32) (result i32)))

  ;; --- Slots for the functions of capabilities, which the builder names. They must stay the last
  ;; imports of the merged module: those that a plugin does not need become functions of its own, and
  ;; nothing else moves.
  ;; SLOTS: written in here by scripts/build-engine.ts

  ;; --- State. Exported, so that the builder can write down what it is when it takes the snapshot.
  (global $context (export "state:context") (mut i32) (i32.const 0))
  (global $runtime (export "state:runtime") (mut i32) (i32.const 0))
  ;; 32 bytes for what functions return by address and take as arguments; behind them the text "request"
  ;; with its zero, which is what the input is called in errors.
  (global $scratch (export "state:scratch") (mut i32) (i32.const 0))
  ;; Functions of JavaScript: dispatch(entry, request), which keeps its answer; finish(), which is the
  ;; answer as text; describe(thrown).
  (global $dispatch (export "state:dispatch") (mut i64) (i64.const 0x300000000))
  (global $finish (export "state:finish") (mut i64) (i64.const 0x300000000))
  (global $describe (export "state:describe") (mut i64) (i64.const 0x300000000))
  ;; Promises of this call that were rejected while nobody listened, in that order: a list whose items
  ;; are the next one's address, at 8 the promise, at 16 why. Both values are held.
  (global $firstRejection (export "state:first-rejection") (mut i32) (i32.const 0))
  (global $lastRejection (export "state:last-rejection") (mut i32) (i32.const 0))
  ;; Whether the host of this instance copies in bulk; see wasm-plugins/sdk.
  (global $bulk (export "state:bulk") (mut i32) (i32.const 0))
  (global $inputStart (export "state:input-start") (mut i32) (i32.const 0))
  (global $inputLength (export "state:input-length") (mut i32) (i32.const 0))
  ;; A string of QuickJS's that is to be freed, or 0.
  (global $outputStart (export "state:output-start") (mut i32) (i32.const 0))
  (global $outputLength (export "state:output-length") (mut i32) (i32.const 0))

  (global $UNDEFINED i64 (i64.const 0x300000000))
  (global $EXCEPTION i64 (i64.const 0x600000000))

  ;; --- Bytes between the two memories, eight at a time.

  (func $copyOut (param $start i32) (param $length i32) (result i64)
    (local $block i64) (local $at i32)
    (local.set $block (call $alloc (i64.extend_i32_u (local.get $length))))
    (block $words
      (loop $next
        (br_if $words
          (i32.lt_u (i32.sub (local.get $length) (local.get $at)) (i32.const 8)))
        (call $store_u64 (i64.add (local.get $block) (i64.extend_i32_u (local.get $at)))
          (i64.load (i32.add (local.get $start) (local.get $at))))
        (local.set $at (i32.add (local.get $at) (i32.const 8)))
        (br $next)))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $at) (local.get $length)))
        (call $store_u8 (i64.add (local.get $block) (i64.extend_i32_u (local.get $at)))
          (i32.load8_u (i32.add (local.get $start) (local.get $at))))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br $next)))
    (local.get $block))

  ;; A buffer for $length bytes and the zero that QuickJS's parser wants behind them.
  (func $buffer (param $length i32) (result i32)
    (local $start i32)
    (if (i32.ge_u (local.get $length) (i32.const 0x7ffffff0)) (then (unreachable)))
    (local.set $start (call $malloc (i32.add (local.get $length) (i32.const 1))))
    (if (i32.eqz (local.get $start)) (then (unreachable)))
    (i32.store8 (i32.add (local.get $start) (local.get $length)) (i32.const 0))
    (local.get $start))

  (func $copyIn (param $block i64) (param $length i32) (result i32)
    (local $start i32) (local $at i32)
    (local.set $start (call $buffer (local.get $length)))
    (block $words
      (loop $next
        (br_if $words
          (i32.lt_u (i32.sub (local.get $length) (local.get $at)) (i32.const 8)))
        (i64.store (i32.add (local.get $start) (local.get $at))
          (call $load_u64 (i64.add (local.get $block) (i64.extend_i32_u (local.get $at)))))
        (local.set $at (i32.add (local.get $at) (i32.const 8)))
        (br $next)))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $at) (local.get $length)))
        (i32.store8 (i32.add (local.get $start) (local.get $at))
          (call $load_u8 (i64.add (local.get $block) (i64.extend_i32_u (local.get $at)))))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br $next)))
    (local.get $start))

  ;; The same for the input, which Extism reads by other functions.
  (func $takeInput
    (local $start i32) (local $at i32) (local $length i32)
    (local.set $length (i32.wrap_i64 (call $input_length)))
    (local.set $start (call $buffer (local.get $length)))
    (block $words
      (loop $next
        (br_if $words
          (i32.lt_u (i32.sub (local.get $length) (local.get $at)) (i32.const 8)))
        (i64.store (i32.add (local.get $start) (local.get $at))
          (call $input_load_u64 (i64.extend_i32_u (local.get $at))))
        (local.set $at (i32.add (local.get $at) (i32.const 8)))
        (br $next)))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $at) (local.get $length)))
        (i32.store8 (i32.add (local.get $start) (local.get $at))
          (call $input_load_u8 (i64.extend_i32_u (local.get $at))))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br $next)))
    (global.set $inputStart (local.get $start))
    (global.set $inputLength (local.get $length)))

  ;; --- The two exports by which a host that knows them copies in bulk.

  (func (export "cofferdam_input") (param $length i32) (result i32)
    (global.set $bulk (i32.const 1))
    (call $dropOutput)
    (call $dropInput)
    (global.set $inputStart (call $buffer (local.get $length)))
    (global.set $inputLength (local.get $length))
    (global.get $inputStart))

  (func (export "cofferdam_output") (result i64)
    (i64.or
      (i64.shl (i64.extend_i32_u (global.get $outputLength)) (i64.const 32))
      (i64.extend_i32_u (global.get $outputStart))))

  (func $dropInput
    (if (global.get $inputStart) (then (call $free (global.get $inputStart))))
    (global.set $inputStart (i32.const 0)))

  (func $dropOutput
    (if (global.get $outputStart)
      (then (call $JS_FreeCString (global.get $context) (global.get $outputStart))))
    (global.set $outputStart (i32.const 0))
    (global.set $outputLength (i32.const 0)))

  ;; --- A call.

  ;; $value as text: address in $outputStart, length in $outputLength. Frees $value. 1 when it is none.
  (func $text (param $value i64) (result i32)
    (call $dropOutput)
    (global.set $outputStart
      (call $JS_ToCStringLen2 (global.get $context) (global.get $scratch) (local.get $value)
        (i32.const 0)))
    (call $JS_FreeValue (global.get $context) (local.get $value))
    (if (i32.eqz (global.get $outputStart)) (then (return (i32.const 1))))
    (global.set $outputLength (i32.load (global.get $scratch)))
    (i32.const 0))

  ;; What was thrown, as text in $outputStart; 1 where there are no words for it.
  (func $thrownText (result i32)
    (local $thrown i64) (local $described i64)
    (local.set $thrown (call $JS_GetException (global.get $context)))
    (i64.store (global.get $scratch) (local.get $thrown))
    (local.set $described
      (call $JS_Call (global.get $context) (global.get $describe) (global.get $UNDEFINED)
        (i32.const 1) (global.get $scratch)))
    (if (i64.eq (local.get $described) (global.get $EXCEPTION))
      (then
        (call $JS_FreeValue (global.get $context) (call $JS_GetException (global.get $context)))
        (return (call $text (local.get $thrown)))))
    (call $JS_FreeValue (global.get $context) (local.get $thrown))
    (call $text (local.get $described)))

  ;; Throws why the first promise was rejected of which nobody heard; 1 where there is such a one.
  (func $throwRejection (result i32)
    (if (i32.eqz (global.get $firstRejection)) (then (return (i32.const 0))))
    (drop
      (call $JS_Throw (global.get $context)
        (call $JS_DupValue (global.get $context)
          (i64.load offset=16 (global.get $firstRejection)))))
    (call $dropRejections)
    (i32.const 1))

  (func $dropRejections
    (local $item i32)
    (block $done
      (loop $next
        (local.set $item (global.get $firstRejection))
        (br_if $done (i32.eqz (local.get $item)))
        (global.set $firstRejection (i32.load (local.get $item)))
        (call $freeRejection (local.get $item))
        (br $next)))
    (global.set $lastRejection (i32.const 0)))

  (func $freeRejection (param $item i32)
    (call $JS_FreeValue (global.get $context) (i64.load offset=8 (local.get $item)))
    (call $JS_FreeValue (global.get $context) (i64.load offset=16 (local.get $item)))
    (call $free (local.get $item)))

  (func $fail (result i32)
    (if (i32.eqz (call $thrownText))
      (then
        (call $error_set (call $copyOut (global.get $outputStart) (global.get $outputLength)))))
    (call $dropOutput)
    (i32.const 1))

  ;; Runs what promises wait for, until nothing does.
  (func $runJobs (result i32)
    (local $state i32)
    (loop $next
      (local.set $state
        (call $JS_ExecutePendingJob (global.get $runtime) (global.get $scratch)))
      (br_if $next (i32.gt_s (local.get $state) (i32.const 0))))
    (local.get $state))

  (func $run (param $entry i32) (result i32)
    (local $request i64) (local $answer i64)
    ;; Where the call before ended early.
    (call $dropRejections)
    (if (i32.eqz (global.get $bulk)) (then (call $takeInput)))
    (local.set $request
      (call $JS_ParseJSON (global.get $context) (global.get $inputStart) (global.get $inputLength)
        (i32.add (global.get $scratch) (i32.const 32))))
    (call $dropInput)
    (if (i64.eq (local.get $request) (global.get $EXCEPTION)) (then (return (call $fail))))
    ;; A small integer is its own 32 bits, under the tag 0.
    (i64.store (global.get $scratch) (i64.extend_i32_u (local.get $entry)))
    (i64.store offset=8 (global.get $scratch) (local.get $request))
    (local.set $answer
      (call $JS_Call (global.get $context) (global.get $dispatch) (global.get $UNDEFINED)
        (i32.const 2) (global.get $scratch)))
    (call $JS_FreeValue (global.get $context) (local.get $request))
    (if (i64.eq (local.get $answer) (global.get $EXCEPTION)) (then (return (call $fail))))
    ;; Jobs may still change what was answered, so it becomes text behind them.
    (if (i32.lt_s (call $runJobs) (i32.const 0)) (then (return (call $fail))))
    (if (call $throwRejection) (then (return (call $fail))))
    (local.set $answer
      (call $JS_Call (global.get $context) (global.get $finish) (global.get $UNDEFINED)
        (i32.const 0) (i32.const 0)))
    (if (i64.eq (local.get $answer) (global.get $EXCEPTION)) (then (return (call $fail))))
    (if (call $text (local.get $answer)) (then (return (call $fail))))
    (if (i32.eqz (global.get $bulk))
      (then
        (call $output_set (call $copyOut (global.get $outputStart) (global.get $outputLength))
          (i64.extend_i32_u (global.get $outputLength)))
        (call $dropOutput)))
    (i32.const 0))

  ;; The entry points, of which the builder gives as many as there are their names.
  ;; ENTRIES: written in here by scripts/build-engine.ts

  ;; --- What JavaScript calls: one function for each letter, see src/guest/engine.ts.

  (func $argument (param $values i32) (param $index i32) (result i64)
    (i64.load
      (i32.load (i32.add (local.get $values) (i32.shl (local.get $index) (i32.const 2))))))

  (func $handle (param $value i64) (result i32)
    (local $handle i32)
    (if (i64.eq (local.get $value) (global.get $EXCEPTION)) (then (return (i32.const 0))))
    (local.set $handle (call $malloc (i32.const 8)))
    (if (i32.eqz (local.get $handle)) (then (unreachable)))
    (i64.store (local.get $handle) (local.get $value))
    (local.get $handle))

  ;; The first letter of the function's name says which it is. 0: something was thrown.
  (func (export "host_call")
    (param $name i32) (param $nameLength i32) (param $this i32) (param $count i32) (param $values i32)
    (result i32)
    (local $letter i32)
    (local.set $letter (i32.load8_u (local.get $name)))
    (if (i32.eq (local.get $letter) (i32.const 0x61)) ;; ask(function, request, raw)
      (then (return (call $handle (call $askHost (local.get $values))))))
    (if (i32.eq (local.get $letter) (i32.const 0x6c)) ;; log(level, text)
      (then (return (call $handle (call $log (local.get $values))))))
    (if (i32.eq (local.get $letter) (i32.const 0x64)) ;; describe(thrown)
      (then
        (global.set $describe
          (call $JS_DupValue (global.get $context)
            (call $argument (local.get $values) (i32.const 0))))
        (return (call $handle (global.get $UNDEFINED)))))
    (if (i32.eq (local.get $letter) (i32.const 0x72)) ;; register(dispatch, finish)
      (then
        (global.set $dispatch
          (call $JS_DupValue (global.get $context)
            (call $argument (local.get $values) (i32.const 0))))
        (global.set $finish
          (call $JS_DupValue (global.get $context)
            (call $argument (local.get $values) (i32.const 1))))
        (return (call $handle (global.get $UNDEFINED)))))
    (unreachable))

  ;; A block with a string, or with the bytes of a Uint8Array; -1 where something was thrown.
  (func $block (param $value i64) (result i64)
    (local $start i32) (local $block i64)
    ;; An object has the tag -1.
    (if (i64.eq (i64.shr_s (local.get $value) (i64.const 32)) (i64.const -1))
      (then
        (local.set $start
          (call $JS_GetUint8Array (global.get $context) (global.get $scratch) (local.get $value)))
        (if (i32.eqz (local.get $start)) (then (return (i64.const -1))))
        (return (call $copyOut (local.get $start) (i32.load (global.get $scratch))))))
    (local.set $start
      (call $JS_ToCStringLen2 (global.get $context) (global.get $scratch) (local.get $value)
        (i32.const 0)))
    (if (i32.eqz (local.get $start)) (then (return (i64.const -1))))
    (local.set $block (call $copyOut (local.get $start) (i32.load (global.get $scratch))))
    (call $JS_FreeCString (global.get $context) (local.get $start))
    (local.get $block))

  (func $askHost (param $values i32) (result i64)
    (local $request i64) (local $answer i64) (local $length i32) (local $start i32)
    (local $value i64)
    (local.set $request (call $block (call $argument (local.get $values) (i32.const 1))))
    (if (i64.eq (local.get $request) (i64.const -1)) (then (return (global.get $EXCEPTION))))
    (local.set $answer
      (call $capability
        (i32.wrap_i64 (call $argument (local.get $values) (i32.const 0))) (local.get $request)))
    (local.set $length (i32.wrap_i64 (call $length (local.get $answer))))
    (local.set $start (call $copyIn (local.get $answer) (local.get $length)))
    (call $release (local.get $answer))
    (call $release (local.get $request))
    (local.set $value
      (if (result i64) (i32.wrap_i64 (call $argument (local.get $values) (i32.const 2)))
        (then
          (call $JS_NewUint8ArrayCopy
            (global.get $context) (local.get $start) (local.get $length)))
        (else
          (call $JS_NewStringLen (global.get $context) (local.get $start) (local.get $length)))))
    (call $free (local.get $start))
    (local.get $value))

  (func $log (param $values i32) (result i64)
    (local $level i32) (local $line i64)
    (local.set $line (call $block (call $argument (local.get $values) (i32.const 1))))
    (if (i64.eq (local.get $line) (i64.const -1)) (then (return (global.get $EXCEPTION))))
    (local.set $level (i32.wrap_i64 (call $argument (local.get $values) (i32.const 0))))
    (if (i32.eq (local.get $level) (i32.const 0))
      (then (call $log_debug (local.get $line)))
      (else (if (i32.eq (local.get $level) (i32.const 1))
        (then (call $log_info (local.get $line)))
        (else (if (i32.eq (local.get $level) (i32.const 2))
          (then (call $log_warn (local.get $line)))
          (else (call $log_error (local.get $line))))))))
    (call $release (local.get $line))
    (global.get $UNDEFINED))

  ;; A promise was rejected and nobody listens, or ($handled) somebody does now. Both handles are ours.
  (func (export "host_promise_rejection") (param $promise i32) (param $why i32) (param $handled i32)
    (if (local.get $handled)
      (then
        (call $hearRejection (i64.load (local.get $promise)))
        (call $JS_FreeValue (global.get $context) (i64.load (local.get $promise)))
        (call $JS_FreeValue (global.get $context) (i64.load (local.get $why))))
      (else
        (call $addRejection (i64.load (local.get $promise)) (i64.load (local.get $why)))))
    (call $free (local.get $promise))
    (call $free (local.get $why)))

  (func $addRejection (param $promise i64) (param $why i64)
    (local $item i32)
    (local.set $item (call $malloc (i32.const 24)))
    (if (i32.eqz (local.get $item)) (then (unreachable)))
    (i32.store (local.get $item) (i32.const 0))
    (i64.store offset=8 (local.get $item) (local.get $promise))
    (i64.store offset=16 (local.get $item) (local.get $why))
    (if (global.get $lastRejection)
      (then (i32.store (global.get $lastRejection) (local.get $item)))
      (else (global.set $firstRejection (local.get $item))))
    (global.set $lastRejection (local.get $item)))

  ;; Takes a promise off the list. One of an earlier call is not in it.
  (func $hearRejection (param $promise i64)
    (local $item i32) (local $before i32) (local $after i32)
    (local.set $item (global.get $firstRejection))
    (block $found
      (loop $next
        (if (i32.eqz (local.get $item)) (then (return)))
        (br_if $found (i64.eq (i64.load offset=8 (local.get $item)) (local.get $promise)))
        (local.set $before (local.get $item))
        (local.set $item (i32.load (local.get $item)))
        (br $next)))
    (local.set $after (i32.load (local.get $item)))
    (if (local.get $before)
      (then (i32.store (local.get $before) (local.get $after)))
      (else (global.set $firstRejection (local.get $after))))
    (if (i32.eqz (local.get $after)) (then (global.set $lastRejection (local.get $before))))
    (call $freeRejection (local.get $item)))

  ;; --- What quickjs-wasi asks its host for, and gets none of.

  (func (export "host_get_timezone_offset") (param i32 i32) (result i32) (i32.const 0))
  (func (export "host_interrupt") (result i32) (i32.const 0))
  (func (export "host_module_normalize") (param i32 i32) (result i32) (i32.const 0))
  (func (export "host_module_load") (param i32 i32) (result i32) (i32.const 0))

  ;; --- For the builder; no plugin exports these.

  ;; $stackBytes: what JavaScript may use of the stack in memory.
  (func (export "build:init") (param $stackBytes i32)
    (local $global i64)
    (call $initialize)
    (if (call $qjs_init) (then (unreachable)))
    (call $qjs_set_max_stack_size (local.get $stackBytes))
    (call $qjs_set_promise_rejection_handler (i32.const 1))
    (global.set $context (call $qjs_get_context_ptr))
    (global.set $runtime (call $qjs_get_runtime_ptr))
    (global.set $scratch (call $malloc (i32.const 40)))
    (i64.store (global.get $scratch) (i64.const 0))
    ;; "request" in little-endian
    (i64.store offset=32 (global.get $scratch) (i64.const 0x0074736575716572))
    (local.set $global (call $JS_GetGlobalObject (global.get $context)))
    (call $define (local.get $global) (i32.const 0x61)) ;; a
    (call $define (local.get $global) (i32.const 0x64)) ;; d
    (call $define (local.get $global) (i32.const 0x6c)) ;; l
    (call $define (local.get $global) (i32.const 0x72)) ;; r
    (call $JS_FreeValue (global.get $context) (local.get $global)))

  ;; A global function "$engine:<letter>", whose name as a host function is the letter.
  (func $define (param $global i64) (param $letter i32)
    (local $handle i32) (local $name i32)
    (local.set $name (call $malloc (i32.const 16)))
    ;; "$engine:" in little-endian
    (i64.store (local.get $name) (i64.const 0x3a656e69676e6524))
    (i32.store offset=8 (local.get $name) (local.get $letter))
    (local.set $handle
      (call $qjs_new_host_function (i32.add (local.get $name) (i32.const 8)) (i32.const 1)
        (i32.const 0)))
    (drop
      (call $JS_SetPropertyStr (global.get $context) (local.get $global) (local.get $name)
        (i64.load (local.get $handle))))
    (call $free (local.get $handle))
    (call $free (local.get $name)))

  (func (export "build:alloc") (param $length i32) (result i32) (call $malloc (local.get $length)))
  (func (export "build:free") (param $start i32) (call $free (local.get $start)))

  ;; Compiles a script: the length of its bytecode in the upper, its address in the lower half. 0: what
  ;; was thrown is text in cofferdam_output(). The source is left out, of which else each function
  ;; would keep its own copy (16), and with it those of all functions within.
  (func (export "build:compile") (param $code i32) (param $length i32) (param $name i32) (result i64)
    (local $start i32)
    (local.set $start
      (call $qjs_compile (local.get $code) (local.get $length) (local.get $name)
        (i32.const 0) (i32.const 16) (global.get $scratch)))
    (if (i32.eqz (local.get $start))
      (then (drop (call $thrownText)) (return (i64.const 0))))
    (i64.or
      (i64.shl (i64.load32_u (global.get $scratch)) (i64.const 32))
      (i64.extend_i32_u (local.get $start))))

  ;; Evaluates bytecode, as build:eval does a script.
  (func (export "build:load") (param $start i32) (param $length i32) (result i32)
    (local $handle i32) (local $value i64)
    (local.set $handle (call $qjs_eval_bytecode (local.get $start) (local.get $length)))
    (local.set $value (i64.load (local.get $handle)))
    (call $free (local.get $handle))
    (if (i64.ne (local.get $value) (global.get $EXCEPTION))
      (then (return (call $text (local.get $value)))))
    (drop (call $thrownText))
    (i32.const 1))

  ;; Evaluates a script. 0: its value is text in cofferdam_output(); 1: what it threw is.
  (func (export "build:eval") (param $code i32) (param $length i32) (param $name i32) (result i32)
    (local $value i64)
    (local.set $value
      (call $JS_Eval (global.get $context) (local.get $code) (local.get $length) (local.get $name)
        (i32.const 0)))
    (if (i64.ne (local.get $value) (global.get $EXCEPTION))
      (then (return (call $text (local.get $value)))))
    (drop (call $thrownText))
    (i32.const 1))

  ;; Runs the jobs that the top level left, collects garbage, and makes sure that a call finds room.
  ;; 1: a promise was rejected; why is text in cofferdam_output().
  (func (export "build:settle") (param $roomBytes i32) (result i32)
    (local $usage i32)
    (drop (call $runJobs))
    (if (call $throwRejection) (then (drop (call $thrownText)) (return (i32.const 1))))
    (call $dropOutput)
    (call $dropInput)
    (call $qjs_run_gc)
    ;; What has no circle is freed at once. Looking for circles costs more than a common call, so it is
    ;; first done when a call has taken 8 MiB.
    (local.set $usage (call $malloc (i32.const 208)))
    (call $qjs_compute_memory_usage (local.get $usage))
    ;; Its first field is what is allocated.
    (call $qjs_set_gc_threshold
      (i32.add (i32.wrap_i64 (i64.load (local.get $usage))) (i32.const 0x800000)))
    (call $free (local.get $usage))
    (call $free (call $malloc (local.get $roomBytes)))
    (i32.const 0))
)

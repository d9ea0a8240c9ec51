import * as assert from "uvu/assert";
import type { HostFunction } from "../../src/capability/host-function.ts";
import { PluginError } from "../../src/plugin-error.ts";
import type { Caller } from "../../src/sandbox/call.ts";
import { inlineFirstCaller, refuseToBlock } from "../../src/sandbox/inline-first-caller.ts";
import { Sandbox, type SandboxModule, type SandboxSource } from "../../src/sandbox/sandbox.ts";
import { codeOf, loadGuest } from "../support/sandbox.ts";
import { suite } from "../support/suite.ts";

const test = suite("inlineFirstCaller()", 60_000);

/** Callers that write down who was called; the entry `ask` asks. */
function scripted() {
  const called: string[] = [];
  const result = { output: new Uint8Array(0), fuel: 1 };
  const inline: Caller = {
    call: ({ entry, options }) => {
      called.push(`inline ${entry}`);
      options.onLog?.({ level: "info", message: `inline ${entry}` });
      if (entry === "trap") return Promise.reject(new PluginError("sandbox.trap", "trap"));
      if (entry === "say") return Promise.resolve(result);
      return Promise.resolve().then(refuseToBlock);
    },
    close: () => Promise.resolve(void called.push("close inline")),
  };
  const worker: Caller = {
    call: ({ entry, options, onAsked }) => {
      called.push(`worker ${entry}`);
      options.onLog?.({ level: "info", message: `worker ${entry}` });
      if (entry === "ask") onAsked?.();
      return Promise.resolve(result);
    },
    close: () => Promise.resolve(void called.push("close worker")),
  };
  const caller = inlineFirstCaller(inline, worker);
  const lines: string[] = [];
  const call = (entry: string) =>
    caller.call({
      entry,
      input: new Uint8Array(0),
      options: { onLog: ({ message }) => void lines.push(message) },
    });
  return { caller, called, lines, call };
}

test("what asks for nothing stays inline; what asked last time begins in a thread", async () => {
  const { called, lines, call, caller } = scripted();
  for (const entry of ["say", "ask", "ask", "say", "say"]) await call(entry);
  assert.equal(called, [
    "inline say",
    "inline ask",
    "worker ask",
    "worker ask",
    // It did not ask any more, so that the next one is tried inline.
    "worker say",
    "inline say",
  ]);
  // Of what was begun twice nobody hears twice.
  assert.equal(lines, ["inline say", "worker ask", "worker ask", "worker say", "inline say"]);
  await caller.close();
  assert.equal(called.slice(-2), ["close inline", "close worker"]);
});

test("an error of the guest's own is the call's, and its lines are heard", async () => {
  const { called, lines, call } = scripted();
  assert.is(await codeOf(call("trap")), "sandbox.trap");
  assert.equal([called, lines], [["inline trap"], ["inline trap"]]);
});

/** Logs, then asks `state_get` for its input and gives the answer; where there is no input, "x". */
const GUEST = `(module
  (import "extism:host/env" "input_offset" (func $input (result i64)))
  (import "extism:host/env" "length" (func $length (param i64) (result i64)))
  (import "extism:host/env" "alloc" (func $alloc (param i64) (result i64)))
  (import "extism:host/env" "store_u8" (func $store (param i64 i32)))
  (import "extism:host/env" "output_set" (func $output (param i64 i64)))
  (import "extism:host/env" "log_info" (func $log (param i64)))
  (import "extism:host/env" "input_length" (func $inputLength (result i64)))
  (import "extism:host/user" "state_get" (func $ask (param i64) (result i64)))
  (global $calls (mut i32) (i32.const 65))
  (func (export "f") (result i32)
    (local $block i64)
    (local.set $block (call $alloc (i64.const 1)))
    (call $store (local.get $block) (global.get $calls))
    (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
    (call $log (local.get $block))
    (if (i64.gt_u (call $inputLength) (i64.const 0))
      (then (local.set $block (call $ask (call $input)))))
    (call $output (local.get $block) (call $length (local.get $block)))
    (i32.const 0)))`;

const bytes = (text: string) => new TextEncoder().encode(text);

function load(
  sandbox: Sandbox,
  mode: SandboxSource["mode"],
  asked: string[],
): Promise<SandboxModule> {
  const fn: HostFunction = {
    capability: "state",
    name: "state_get",
    answer: (request) => {
      asked.push(new TextDecoder().decode(request));
      return Promise.resolve(bytes(`<${asked.at(-1)}>`));
    },
  };
  return loadGuest(sandbox, GUEST, { mode, functions: [fn] });
}

test("it gives what a worker gives: output, fuel, log and questions, each once", async () => {
  const sandbox = new Sandbox(2);
  const seen = await Promise.all((["inline-first", "worker"] as const).map(async (mode) => {
    const asked: string[] = [];
    const lines: string[] = [];
    const guest = await load(sandbox, mode, asked);
    const results: unknown[] = [];
    for (const input of ["", "a", "b", "", "", "c", ""]) {
      const { output, fuel } = await guest.call("f", bytes(input), {
        onLog: ({ message }) => void lines.push(message),
      });
      results.push([new TextDecoder().decode(output), fuel]);
    }
    return { asked, lines, results };
  }));
  assert.equal(seen[0], seen[1]);
  assert.equal(seen[0]!.asked, ["a", "b", "c"]);
  assert.equal(seen[0]!.lines, Array.from({ length: 7 }, () => "A"));
  await sandbox.close();
});

test("many calls at once, of which some ask, each get their own answers", async () => {
  const sandbox = new Sandbox(2);
  const guest = await load(sandbox, "inline-first", []);
  const outputs = await Promise.all(
    Array.from({ length: 200 }, async (_, n) => {
      const { output } = await guest.call("f", bytes(n % 3 ? "" : `${n}`));
      return new TextDecoder().decode(output);
    }),
  );
  assert.equal(outputs, Array.from({ length: 200 }, (_, n) => n % 3 ? "A" : `<${n}>`));
  await guest.close();
  assert.is(await codeOf(guest.call("f", bytes(""))), "sandbox.closed");
  assert.is(await codeOf(guest.call("f", bytes("a"))), "sandbox.closed");
  await sandbox.close();
});

test.run();

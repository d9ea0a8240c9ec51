/** What a guest gives the host's functions besides what is its own. */
import * as assert from "uvu/assert";
import { createHost, type Host } from "../../src/host/host.ts";
import type { Plugin } from "../../src/host/plugin.ts";
import { KERNEL_FUNCTIONS } from "../../src/sandbox/kernel/kernel.ts";
import { WASI_FUNCTIONS } from "../../src/sandbox/wasi/wasi-signature.ts";
import { jsonDocument } from "../support/document.ts";
import { makeFolder, type TestFolder } from "../support/folder.ts";
import { answering, bundleOf } from "../support/guest.ts";
import { suite } from "../support/suite.ts";
import { ALLOW, allowingAfter } from "./hostile-guest.ts";
import { KERNEL_CALLS, OUTSIDE } from "./kernel-call.ts";
import { outcomeOf } from "./outcome.ts";
import { WASI_CALLS } from "./wasi-call.ts";

const test = suite("hostile calls of the host");

const DOCUMENT = jsonDocument({ a: 1 });

let folder: TestFolder;
let host: Host;
let good: Plugin;

test.before(async () => {
  folder = await makeFolder();
  host = await createHost({ workers: 2 });
  good = await host.load(bundleOf(answering(ALLOW)));
});

test.after(async () => {
  await host.close();
  await folder.remove();
});

for (const mode of ["inline", "worker"] as const) {
  for (const { what, text, code } of [...KERNEL_CALLS, ...WASI_CALLS]) {
    test(`${mode}: a guest that ${what} gets ${code}`, async () => {
      const plugin = await host.load(bundleOf(text), { mode });
      const beside = good.admission.check(DOCUMENT);
      assert.is(await outcomeOf(() => plugin.admission.check(DOCUMENT)), code);
      assert.is((await beside).allowed, true);
      assert.is(await outcomeOf(() => plugin.admission.check(DOCUMENT)), code, "the second time");
    });
  }
}

const CAPABILITY = ["log", "state_get"] as const;
for (const name of CAPABILITY) {
  for (const [what, address] of Object.entries(OUTSIDE)) {
    test(`a guest that calls ${name} with ${what} asks for nothing, and is told so`, async () => {
      const capability = name === "log" ? "log" : "state";
      // `{"error":…`: its third byte is an e.
      const body = `(local.set $to (call $ask ${address}))
        (if (i32.ne (call $load (i64.add (local.get $to) (i64.const 2))) (i32.const 101))
          (then unreachable))`;
      const text = allowingAfter(
        body,
        `(import "extism:host/user" "${name}" (func $ask (param i64) (result i64)))
         (import "extism:host/env" "load_u8" (func $load (param i64) (result i32)))`,
      );
      const plugin = await host.load(bundleOf(text, { capabilities: [capability] }), {
        instance: "hostile",
        grants: capability === "log" ? {} : { state: { folder: folder.path } },
      });
      assert.is(await outcomeOf(() => plugin.admission.check(DOCUMENT)), "allowed");
    });
  }

  test(`a guest that asks ${name} with more than is read, or that keeps asking, is bounded`, async () => {
    const load = (body: string, fuel: number) => {
      const capability = name === "log" ? "log" : "state";
      const text = allowingAfter(
        body,
        `(import "extism:host/user" "${name}" (func $ask (param i64) (result i64)))
         (import "extism:host/env" "load_u8" (func $load (param i64) (result i32)))`,
      );
      return host.load(bundleOf(text, { capabilities: [capability] }), {
        instance: "hostile",
        fuel,
        grants: capability === "log" ? {} : { state: { folder: folder.path } },
      });
    };
    const large = await load("(drop (call $ask (call $alloc (i64.const 9000000))))", 20_000_000);
    assert.is(await outcomeOf(() => large.admission.check(DOCUMENT)), "allowed");
    const endless = await load("(loop $l (drop (call $ask (global.get $block))) (br $l))", 200_000);
    assert.is(await outcomeOf(() => endless.admission.check(DOCUMENT)), "sandbox.fuel");
  });
}

test("every function that takes something is in the tables", () => {
  const called = (guests: readonly { what: string }[]) =>
    new Set(guests.map(({ what }) => /calls (\w+)|proc_exit/.exec(what)![1] ?? "proc_exit"));
  const kernel = [...KERNEL_FUNCTIONS].filter(([, { params }]) => params.length > 0);
  for (const [name] of kernel) assert.ok(called(KERNEL_CALLS).has(name), name);
  for (const name of WASI_FUNCTIONS.keys()) assert.ok(called(WASI_CALLS).has(name), name);
});

test.run();

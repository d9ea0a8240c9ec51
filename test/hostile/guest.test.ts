/** Every hostile guest gets its one code, the host lives on, and good calls beside it are not disturbed. */
import * as assert from "uvu/assert";
import { createHost, type Host } from "../../src/host/host.ts";
import type { Plugin } from "../../src/host/plugin.ts";
import { PluginError } from "../../src/plugin-error.ts";
import { jsonDocument } from "../support/document.ts";
import { answering, assemble, bundleOf } from "../support/guest.ts";
import { CALLED, LOADED } from "./guest.ts";
import { suite } from "../support/suite.ts";

interface Context {
  host: Host;
  good: Plugin;
}

const test = suite<Context>("hostile guests");

const DOCUMENT = jsonDocument({ a: 1 });

test.before(async (context) => {
  context.host = await createHost({ workers: 2 });
  context.good = await context.host.load(bundleOf(answering('{"allowed":true,"reasons":[]}')));
});

test.after(async (context) => {
  await context.host.close();
});

async function codeOf(run: () => Promise<unknown>): Promise<string> {
  try {
    await run();
  } catch (error) {
    assert.instance(error, PluginError);
    return (error as PluginError).code;
  }
  return "none: it was taken";
}

for (const { what, text, code } of CALLED) {
  test(`a guest that ${what} gets ${code}`, async ({ host, good }) => {
    const timeoutMs = code === "sandbox.timeout" ? 300 : 20_000;
    const plugin = await host.load(bundleOf(text), { timeoutMs, memoryPages: 64 });
    const beside = Array.from({ length: 5 }, () => good.admission.check(DOCUMENT));
    assert.is(await codeOf(() => plugin.admission.check(DOCUMENT)), code);
    for (const verdict of await Promise.all(beside)) assert.is(verdict.allowed, true);
    assert.is(await codeOf(() => plugin.admission.check(DOCUMENT)), code, "the second time");
    assert.is((await good.admission.check(DOCUMENT)).allowed, true);
  });
}

for (const { what, text, code } of LOADED) {
  test(`a guest that ${what} gets ${code} when it is loaded`, async ({ host }) => {
    assert.is(await codeOf(() => host.load(bundleOf(text), { memoryPages: 64 })), code);
  });
}

test("a module that is framed well and invalid inside gets sandbox.module-invalid", async ({ host }) => {
  const text = '(module (func (export "admission_check") (result i32) (i32.const 0)))';
  const bytes = bundleOf(text);
  // In place of the constant, `drop` finds nothing on the stack.
  const at = assemble(text).lastIndexOf(0x41);
  bytes[at] = 0x1a;
  assert.is(await codeOf(() => host.load(bytes)), "sandbox.module-invalid");
});

test("a guest sees a fresh instance in each call", async ({ host }) => {
  const once = answering('{"allowed":true,"reasons":[]}').replace(
    "(local.set $to",
    `(if (global.get $dirty) (then unreachable))
     (if (i32.load8_u (i32.const 60000)) (then unreachable))
     (global.set $dirty (i32.const 1)) (i32.store8 (i32.const 60000) (i32.const 1))
     (local.set $to`,
  ).replace("(func (export", "(global $dirty (mut i32) (i32.const 0)) (func (export");
  const plugin = await host.load(bundleOf(once));
  for (let call = 0; call < 20; call++) {
    assert.is((await plugin.admission.check(DOCUMENT)).allowed, true, `call ${call}`);
  }
});

test("a plugin that loops does not hold up another one's calls", async ({ host, good }) => {
  const loop =
    '(module (func (export "admission_check") (result i32) (loop $l (br $l)) (i32.const 0)))';
  const hostile = await host.load(bundleOf(loop), { timeoutMs: 2_000 });
  const order: string[] = [];
  const looping = Array.from(
    { length: 6 },
    () => hostile.admission.check(DOCUMENT).catch(() => order.push("hostile")),
  );
  for (let call = 0; call < 10; call++) await good.admission.check(DOCUMENT);
  order.push("good");
  await Promise.all(looping);
  assert.is(order[0], "good");
});

test("a thousand calls that are given up at once all end, and the host goes on", async () => {
  const host = await createHost({ workers: 2 });
  const good = await host.load(bundleOf(answering('{"allowed":true,"reasons":[]}')));
  const loop =
    '(module (func (export "admission_check") (result i32) (loop $l (br $l)) (i32.const 0)))';
  const hostile = await host.load(bundleOf(loop), { timeoutMs: 3_000 });
  const controller = new AbortController();
  const calls = Array.from(
    { length: 1_000 },
    () => codeOf(() => hostile.admission.check(DOCUMENT, { signal: controller.signal })),
  );
  controller.abort();
  assert.equal(new Set(await Promise.all(calls)), new Set(["call.aborted"]));
  assert.is((await good.admission.check(DOCUMENT)).allowed, true);
  await host.close();
});

test("many calls at once, good and hostile, each get their own answer", async ({ host, good }) => {
  const trap = await host.load(
    bundleOf('(module (func (export "admission_check") (result i32) unreachable))'),
  );
  const outcomes = await Promise.allSettled(
    Array.from(
      { length: 2_000 },
      (_, index) => (index % 3 === 0 ? trap : good).admission.check(DOCUMENT),
    ),
  );
  for (const [index, outcome] of outcomes.entries()) {
    assert.is(outcome.status, index % 3 === 0 ? "rejected" : "fulfilled", `call ${index}`);
  }
});

test.run();

/** Every hostile guest gets its one code, the host lives on, and good calls beside it are not disturbed. */
import * as assert from "uvu/assert";
import { createHost, type Host } from "../../src/host/host.ts";
import type { Plugin } from "../../src/host/plugin.ts";
import { jsonDocument } from "../support/document.ts";
import { answering, bundleOf } from "../support/guest.ts";
import { CALLED } from "./guest.ts";
import { ALLOW } from "./hostile-guest.ts";
import { outcomeOf } from "./outcome.ts";
import { suite } from "../support/suite.ts";

interface Context {
  host: Host;
  good: Plugin;
}

const test = suite<Context>("hostile guests");

const DOCUMENT = jsonDocument({ a: 1 });
const LOOP =
  '(module (func (export "admission_check") (result i32) (loop $l (br $l)) (i32.const 0)))';

/** Enough for every guest here that ends by itself. */
const FUEL = 400_000_000;
/** For those that loop, and use all of it. */
const LITTLE_FUEL = 10_000_000;

test.before(async (context) => {
  context.host = await createHost({ workers: 2 });
  context.good = await context.host.load(bundleOf(answering(ALLOW)));
});

test.after(async (context) => {
  await context.host.close();
});

for (const mode of ["inline", "worker"] as const) {
  for (const { what, text, code } of CALLED) {
    test(`${mode}: a guest that ${what} gets ${code}`, async ({ host, good }) => {
      const fuel = code === "sandbox.fuel" ? LITTLE_FUEL : FUEL;
      const limits = { memoryPages: 64, fuel, timeoutMs: 60_000 };
      const plugin = await host.load(bundleOf(text), { ...limits, mode });
      const beside = Array.from({ length: 5 }, () => good.admission.check(DOCUMENT));
      assert.is(await outcomeOf(() => plugin.admission.check(DOCUMENT)), code);
      for (const verdict of await Promise.all(beside)) assert.is(verdict.allowed, true);
      assert.is(await outcomeOf(() => plugin.admission.check(DOCUMENT)), code, "the second time");
      assert.is((await good.admission.check(DOCUMENT)).allowed, true);
    });
  }
}

test("a guest that loops with fuel for hours gets sandbox.timeout in its own thread", async ({ host, good }) => {
  const plugin = await host.load(bundleOf(LOOP), {
    timeoutMs: 300,
    fuel: Number.MAX_SAFE_INTEGER,
  });
  assert.is(await outcomeOf(() => plugin.admission.check(DOCUMENT)), "sandbox.timeout");
  assert.is((await good.admission.check(DOCUMENT)).allowed, true);
});

test("a plugin that loops does not hold up another one's calls", async ({ host, good }) => {
  const hostile = await host.load(bundleOf(LOOP), {
    timeoutMs: 2_000,
    fuel: Number.MAX_SAFE_INTEGER,
  });
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
  const good = await host.load(bundleOf(answering(ALLOW)));
  const hostile = await host.load(bundleOf(LOOP), {
    timeoutMs: 3_000,
    fuel: Number.MAX_SAFE_INTEGER,
  });
  const controller = new AbortController();
  const calls = Array.from(
    { length: 1_000 },
    () => outcomeOf(() => hostile.admission.check(DOCUMENT, { signal: controller.signal })),
  );
  controller.abort();
  assert.equal(new Set(await Promise.all(calls)), new Set(["call.aborted"]));
  assert.is((await good.admission.check(DOCUMENT)).allowed, true);
  await host.close();
});

test.run();

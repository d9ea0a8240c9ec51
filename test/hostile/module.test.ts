/** Every hostile module gets its one code when it is loaded, in bounded time, and the host goes on. */
import * as assert from "uvu/assert";
import { packBundle } from "../../src/bundle/pack.ts";
import { createHost, type Host } from "../../src/host/host.ts";
import type { Plugin } from "../../src/host/plugin.ts";
import { jsonDocument } from "../support/document.ts";
import { answering, assemble, bundleOf, MANIFEST } from "../support/guest.ts";
import { suite } from "../support/suite.ts";
import { ALLOW, check } from "./hostile-guest.ts";
import { LOADED, REFERRING } from "./module.ts";
import { outcomeOf } from "./outcome.ts";
import { FILES } from "./raw-module.ts";

interface Context {
  host: Host;
  good: Plugin;
}

const test = suite<Context>("hostile modules");

const DOCUMENT = jsonDocument({ a: 1 });

test.before(async (context) => {
  context.host = await createHost({ workers: 2 });
  context.good = await context.host.load(bundleOf(answering(ALLOW)));
});

test.after(async (context) => {
  await context.host.close();
});

for (const { what, text, code } of LOADED) {
  test(`a guest that ${what} gets ${code} when it is loaded`, async ({ host }) => {
    assert.is(await outcomeOf(() => host.load(bundleOf(text), { memoryPages: 64 })), code);
  });
}

for (const { what, text, code } of REFERRING) {
  test(`a guest that ${what}, which it does not have, gets ${code}`, async ({ host }) => {
    const bytes = packBundle(assemble(text), MANIFEST);
    assert.is(await outcomeOf(() => host.load(bytes)), code);
  });
}

for (const { what, bytes, code } of FILES) {
  test(`${what}: ${code}`, async ({ host, good }) => {
    const run = async () => {
      const plugin = await host.load(bytes());
      await plugin.admission.check(DOCUMENT);
    };
    const beside = good.admission.check(DOCUMENT);
    assert.is(await outcomeOf(run), code);
    assert.is((await beside).allowed, true);
  });
}

test("a module that is framed well and invalid inside gets sandbox.module-invalid", async ({ host }) => {
  const bytes = bundleOf(`(module ${check("")})`);
  // In place of the constant, `drop` finds nothing on the stack.
  const at = assemble(`(module ${check("")})`).lastIndexOf(0x41);
  bytes[at] = 0x1a;
  assert.is(await outcomeOf(() => host.load(bytes)), "sandbox.module-invalid");
});

test.run();

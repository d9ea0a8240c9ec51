import * as assert from "uvu/assert";
import { createHost, type Host } from "../../src/host/host.ts";
import { admission } from "../../src/guest/admission.ts";
import type { Host as GuestHost } from "../../src/guest/host.ts";
import { PluginError } from "../../src/plugin-error.ts";
import { jsonDocument } from "../support/document.ts";
import { suite } from "../support/suite.ts";
import { buildSource } from "../support/typescript-plugin.ts";

interface Context {
  host: Host;
  bytes: Uint8Array;
}

const test = suite<Context>("admission");

test.before(async (context) => {
  context.host = await createHost();
  const { bytes } = await buildSource(
    `import { admission } from "cofferdam/guest";
    interface Settings { readonly least: number; readonly most: number }
    export default admission<Settings>(
      (request) => ({ allowed: request.settings.least > 0, reasons: [] }),
      {
        validateSettings: ({ least, most }) =>
          least <= most ? [] : [{ path: "/least", message: \`\${least} is more than \${most}\` }],
      },
    );`,
    { checkTypes: true, manifest: { settings: { type: "object" } } },
  );
  context.bytes = bytes;
});

test.after(({ host }) => host.close());

test("admission() judges with the operator's settings", async ({ host, bytes }) => {
  const plugin = await host.load(bytes, { settings: { least: 1, most: 2 } });
  assert.is((await plugin.admission.check(jsonDocument({}))).allowed, true);
});

test("admission() has settings looked at when the plugin is loaded", async ({ host, bytes }) => {
  try {
    await host.load(bytes, { settings: { least: 3, most: 2 } });
  } catch (error) {
    assert.is((error as PluginError).code, "contract.settings-invalid");
    assert.match((error as PluginError).message, "3 is more than 2");
    return;
  }
  assert.unreachable();
});

test("admission() answers no other contract and no other version", () => {
  const { exports } = admission(() => ({ allowed: true, reasons: [] }));
  const check = exports.admission_check as (request: unknown, host: GuestHost) => unknown;
  const host = {} as GuestHost;
  for (
    const request of [{}, { contract: "volume", version: 1 }, { contract: "admission", version: 2 }]
  ) {
    assert.throws(() => check(request, host), /wanted "admission", version 1/);
  }
  assert.equal(check({ contract: "admission", version: 1 }, host), { allowed: true, reasons: [] });
});

test("admission() wants a function, and options that there are", () => {
  const make = admission as (...given: unknown[]) => unknown;
  const check = () => ({ allowed: true, reasons: [] });
  assert.throws(() => make(), /wants a function that judges, not undefined/);
  assert.throws(() => make({ check }), /wants a function that judges, not \{/);
  assert.throws(() => make(check, { validateSetings: () => [] }), /"validateSetings"/);
  assert.throws(() => make(check, { validateSettings: 5 }), /"validateSettings" .* no function/);
  assert.throws(() => make(check, null), /is null, wanted an object/);
});

test.run();

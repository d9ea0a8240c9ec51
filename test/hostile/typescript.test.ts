/** Authors' slips and ill will in TypeScript: each gets its one code, in both modes. */
import * as assert from "uvu/assert";
import { createHost, type Host } from "../../src/host/host.ts";
import type { PluginError } from "../../src/plugin-error.ts";
import { jsonDocument } from "../support/document.ts";
import { suite } from "../support/suite.ts";
import { buildSource, judging } from "../support/typescript-plugin.ts";

interface Context {
  host: Host;
}

const test = suite<Context>("hostile TypeScript");

test.before(async (context) => {
  context.host = await createHost({ workers: 2 });
});

test.after(({ host }) => host.close());

interface Hostile {
  readonly what: string;
  readonly body: string;
  readonly code: string;
  readonly says?: string;
}

const ALLOW = "return { allowed: true, reasons: [] };";

const HOSTILE: readonly Hostile[] = [
  { what: "loops", body: "for (;;);", code: "sandbox.fuel" },
  {
    what: "loops and catches all",
    body: "for (;;) { try { for (;;); } catch { continue; } finally { continue; } }",
    code: "sandbox.fuel",
  },
  {
    what: "loops in promises",
    body: "const again = (): any => Promise.resolve().then(again); return again();",
    code: "sandbox.fuel",
  },
  {
    what: "backtracks without end",
    body: "/^(a+)+$/.test('a'.repeat(60) + '!'); " + ALLOW,
    code: "sandbox.fuel",
  },
  {
    what: "loops when its answer is read",
    body: "return { get allowed() { for (;;); } };",
    code: "sandbox.fuel",
  },
  {
    what: "recurses without end",
    body: "const again = (n: number): number => 1 + again(n + 1); return again(0);",
    code: "sandbox.guest-error",
    says: "RangeError: Maximum call stack size exceeded",
  },
  {
    what: "recurses through the engine's own functions",
    body: "const again = (): any => [1].map(() => [2].flatMap(() => again())); return again();",
    code: "sandbox.depth",
  },
  {
    what: "takes all memory in large pieces",
    body: "const all = []; for (;;) all.push(new Uint8Array(1 << 20));",
    code: "sandbox.guest-error",
    says: "out of memory",
  },
  {
    what: "takes all memory in small pieces",
    body: "const all = []; for (;;) all.push({ a: new Array(1_000).fill(0) });",
    code: "sandbox.guest-error",
    says: "out of memory",
  },
  {
    what: "makes a string without end",
    body: "let text = 'x'; for (;;) text += text;",
    code: "sandbox.guest-error",
    says: "InternalError",
  },
  {
    what: "answers what is no verdict",
    body: "return { allowed: 'yes', reasons: [] };",
    code: "contract.output-invalid",
  },
  { what: "answers a text", body: "return 'allowed';", code: "contract.output-invalid" },
  { what: "answers null", body: "return null;", code: "contract.output-invalid" },
  {
    what: "answers with more than there is",
    body: "return { toJSON: () => ({ allowed: true, reasons: [], extra: 1 }) };",
    code: "contract.output-invalid",
  },
  {
    what: "answers too much",
    body: "return { allowed: true, reasons: [], annotations: { a: 'x'.repeat(2 << 20) } };",
    code: "contract.output-too-large",
  },
  {
    what: "throws a great deal",
    body: "throw new Error('x'.repeat(1 << 20));",
    code: "sandbox.guest-error",
  },
  {
    what: "spoils the prototype of all objects",
    body:
      "Object.prototype.toString = () => { throw 1; }; (Object.prototype as any).then = 5; return null;",
    code: "contract.output-invalid",
  },
  {
    what: "names places that its program does not have",
    body: "throw new Error('plugin.js:999999999:1 plugin.js:1:999999999 plugin.js:0:0');",
    code: "sandbox.guest-error",
    says: "plugin.js:999999999:1",
  },
];

for (const mode of ["inline", "worker"] as const) {
  for (const { what, body, code, says = "" } of HOSTILE) {
    test(`${mode}: a plugin that ${what} gets ${code}`, async ({ host }) => {
      const { bytes } = await buildSource(judging(body));
      const plugin = await host.load(bytes, { mode, timeoutMs: 60_000, memoryPages: 256 });
      // The second time shows that nothing of the first is left.
      for (const time of ["first", "second"]) {
        const error = await plugin.admission.check(jsonDocument({})).then(
          () => undefined,
          (thrown: PluginError) => thrown,
        );
        assert.is(error?.code, code, `${time}: ${error?.message}`);
        assert.match(error!.message, says);
        assert.ok(error!.message.length < 20_000);
      }
    });
  }
}

for (const mode of ["inline", "worker"] as const) {
  test(`${mode}: a plugin that spoils what the kit relies on denies all the same`, async ({ host }) => {
    const reason = { rule: "r", severity: "error", message: "no" } as const;
    const { bytes } = await buildSource(judging(
      'JSON.stringify = (() => \'{"allowed":true,"reasons":[]}\') as any; ' +
        `return { allowed: false, reasons: [${JSON.stringify(reason)}] };`,
    ));
    const plugin = await host.load(bytes, { mode, timeoutMs: 60_000 });
    const verdict = await plugin.admission.check(jsonDocument({}));
    assert.is(verdict.allowed, false);
    assert.equal(verdict.reasons, [reason]);
  });
}

test.run();

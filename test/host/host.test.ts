import * as assert from "uvu/assert";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { REQUIRED_ENTRIES } from "../../src/contract/required-entries.ts";
import { createHost, type Host } from "../../src/host/host.ts";
import { LIMITS } from "../../src/limits.ts";
import { PluginError } from "../../src/plugin-error.ts";
import type { Mode } from "../../src/sandbox/sandbox.ts";
import { jsonDocument } from "../support/document.ts";
import { makeFolder, type TestFolder } from "../support/folder.ts";
import { answering, answeringEach, assemble, bundleOf, MANIFEST } from "../support/guest.ts";
import { suite } from "../support/suite.ts";

interface Context {
  host: Host;
  folder: TestFolder;
}

const test = suite<Context>("host");

const ALLOW = '{"allowed":true,"reasons":[]}';

test.before(async (context) => {
  context.host = await createHost({ workers: 1 });
  context.folder = await makeFolder();
});

test.after(async ({ host, folder }) => {
  await host.close();
  await folder.remove();
});

async function errorOf(promise: Promise<unknown>): Promise<PluginError> {
  const error = await promise.then(() => undefined, (thrown) => thrown);
  assert.instance(error, PluginError);
  return error as PluginError;
}

test("load() takes a bundle's bytes and answers a question", async ({ host }) => {
  const plugin = await host.load(bundleOf(answering(ALLOW)));
  assert.is(plugin.manifest.name, "test-plugin");
  assert.equal(await plugin.admission.check(jsonDocument({})), { allowed: true, reasons: [] });
});

test("load() takes a path, and a plain module with plugin.json beside it", async ({ host, folder }) => {
  const bytes = bundleOf(answering(ALLOW));
  await folder.write({
    "bundle.wasm": bytes,
    "plain/module.wasm": assemble(answering(ALLOW)),
    "plain/plugin.json": JSON.stringify(MANIFEST, null, 2),
  });
  const bundle = await host.load(join(folder.path, "bundle.wasm"));
  const plain = await host.load(join(folder.path, "plain", "module.wasm"));
  assert.is(plain.digest, bundle.digest);
  assert.is((await plain.admission.check(jsonDocument({}))).allowed, true);
});

test("load() verifies the digest before it compiles", async ({ host }) => {
  const digest = `sha256:${"0".repeat(64)}`;
  // `drop` in place of the constant is invalid: compiling the module would say so first.
  const text = '(module (func (export "admission_check") (result i32) (i32.const 0)))';
  const bytes = bundleOf(text);
  bytes[assemble(text).lastIndexOf(0x41)] = 0x1a;
  assert.is((await errorOf(host.load(bytes, { digest }))).code, "bundle.digest-mismatch");
  assert.is((await errorOf(host.load(bytes))).code, "sandbox.module-invalid");
});

const PLAIN_FAULTS: [string, string | undefined, string][] = [
  ["no plugin.json", undefined, "bundle.manifest-missing"],
  ["a plugin.json that is no JSON", "{", "bundle.manifest-invalid"],
  ["a plugin.json with a key twice", '{"name":"a","name":"b"}', "bundle.manifest-invalid"],
  ["an empty plugin.json", "", "bundle.manifest-invalid"],
];
for (const [index, [what, manifest, code]] of PLAIN_FAULTS.entries()) {
  test(`load() refuses a plain module with ${what}`, async ({ host, folder }) => {
    const name = `fault-${index}`;
    await folder.write({ [`${name}/module.wasm`]: assemble(answering(ALLOW)) });
    if (manifest !== undefined) {
      await writeFile(join(folder.path, name, "plugin.json"), manifest);
    }
    const error = await errorOf(host.load(join(folder.path, name, "module.wasm")));
    assert.is(error.code, code);
  });
}

test("load() says when there is no such file", async ({ host, folder }) => {
  const error = await errorOf(host.load(join(folder.path, "missing.wasm")));
  assert.is(error.code, "input.not-found");
});

const settings = {
  type: "object",
  properties: { n: { type: "number" } },
  additionalProperties: false,
};

test("load() checks settings against the plugin's schema and names the field", async ({ host }) => {
  const bytes = bundleOf(answering(ALLOW), { settings });
  await host.load(bytes, { settings: { n: 1 } });
  const error = await errorOf(host.load(bytes, { settings: { n: "1" } }));
  assert.is(error.code, "contract.settings-invalid");
  assert.is(error.details.path, "/n");
  assert.match(error.message, /"\/n"/);
});

test("load() refuses settings of a plugin that takes none", async ({ host }) => {
  const error = await errorOf(host.load(bundleOf(answering(ALLOW)), { settings: { n: 1 } }));
  assert.is(error.code, "contract.settings-invalid");
});

test("load() refuses a settings schema that cannot be used", async ({ host }) => {
  const bytes = bundleOf(answering(ALLOW), { settings: { $ref: "#/nowhere" } });
  assert.is((await errorOf(host.load(bytes))).code, "bundle.manifest-invalid");
});

test("load() asks settings_validate where the plugin has one", async ({ host }) => {
  const with_ = (answer: string) =>
    bundleOf(
      answering(answer).replace('(export "admission_check")', '(export "settings_validate")')
        .replace(/\)$/, '(func (export "admission_check") (result i32) (i32.const 0)))'),
      { settings },
    );
  await host.load(with_('{"valid":true}'));
  const refused = await errorOf(
    host.load(with_('{"valid":false,"errors":[{"path":"/n","message":"too small"}]}')),
  );
  assert.is(refused.code, "contract.settings-invalid");
  assert.match(refused.message, /"\/n": too small/);
  assert.is((await errorOf(host.load(with_("{}")))).code, "contract.output-invalid");
});

test("load() refuses a version of a contract that it does not speak", async ({ host }) => {
  const bytes = bundleOf(answering(ALLOW), {
    implements: [{ contract: "admission", version: 7, kinds: ["json"] }],
  });
  const error = await errorOf(host.load(bytes));
  assert.is(error.code, "contract.not-implemented");
  assert.match(error.message, /version 7 .* speaks version 1/);
});

test("load() refuses limits that are none, and a mode that there is not", async ({ host }) => {
  const bytes = bundleOf(answering(ALLOW));
  for (
    const options of [
      ...[{ timeoutMs: Infinity }, { timeoutMs: 0 }, { memoryPages: -1 }, { memoryPages: 1e6 }],
      { mode: "Worker" as Mode },
    ]
  ) {
    assert.is((await errorOf(host.load(bytes, options))).code, "usage.invalid");
  }
});

test("load() refuses settings that are no JSON, and says that they are at fault", async ({ host }) => {
  const bytes = bundleOf(answering(ALLOW), { settings: { type: "object" } });
  const error = await errorOf(host.load(bytes, { settings: { n: NaN } }));
  assert.is(error.code, "contract.settings-invalid");
});

test("load() refuses a settings schema that nests without end", async ({ host }) => {
  const deep = JSON.parse(`${'{"not":'.repeat(150)}{}${"}".repeat(150)}`);
  const error = await errorOf(host.load(bundleOf(answering(ALLOW), { settings: deep })));
  assert.is(error.code, "bundle.manifest-invalid");
});

test("check() refuses what is no JSON and a time that is none", async ({ host }) => {
  const plugin = await host.load(bundleOf(answering(ALLOW)));
  const nan = await errorOf(plugin.admission.check(jsonDocument({ n: NaN })));
  assert.is(nan.code, "contract.input-invalid");
  const time = await errorOf(plugin.admission.check(jsonDocument({}), { now: "today" }));
  assert.is(time.code, "usage.invalid");
});

test("check() refuses a kind that the manifest does not name", async ({ host }) => {
  const plugin = await host.load(bundleOf(answering(ALLOW)));
  const error = await errorOf(plugin.admission.check(jsonDocument({}, { kind: "toml" })));
  assert.is(error.code, "contract.kind-not-judged");
});

test("check() refuses a plugin that does not implement admission", async ({ host }) => {
  const bytes = bundleOf("(module)", { implements: [{ contract: "hooks", version: 1 }] });
  const plugin = await host.load(bytes);
  const error = await errorOf(plugin.admission.check(jsonDocument({})));
  assert.is(error.code, "contract.not-implemented");
});

test("check() hands the guest one canonical request", async ({ host }) => {
  // The guest answers with its own input, which is no verdict: the error does not matter, the bytes do.
  const echo = `(module
    (import "extism:host/env" "input_length" (func $length (result i64)))
    (import "extism:host/env" "input_offset" (func $offset (result i64)))
    (import "extism:host/env" "error_set" (func $error (param i64)))
    (func (export "admission_check") (result i32) (call $error (call $offset)) (i32.const 1)))`;
  const plugin = await host.load(bundleOf(echo, { settings: { type: "object" } }), {
    settings: { b: 2, a: 1 },
  });
  const error = await errorOf(
    plugin.admission.check(jsonDocument({ z: 1, a: [true, null, "é"] }, { operation: "CREATE" }), {
      now: "2026-01-01T00:00:00Z",
      evidence: [{ mediaType: "m", digest: "sha256:0", verified: false, body: 1 }],
    }),
  );
  assert.is(error.code, "sandbox.guest-error");
  const request = error.message.slice(error.message.indexOf("{"));
  assert.is(
    request,
    '{"contract":"admission",' +
      '"evidence":[{"body":1,"digest":"sha256:0","mediaType":"m","verified":false}],' +
      '"kind":"json","now":"2026-01-01T00:00:00Z","object":{"a":[true,null,"é"],"z":1},' +
      '"operation":"CREATE","settings":{"a":1,"b":2},' +
      '"subject":{"name":"thing","source":"thing.json"},"version":1}',
  );
});

const VOLUME = {
  implements: [{ contract: "volume", version: 1 }],
  settings: { type: "object" },
} as const;

/** Answers this to everything that is asked of a volume driver, and what else stands here. */
const driver = (output: string, more: Record<string, string> = {}) =>
  answeringEach({
    ...Object.fromEntries(REQUIRED_ENTRIES.volume!.map((entry) => [entry, output])),
    ...more,
  });

test("call() hands the guest a request of its contract, and gives its answer", async () => {
  const lines: string[] = [];
  await using host = await createHost({
    workers: 1,
    record: { append: (line) => void lines.push(line) },
  });
  const guest = driver('{"mountpoint":"/m"}');
  const plugin = await host.load(bundleOf(guest, VOLUME), { settings: { a: 1 } });
  const answer = await plugin.call("volume_path", { name: "v", contract: "other" }, {
    now: "2026-01-01T00:00:00Z",
  });
  assert.equal(answer, { mountpoint: "/m" });
  assert.equal(JSON.parse(lines[0]!).input, {
    json: {
      contract: "volume",
      name: "v",
      now: "2026-01-01T00:00:00Z",
      settings: { a: 1 },
      version: 1,
    },
  });
});

test("call() refuses what is no entry point of the plugin's contracts", async ({ host }) => {
  const volume = await host.load(bundleOf(driver("{}"), VOLUME));
  const judge = await host.load(bundleOf(driver("no JSON", { admission_check: ALLOW }), {
    implements: [{ contract: "admission", version: 1, kinds: ["json"] }, VOLUME.implements[0]],
  }));
  const code = async (promise: Promise<unknown>) => (await errorOf(promise)).code;
  assert.is(await code(volume.call("network_add", {})), "contract.not-implemented");
  assert.is(await code(volume.call("volume_capabilities", {})), "contract.export-missing");
  assert.is(await code(volume.call("volume_list", {}, { now: "today" })), "usage.invalid");
  assert.is(await code(judge.call("admission_check", {})), "usage.invalid");
  assert.is(await code(judge.call("volume_list", {})), "contract.output-invalid");
});

test("the smaller limit of manifest and operator counts", async ({ host }) => {
  const loop =
    '(module (func (export "admission_check") (result i32) (loop $l (br $l)) (i32.const 0)))';
  const asking = async (manifestMs: number, operatorMs: number) => {
    const bytes = bundleOf(loop, { limits: { timeoutMs: manifestMs } });
    const options = { timeoutMs: operatorMs, fuel: Number.MAX_SAFE_INTEGER };
    const plugin = await host.load(bytes, options);
    return (await errorOf(plugin.admission.check(jsonDocument({})))).message;
  };
  assert.match(await asking(150, 60_000), /more than 150 ms/);
  assert.match(await asking(60_000, 160), /more than 160 ms/);
});

test("a closed host refuses calls, and closing it twice is no error", async () => {
  const host = await createHost();
  const plugin = await host.load(bundleOf(answering(ALLOW)));
  await host.close();
  await host.close();
  assert.is((await errorOf(plugin.admission.check(jsonDocument({})))).code, "sandbox.closed");
});

test("createHost() refuses a number of workers that is none", async () => {
  for (const workers of [0, -1, 1.5, NaN]) {
    assert.is((await errorOf(createHost({ workers }))).code, "usage.invalid");
  }
});

test("load() denies a plugin what it asks for and was not granted", async ({ host }) => {
  const bytes = bundleOf(answering(ALLOW), { capabilities: ["state"] });
  const { code, message } = await errorOf(host.load(bytes));
  assert.is(code, "capability.denied");
  assert.match(message, "--allow-state");
});

test("load() refuses an instance that is no name", async ({ host }) => {
  const error = await errorOf(host.load(bundleOf(answering(ALLOW)), { instance: "../x" }));
  assert.is(error.code, "usage.invalid");
});

test("createHost() hears of a grant that nobody asked for", async () => {
  const warnings: string[] = [];
  await using host = await createHost({ onWarning: (message) => warnings.push(message) });
  const grants = { directory: { root: "/srv" } };
  await host.load(bundleOf(answering(ALLOW)), { grants });
  assert.is(warnings.length, 1);
  assert.match(warnings[0]!, "directory");
});

const FUEL: [string, number | undefined, number | undefined, number][] = [
  ["the default", undefined, undefined, LIMITS.fuel],
  ["less, as the manifest says", undefined, 5, 5],
  ["the default, where the manifest says more", undefined, LIMITS.fuel * 2, LIMITS.fuel],
  ["more, as the operator says", LIMITS.fuel * 3, undefined, LIMITS.fuel * 3],
  ["the smaller of both", LIMITS.fuel * 3, LIMITS.fuel * 2, LIMITS.fuel * 2],
];
for (const [what, fuel, asked, expected] of FUEL) {
  test(`a call has for its fuel ${what}`, async () => {
    const lines: string[] = [];
    await using host = await createHost({
      workers: 1,
      record: { append: (line) => void lines.push(line) },
    });
    const limits = asked === undefined ? {} : { limits: { fuel: asked } };
    const plugin = await host.load(bundleOf(answering(ALLOW), limits), { fuel });
    // What the call ends with is not the question.
    await plugin.admission.check(jsonDocument({})).catch(() => {});
    assert.is(JSON.parse(lines[0]!).limits.fuel, expected);
  });
}

for (const fuel of [0, 1.5, -1, NaN]) {
  test(`load() refuses ${fuel} for its fuel`, async ({ host }) => {
    assert.is(
      (await errorOf(host.load(bundleOf(answering(ALLOW)), { fuel }))).code,
      "usage.invalid",
    );
  });
}

test("load() after close(), or overtaken by it, is rejected and leaves nothing open", async () => {
  const bytes = bundleOf(answering(ALLOW));
  const host = await createHost();
  const overtaken = host.load(bytes).catch((error) => error.code);
  await host.close();
  assert.is(await overtaken, "sandbox.closed");
  assert.is(await host.load(bytes).catch((error) => error.code), "sandbox.closed");
});

test.run();

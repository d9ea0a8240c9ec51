import * as assert from "uvu/assert";
import type { JsonValue } from "../../src/json.ts";
import { PluginError } from "../../src/plugin-error.ts";
import { Bench, type TestedPlugin } from "../../src/testing/bench.ts";
import type { Fakes } from "../../src/testing/fake-host.ts";
import { answering, answersOf, asking, bundleOf, requestsOf } from "../support/guest.ts";
import { suite } from "../support/suite.ts";

/** Functions that the guest of these tests asks, by their indices. */
const NAMES = [
  ..."state_get state_put directory_create metadata_list exec_run delegate_add".split(" "),
];
const CAPABILITIES = [..."state directory metadata exec delegate".split(" ")];

const test = suite<{ bench: Bench }>("bench");

test.before(async (context) => {
  const bundle = bundleOf(asking(...NAMES), { capabilities: CAPABILITIES });
  context.bench = await Bench.open(bundle);
});
test.after(({ bench }) => bench.close());

/** Has the guest ask one function, and gives what it was answered. */
async function ask(plugin: TestedPlugin, name: string, request: JsonValue): Promise<string> {
  const object = requestsOf([[NAMES.indexOf(name), JSON.stringify(request)]]);
  const { annotations } = await plugin.check({ object });
  return new TextDecoder().decode(answersOf(annotations!.answers as string)[0]);
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(() => undefined, (thrown) => thrown);
  assert.instance(error, PluginError);
  return (error as PluginError).code;
}

test("a plugin gets everything that it asks for, empty", async ({ bench }) => {
  const plugin = bench.plugin("a.test.ts");
  assert.is(await ask(plugin, "state_get", { key: "k" }), '{"ok":{"value":null}}');
  assert.is(await ask(plugin, "metadata_list", { package: "p" }), '{"ok":{"entries":[]}}');
  assert.match(await ask(plugin, "exec_run", { command: "x" }), '"code":"capability.denied"');
  assert.match(await ask(plugin, "delegate_add", {}), "the test says nothing of it");
});

test("state and directory live as long as the plugin of one test", async ({ bench }) => {
  const plugin = bench.plugin("a.test.ts").with({ state: { a: "1" }, directory: ["x"] });
  assert.is(await ask(plugin, "state_get", { key: "a" }), '{"ok":{"value":"1"}}');
  assert.is(await ask(plugin, "state_put", { key: "b", value: "2" }), '{"ok":{}}');
  assert.is(await ask(plugin, "directory_create", { name: "y" }), '{"ok":{"created":true}}');
  assert.match(await ask(plugin, "directory_create", { name: "/" }), "capability.invalid");
  assert.equal(plugin.state, { a: "1", b: "2" });
  assert.equal(plugin.directory, ["x", "y"]);
  assert.equal(plugin.calls.map((call) => call.function), [
    "state_get",
    "state_put",
    "directory_create",
    "directory_create",
  ]);
  assert.equal(plugin.calls[1]!.request, { key: "b", value: "2" });
  assert.equal(plugin.calls[1]!.answer, { ok: {} });
  assert.equal(bench.plugin("a.test.ts").state, {});
});

test("metadata is a list or a source, and is checked as the host checks it", async ({ bench }) => {
  const entry = { key: "k", value: "v" };
  const shown = '{"ok":{"entries":[{"encoding":"utf8","key":"k","value":"v"}]}}';
  const listed = bench.plugin("a").with({ metadata: [entry] });
  assert.is(await ask(listed, "metadata_list", { package: "p" }), shown);
  const asked: string[] = [];
  const source: Fakes["metadata"] = (request) => {
    asked.push(request.package);
    return { entries: [entry, { key: "other", value: "x" }] };
  };
  const sourced = bench.plugin("a").with({ metadata: source });
  assert.is(await ask(sourced, "metadata_list", { package: "p/q", keys: ["k"] }), shown);
  assert.equal(asked, ["p/q"]);
  assert.match(await ask(sourced, "metadata_list", { package: "P" }), "capability.invalid");
});

test("an author's own answers count, and a PluginError among them is a refusal", async ({ bench }) => {
  const plugin = bench.plugin("a").with({
    answers: {
      exec_run: ({ command }) => Promise.resolve({ code: 0, stdout: `ran ${command}` }),
      state_get: () => {
        throw new PluginError("capability.timeout", "too late");
      },
    },
  });
  assert.is(
    await ask(plugin, "exec_run", { command: "x" }),
    '{"ok":{"code":0,"stdout":"ran x"}}',
  );
  assert.is(
    await ask(plugin, "state_get", { key: "k" }),
    '{"error":{"code":"capability.timeout","message":"too late"}}',
  );
});

test("an answer that breaks is what the test fails with", async ({ bench }) => {
  const broken = new RangeError("a mistake of the test's own");
  for (
    const fakes of [
      { answers: { exec_run: () => Promise.reject(broken) } },
      { metadata: () => Promise.reject(broken) },
    ]
  ) {
    const name = "answers" in fakes ? "exec_run" : "metadata_list";
    const plugin = bench.plugin("a").with(fakes);
    const error = await ask(plugin, name, { package: "p" }).then(() => undefined, (e) => e);
    assert.is(error, broken);
  }
});

test("an answer cannot call the plugin that waits for it", async ({ bench }) => {
  const plugin: TestedPlugin = bench.plugin("a").with({
    answers: { exec_run: async () => (await plugin.check({ object: "" })).allowed },
  });
  assert.is(await codeOf(ask(plugin, "exec_run", {})), "capability.reentrant");
});

test("answers are for functions that there are", ({ bench }) => {
  for (const name of ["exec", "log", "state_got", "__proto__"]) {
    const answers = Object.fromEntries([[name, () => null]]);
    assert.throws(
      () => bench.plugin("a").with({ answers }),
      (error: PluginError) => error.code === "test.case-invalid",
    );
  }
});

test("settings count for one question, and are checked", async () => {
  const bench = await Bench.open(bundleOf(answering('{"allowed":true,"reasons":[]}'), {
    settings: { type: "object", properties: { a: { type: "number" } }, required: ["a"] },
  }));
  try {
    const plugin = bench.plugin("a");
    assert.is((await plugin.check({ object: 1, settings: { a: 1 } })).allowed, true);
    assert.is(await codeOf(plugin.check({ object: 1 })), "contract.settings-invalid");
    assert.is(
      await codeOf(plugin.check({ object: 1, settings: { a: "x" } })),
      "contract.settings-invalid",
    );
    assert.is(
      await codeOf(plugin.check({ object: 1, settings: { a: 1 }, now: "today" })),
      "usage.invalid",
    );
  } finally {
    await bench.close();
  }
});

test("Bench.open() refuses what cannot be loaded", async () => {
  const unasked = bundleOf(asking("state_get"));
  assert.is(await codeOf(Bench.open(unasked)), "capability.denied");
  assert.is(await codeOf(Bench.open("none.wasm")), "input.not-found");
  assert.is(await codeOf(Bench.open(new Uint8Array(8))), "bundle.malformed");
});

test.run();

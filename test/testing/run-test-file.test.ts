import * as assert from "uvu/assert";
import { join } from "node:path";
import { PluginError } from "../../src/plugin-error.ts";
import { Bench } from "../../src/testing/bench.ts";
import type { TestResult } from "../../src/testing/report.ts";
import { runTestFile } from "../../src/testing/run-test-file.ts";
import { testModule } from "../cli/test-folder.ts";
import { makeFolder, type TestFolder } from "../support/folder.ts";
import { answering, bundleOf } from "../support/guest.ts";
import { suite } from "../support/suite.ts";

const test = suite<{ folder: TestFolder; bench: Bench }>("run-test-file");

test.before(async (context) => {
  context.folder = await makeFolder();
  context.bench = await Bench.open(bundleOf(answering('{"allowed":true,"reasons":[]}')));
});
test.after(async ({ folder, bench }) => {
  await bench.close();
  await folder.remove();
});

let files = 0;

/** Runs a module of these tests; gives status, name and what is said of each. */
async function run(
  { folder, bench }: { folder: TestFolder; bench: Bench },
  body: string,
  options: { readonly timeoutMs?: number; readonly signal?: AbortSignal } = {},
): Promise<string[]> {
  const name = `${files++}.test.ts`;
  await folder.write({ [name]: testModule(body) });
  const results: TestResult[] = [];
  await runTestFile(bench, join(folder.path, name), name, {
    wants: () => true,
    timeoutMs: options.timeoutMs ?? 60_000,
    signal: options.signal ?? new AbortController().signal,
    onResult: (result) => results.push(result),
  });
  return results.map((r) => [r.status, r.name, r.error?.code ?? r.error?.message].join(" ").trim());
}

test("a test that never ends is ended, and the next one is run", async (context) => {
  const body = 'test("stuck", () => new Promise(() => {}));\ntest("next", () => {});\n';
  assert.equal(await run(context, body, { timeoutMs: 200 }), [
    "failed stuck test.timeout",
    "passed next",
  ]);
});

test("an interrupt ends a test that never ends", async (context) => {
  const controller = new AbortController();
  const body = 'test("stuck", () => new Promise(() => { globalThis.stuck(); }));\n';
  Object.assign(globalThis, { stuck: () => controller.abort() });
  const error = await run(context, body, { signal: controller.signal })
    .then(() => undefined, (thrown) => thrown);
  assert.is((error as PluginError).code, "call.aborted");
});

test("a stray error belongs to the test that runs, or else to the file", async (context) => {
  const body = `test("one", async () => {
  Promise.reject(new Error("at once"));
  await new Promise(() => {});
});
test("two", () => {
  Promise.reject(new Error("in its last moment"));
});
test("three", () => {});
`;
  assert.equal(await run(context, body), [
    "failed one at once",
    "failed two in its last moment",
    "passed three",
  ]);
});

test("what is thrown while a module is loaded is the file's", async (context) => {
  assert.equal(await run(context, 'test("lost", () => {}); throw new TypeError("at load");\n'), [
    "unclear  at load",
  ]);
  assert.equal(await run(context, "throw null;\n"), ["unclear  threw null"]);
  assert.equal(await run(context, "throw { toString: 5 };\n"), [
    "unclear  threw what has no text",
  ]);
});

test("each test has a host of its own", async (context) => {
  const body = `test("a", (plugin) => { assert.deepEqual(plugin.state, {}); });
test("b", (plugin) => {
  const other = plugin.with({ state: { a: "1" } });
  assert.deepEqual([plugin.state, other.state], [{}, { a: "1" }]);
});
`;
  assert.equal(await run(context, body), ["passed a", "passed b"]);
});

test.run();

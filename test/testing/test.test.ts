import * as assert from "uvu/assert";
import { PluginError } from "../../src/plugin-error.ts";
import { collectTests } from "../../src/testing/registry.ts";
import { test as register } from "../../src/testing/test.ts";
import { suite } from "../support/suite.ts";

const test = suite("testing/test");

test("test() registers while a file is being loaded, and at no other time", async () => {
  const run = () => {};
  const outside = (error: PluginError) =>
    error.code === "usage.invalid" && error.message.includes("cofferdam test");
  assert.throws(() => register("too early", run), outside);
  const tests = await collectTests(async () => {
    register("one", run);
    await undefined;
    register("two", run);
  });
  assert.equal(tests.map(({ name }) => name), ["one", "two"]);
  assert.is(tests[0]!.run, run);
  assert.throws(() => register("too late", run), outside);
});

test("test() refuses what is no test", async () => {
  await collectTests(async () => {
    await undefined;
    for (const args of [["", () => {}], ["name"], [() => {}], ["name", "text"]]) {
      assert.throws(
        () => (register as (...given: unknown[]) => void)(...args),
        (error: PluginError) => error.code === "usage.invalid",
      );
    }
  });
});

test("collectTests() ends with what the file throws, and collects no more", async () => {
  const error = await collectTests(() => Promise.reject(new Error("no")))
    .then(() => undefined, (thrown) => thrown);
  assert.is((error as Error).message, "no");
  assert.throws(() => register("too late", () => {}));
});

test.run();

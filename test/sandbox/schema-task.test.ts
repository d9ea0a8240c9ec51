import * as assert from "uvu/assert";
import type { PluginError } from "../../src/plugin-error.ts";
import { Sandbox } from "../../src/sandbox/sandbox.ts";
import { checkSchema } from "../../src/sandbox/schema-task.ts";
import { suite } from "../support/suite.ts";

const test = suite("schema-task");

const SCHEMA = {
  type: "object",
  properties: {
    registries: { type: "array", items: { type: "string" } },
    mode: { enum: ["error", "warning"] },
  },
  required: ["registries"],
  additionalProperties: false,
};

test("checkSchema() finds nothing wrong with a value that fits", () => {
  assert.equal(checkSchema(SCHEMA, { registries: ["a"], mode: "error" }), []);
});

const FAULTS: [string, unknown, string][] = [
  ["a wrong type within a list", { registries: ["a", 1] }, "/registries/1"],
  ["a value outside of an enumeration", { registries: [], mode: "off" }, "/mode"],
  ["a field that is not known", { registries: [], registry: "x" }, "/registry"],
  ["a field that is missing", {}, ""],
];

for (const [what, value, path] of FAULTS) {
  test(`checkSchema() names the path of ${what}`, () => {
    assert.is(checkSchema(SCHEMA, value)[0]!.path, path);
  });
}

test("a pattern that backtracks for ever ends at the deadline, off the main thread", async () => {
  const sandbox = new Sandbox(1);
  try {
    await sandbox.checkSchema("s", { pattern: "^(a+)+$" }, `${"a".repeat(60)}b`, 300);
    assert.unreachable("it ended by itself");
  } catch (error) {
    assert.is((error as PluginError).code, "sandbox.timeout");
  }
  assert.equal(await sandbox.checkSchema("s", { type: "string" }, "x", 300), []);
  await sandbox.close();
});

for (const schema of [{ $ref: "#" }, { $ref: "#/nowhere" }]) {
  test(`a schema like ${JSON.stringify(schema)} is an error, not a pass`, async () => {
    const sandbox = new Sandbox(1);
    const outcome = await sandbox.checkSchema("s", schema, "x", 1_000)
      .then(() => "taken", (error: PluginError) => error.code);
    assert.is(outcome, "internal.error");
    await sandbox.close();
  });
}

test.run();

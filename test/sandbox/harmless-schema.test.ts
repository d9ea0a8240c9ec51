import * as assert from "uvu/assert";
import { isHarmless } from "../../src/sandbox/harmless-schema.ts";
import { Sandbox } from "../../src/sandbox/sandbox.ts";
import { codeOf } from "../support/sandbox.ts";
import { suite } from "../support/suite.ts";

const test = suite("harmless-schema");

const NAMES = Array.from({ length: 2_000 }, (_, n) => `n${n}`);

const CASES: [string, unknown, unknown, boolean][] = [
  ["plain keywords", { type: "object", properties: { a: { type: "string" } } }, { a: "x" }, true],
  ["a pattern that no string meets", { items: { pattern: "^a$" } }, [1], true],
  ["a pattern that a string meets", { items: { pattern: "^(a+)+$" } }, ["aaaa"], false],
  ["a pattern and a string elsewhere", { properties: { a: { pattern: "x" } } }, { b: "y" }, false],
  ["a reference", { $ref: "#" }, 1, false],
  ["an identifier", { $id: "http://[bad" }, 1, false],
  ["combinations", { allOf: [{}] }, 1, false],
  ["many names for many values", { items: { required: NAMES } }, NAMES.map(() => ({})), false],
  ["a boolean", true, 1, true],
  ["what is no schema", 5, 1, false],
];

for (const [what, schema, value, wanted] of CASES) {
  test(`isHarmless() is ${wanted} for ${what}`, () => {
    assert.is(isHarmless(schema, value), wanted);
  });
}

test("a schema that breaks the checker is an error with a code, wherever it is checked", async () => {
  const sandbox = new Sandbox(1);
  for (const schema of [{ enum: 5 }, { required: 5 }, { $id: "http://[bad" }]) {
    const code = await codeOf(sandbox.checkSchema("settings", schema, { a: 1 }, 5_000));
    assert.is(code, "internal.error");
  }
  await sandbox.close();
});

test.run();

import * as assert from "uvu/assert";
import * as v from "valibot";
import { checkAnswer, parseGuestJson } from "../../src/contract/guest-json.ts";
import type { PluginError } from "../../src/plugin-error.ts";
import { suite } from "../support/suite.ts";

const test = suite("guest-json");

const bytes = (text: string) => new TextEncoder().encode(text);

test("parseGuestJson() keeps surrogate pairs, and brackets in strings", () => {
  assert.equal(parseGuestJson(bytes('["\\ud83d\\ude00","]]["]')), ["😀", "]]["]);
});

test("parseGuestJson() keeps __proto__ a key like any other", () => {
  const value = parseGuestJson(bytes('{"__proto__":{"polluted":true}}'));
  assert.is(({} as { polluted?: boolean }).polluted, undefined);
  assert.equal(Object.keys(value as object), ["__proto__"]);
});

test("checkAnswer() names the place of the first fault", () => {
  const schema = v.strictObject({ list: v.array(v.strictObject({ name: v.string() })) });
  assert.equal(checkAnswer(schema, { list: [{ name: "a" }] }, "list"), { list: [{ name: "a" }] });
  assert.throws(
    () => checkAnswer(schema, { list: [{ name: "a" }, { name: 1 }] }, "list"),
    (error: PluginError) =>
      error.code === "contract.output-invalid" &&
      error.message.startsWith(
        'Cannot use the plugin\'s answer: it is no list: "list.1.name": Invalid type',
      ),
  );
});

test.run();

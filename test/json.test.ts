import * as assert from "uvu/assert";
import * as v from "valibot";
import { JsonObjectSchema, pointerTokens } from "../src/json.ts";
import { suite } from "./support/suite.ts";

const test = suite("json");

test("JsonObjectSchema passes an object as it is, whatever its members are called", () => {
  const text = '{"a":1,"__proto__":{"b":2},"prototype":3,"constructor":4,"toString":5}';
  const parsed = v.parse(JsonObjectSchema, JSON.parse(text));
  assert.is(JSON.stringify(parsed), text);
  assert.is(Object.getPrototypeOf(parsed), Object.prototype);
});

for (const value of [null, [], "{}", 1, undefined]) {
  test(`JsonObjectSchema refuses ${JSON.stringify(value)}`, () => {
    assert.not.ok(v.safeParse(JsonObjectSchema, value).success);
  });
}

const POINTERS: readonly (readonly [pointer: string, tokens: string[] | undefined])[] = [
  ["", []],
  ["/", [""]],
  ["/a/0", ["a", "0"]],
  ["/a~1b/~0", ["a/b", "~"]],
  ["/~01", ["~1"]],
  ["a", undefined],
  ["/~", undefined],
  ["/~2", undefined],
];
for (const [pointer, tokens] of POINTERS) {
  test(`pointerTokens() of "${pointer}"`, () => {
    assert.equal(pointerTokens(pointer), tokens);
  });
}

test.run();

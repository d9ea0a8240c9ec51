import * as assert from "uvu/assert";
import { getMember, setMember } from "../../src/document/own-member.ts";
import type { JsonObject } from "../../src/json.ts";
import { suite } from "../support/suite.ts";

const test = suite("document/own-member");

test("setMember() makes __proto__ an ordinary member", () => {
  const object: JsonObject = {};
  setMember(object, "__proto__", { polluted: true });
  setMember(object, "a", 1);
  assert.is(Object.getPrototypeOf(object), Object.prototype);
  assert.is(JSON.stringify(object), '{"__proto__":{"polluted":true},"a":1}');
});

test("getMember() gives a value's own members alone", () => {
  assert.is(getMember({ a: 1 }, "a"), 1);
  for (const key of ["toString", "constructor", "__proto__", "b"]) {
    assert.is(getMember({ a: 1 }, key), undefined);
  }
  for (const value of [null, "text", 1, [1], undefined]) {
    assert.is(getMember(value, "length"), undefined);
  }
});

test.run();

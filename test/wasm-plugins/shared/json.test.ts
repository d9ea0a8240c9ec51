import * as assert from "uvu/assert";
import { pointerTokens } from "../../../src/json.ts";
import { isObject, pointerStep } from "../../../wasm-plugins/shared/json.ts";
import { suite } from "../../support/suite.ts";

const test = suite("wasm-plugins/shared/json");

test("isObject() takes neither null nor a list for one", () => {
  for (const value of [{}, { a: 1 }]) assert.ok(isObject(value));
  for (const value of [undefined, null, [], [{}], "{}", 0, true]) assert.not(isObject(value));
});

test("pointerStep() writes a key that the host reads back", () => {
  for (const key of ["", "a", "/", "~", "~1", "a/b~c", "~0/~1"]) {
    assert.equal(pointerTokens(`/${pointerStep(key)}`), [key]);
  }
});

test.run();

import * as assert from "uvu/assert";
import { quote, quoteAll, quoteJson } from "../../../wasm-plugins/shared/quote.ts";
import { suite } from "../../support/suite.ts";

const test = suite("wasm-plugins/shared/quote");

test("quote() cuts a text short and leaves no half of a character", () => {
  assert.is(quote("a"), '"a"');
  assert.is(quote("abc", 2), '"ab…"');
  assert.is(quote("a🎉", 3), '"a🎉"');
  assert.is(quote("a🎉b", 2), '"a\ufffd…"');
  assert.is(quote("\ud800"), '"\ufffd"');
  assert.is(quote("x".repeat(201)).length, 203);
});

test("quoteAll() shows five texts and counts the others", () => {
  assert.is(quoteAll([]), "");
  assert.is(quoteAll(["a", "b", "c", "d", "e"]), '"a", "b", "c", "d", "e"');
  assert.is(quoteAll(["a", "b", "c", "d", "e", "f", "g"]), '"a", "b", "c", "d", "e", 2 more');
});

test("quoteJson() shows a value of any type, cut short", () => {
  assert.is(quoteJson({ a: ["b"] }), '{"a":["b"]}');
  assert.is(quoteJson(undefined), "nothing");
  assert.is(quoteJson("x".repeat(100)), `"${"x".repeat(79)}…`);
});

test.run();

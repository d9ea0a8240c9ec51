import * as assert from "uvu/assert";
import { quote, SourceText } from "../../src/document/source-text.ts";
import { suite } from "../support/suite.ts";

const test = suite("document/source-text");

test("positionAt() counts LF, CR LF and a lone CR as one line's end each", () => {
  const source = new SourceText("x", "a\nb\r\nc\rd");
  const places = ["a", "b", "c", "d"].map((letter) =>
    source.positionAt(source.text.indexOf(letter))
  );
  assert.equal(places, [1, 2, 3, 4].map((line) => ({ line, column: 1 })));
});

test("positionAt() counts columns in UTF-16 code units", () => {
  assert.equal(new SourceText("x", "😀ü!").positionAt(3), { line: 1, column: 4 });
});

test("positionAt() stays within the text", () => {
  assert.equal(new SourceText("x", "ab\nc").positionAt(99), { line: 2, column: 2 });
  assert.equal(new SourceText("x", "").positionAt(0), { line: 1, column: 1 });
});

test("fault() carries code, place and cause", () => {
  const cause = new Error("deeper");
  const error = new SourceText("x", "a\nb").fault("document.malformed", "Parsing failed", 2, cause);
  assert.is(error.code, "document.malformed");
  assert.equal(error.details, { line: 2, column: 1 });
  assert.is(error.cause, cause);
});

test("quote() escapes and shortens what a file chose", () => {
  assert.is(quote('a"\n\u001b'), '"a\\"\\n\\u001b"');
  assert.is(quote("x".repeat(200)).length, 83);
});

test.run();

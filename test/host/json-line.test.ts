import * as assert from "uvu/assert";
import { encodeJsonLine } from "../../src/host/json-line.ts";
import { suite } from "../support/suite.ts";

const test = suite("encodeJsonLine()");

test("it escapes what is not seen, in names as well, and stays the same JSON", () => {
  const hidden = "\u007f\u009b31m\u202e\u2028\u2029\u200b\u{e0001}\n\u001b";
  const value = { [hidden]: [hidden, "é😀\\u202e"] };
  const line = encodeJsonLine(value);
  assert.not.match(line, /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
  assert.equal(JSON.parse(line), value);
  assert.match(line, "\\u009b31m\\u202e\\u2028");
  assert.match(line, "\\udb40\\udc01");
  assert.match(line, "é😀");
});

test.run();

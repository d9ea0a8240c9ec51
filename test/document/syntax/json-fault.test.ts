import * as assert from "uvu/assert";
import { findJsonFault } from "../../../src/document/syntax/json-fault.ts";
import { suite } from "../../support/suite.ts";

const test = suite("document/syntax/json-fault");

for (
  const [text, offset, problem] of [
    ["", 0, /ends too early/],
    ['{"a":1', 6, /ends too early/],
    ["[1,]", 3, /"\]" is not expected, a value is wanted/],
    ["{,}", 1, /"," is not expected, a key in double quotes or "}" is wanted/],
    ['{"a":1,}', 7, /"}" is not expected, a key in double quotes is wanted/],
    ['{"a",1}', 4, /"," is not expected, ":" is wanted/],
    ["[1 2]", 3, /"2" is not expected, "," or the closing bracket is wanted/],
    ["[,]", 1, /"," is not expected, a value or "]" is wanted/],
    ["{} x", 3, /something follows the value/],
    ["trueish", 0, /"trueish" is not expected/],
    ["😀", 0, /"😀" is not expected/],
    ['"a', 0, /not closed/],
    ['"a\u0001"', 2, /bare control character/],
    ['"\\q"', 1, /unknown escape/],
  ] as const
) {
  test(`findJsonFault() finds the fault of ${JSON.stringify(text)}`, () => {
    const fault = findJsonFault(text, 0, text.length);
    assert.is(fault.offset, offset);
    assert.match(fault.problem, problem);
  });
}

test("findJsonFault() looks at its piece of the text alone", () => {
  assert.is(findJsonFault('{}\n{"a":}\n{}', 3, 9).offset, 8);
  assert.is(findJsonFault('{}\n{"a"\n:1}', 3, 7).offset, 7);
});

test.run();

import * as assert from "uvu/assert";
import { jsonText } from "../../../src/cli/format/json-text.ts";
import { suite } from "../../support/suite.ts";

const test = suite("cli/format/json-text");

const CASES: readonly [string, string][] = [
  ["\u001b", '"\\u001b"'],
  ["\u007f\u0085\u009b", '"\\u007f\\u0085\\u009b"'],
  ["\u2028\u2029", '"\\u2028\\u2029"'],
  ["\u202e\u2066\ufeff", '"\\u202e\\u2066\\ufeff"'],
  ["\u{e0041}", '"\\udb40\\udc41"'],
  ["\ud800x\udc00", '"\ufffdx\ufffd"'],
  ["\ud83d\udea2", '"🚢"'],
  ["##[x] ##vso[x]", '"#\\u0023[x] #\\u0023vso[x]"'],
  ['"\\\n', '"\\"\\\\\\n"'],
];

for (const [text, expected] of CASES) {
  test(`jsonText() writes ${expected}`, () => {
    const json = jsonText(text);
    assert.is(json, `${expected}\n`);
    assert.is(JSON.parse(json), text.replace(/\p{Cs}/gu, "\ufffd"));
  });
}

test.run();

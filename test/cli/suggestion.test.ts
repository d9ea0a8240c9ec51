import * as assert from "uvu/assert";
import { mistyped, usage } from "../../src/cli/flags.ts";
import { suggestionFor } from "../../src/cli/suggestion.ts";
import { suite } from "../support/suite.ts";

const test = suite("suggestion");

const FLAGS = ["--plugin", "--settings", "--format", "-o"];

const CASES: [string, string][] = [
  ["--fromat", '; did you mean "--format"?'],
  ["--setting", '; did you mean "--settings"?'],
  ["--zzzzzzzzzz", ""],
];
for (const [word, hint] of CASES) {
  test(`suggestionFor() gives ${JSON.stringify(hint)} for ${JSON.stringify(word)}`, () => {
    assert.is(suggestionFor(mistyped("wrong", word, FLAGS)), hint);
  });
}

test("suggestionFor() gives nothing for an error that is about no word", () => {
  assert.is(suggestionFor(usage("wrong")), "");
});

test.run();

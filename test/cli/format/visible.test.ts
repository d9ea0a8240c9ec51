import * as assert from "uvu/assert";
import { visible, visibleProse } from "../../../src/cli/format/visible.ts";
import { ACTING, HOSTILE_TEXTS, RUNNER_COMMAND } from "./hostile-text.ts";
import { suite } from "../../support/suite.ts";

const test = suite("cli/format/visible");

const CASES: readonly [string, string][] = [
  ["k8s/naïve 日本語 🚢.yaml", "k8s/naïve 日本語 🚢.yaml"],
  ["a\u001b[31mb", "a\\u{1b}[31mb"],
  ["a\u009bb", "a\\u{9b}b"],
  ["a\u202eb", "a\\u{202e}b"],
  ["a\nb\r\tc", "a\\nb\\r\\tc"],
  ["a\u2028b", "a\\u{2028}b"],
  ["a\ud800b", "a\\u{d800}b"],
  ["a\u{e0041}b", "a\\u{e0041}b"],
  ["##[error]x", "#\\#[error]x"],
  ["x ##vso[task.x]", "x #\\#vso[task.x]"],
  ["###[x]", "##\\#[x]"],
  ["## a heading", "## a heading"],
  ["::error::x", "\\::error::x"],
  ["\u00a0::error::x", "\u00a0\\::error::x"],
  ["std::string", "std::string"],
  ["C:\\Windows", "C:\\Windows"],
];

for (const [text, expected] of CASES) {
  test(`visible() shows ${JSON.stringify(text)} for what it is`, () => {
    assert.is(visible(text), expected);
  });
}

for (const [what, text] of Object.entries(HOSTILE_TEXTS)) {
  test(`visible() disarms ${what} in one pass`, () => {
    for (const shown of [visible(text), visibleProse(text)]) {
      assert.not.match(shown, ACTING);
      assert.not.match(shown, /\n/);
      assert.not.match(shown, RUNNER_COMMAND);
      assert.is(visible(shown), shown);
    }
  });
}

test("visibleProse() makes line breaks and indentation one space", () => {
  assert.is(visibleProse("  Name a tag.\r\n\tOr a\u2028digest.\n"), "Name a tag. Or a digest.");
});

test.run();

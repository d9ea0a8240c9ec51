import * as assert from "uvu/assert";
import { sanitizeLogText } from "../../src/capability/log-text.ts";
import { suite } from "../support/suite.ts";

const test = suite("sanitizeLogText()");

const CASES: readonly (readonly [what: string, text: string, safe: string])[] = [
  ["plain text", "caf\u00e9 \u{1f4a7} \u65e5\u672c", "caf\u00e9 \u{1f4a7} \u65e5\u672c"],
  ["line feeds", "a\nb\r\nc\td", "a\\nb\\r\\nc\\td"],
  [
    "other ends of lines",
    "a\u000bb\u000cc\u0085d\u2028e\u2029",
    "a\\u{b}b\\u{c}c\\u{85}d\\u{2028}e\\u{2029}",
  ],
  ["NUL, backspace and delete", "a\0\b\x7f", "a\\u{0}\\u{8}\\u{7f}"],
  ["a CSI sequence", "\x1b[2J\x1b[31mred", "\\u{1b}[2J\\u{1b}[31mred"],
  ["an OSC sequence", "\x1b]0;title\x07", "\\u{1b}]0;title\\u{7}"],
  ["an OSC link ended by ST", "\x1b]8;;http://x\x1b\\y", "\\u{1b}]8;;http://x\\u{1b}\\\\y"],
  ["C1 forms of them", "\x9b31m\x9d0;t\x9c\x90", "\\u{9b}31m\\u{9d}0;t\\u{9c}\\u{90}"],
  [
    "overrides of direction",
    "a\u202eb\u2066c\u200f\u061c",
    "a\\u{202e}b\\u{2066}c\\u{200f}\\u{61c}",
  ],
  [
    "what is not seen",
    "a\u200bb\ufeffc\u00add\u{e0041}e\ufe0f\ufff9",
    "a\\u{200b}b\\u{feff}c\\u{ad}d\\u{e0041}e\\u{fe0f}\\u{fff9}",
  ],
  ["half surrogate pairs", "a\ud800b\udc00", "a\\u{d800}b\\u{dc00}"],
  ["what looks like an escape", "C:\\new", "C:\\\\new"],
];

for (const [what, text, safe] of CASES) {
  test(`it shows ${what}`, () => {
    assert.is(sanitizeLogText(text, 1_000), safe);
  });
}

test("no control character is left, whatever it is", () => {
  const all = Array.from({ length: 0x3000 }, (_, code) => String.fromCharCode(code)).join("");
  const left = /[\p{Cc}\u200b-\u200f\u2028-\u202e]/u;
  assert.not.match(sanitizeLogText(all, all.length), left);
});

test("it cuts what is too long, says so, and halves no pair", () => {
  assert.is(sanitizeLogText("abcdef", 6), "abcdef");
  assert.is(sanitizeLogText("abcdef", 4), "abcd\u2026 (2 more)");
  assert.is(sanitizeLogText("abc\u{1f4a7}d", 4), "abc\u2026 (3 more)");
  assert.is(sanitizeLogText("abc", 0), "\u2026 (3 more)");
});

test.run();

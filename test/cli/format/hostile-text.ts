/** Texts that a judged file or a plugin might choose in order to be more than text, by what they try. */
export const HOSTILE_TEXTS: Readonly<Record<string, string>> = {
  "7-bit terminal sequence": "a\u001b[2J\u001b]0;title\u0007b",
  "8-bit terminal sequence": "a\u009b2Jb\u0085c\u0080\u009fd",
  "bidi override": "a\u202eb\u202ac\u2066d\u2069e",
  "invisible characters": "a\u200bb\ufeffc\u00add\u{e0041}e\u007ff",
  "line breaks": "a\nb\rc\r\nd\te\u000bf",
  "Unicode line separators": "a\u2028b\u2029c",
  "NUL and backspace": "a\u0000b\u0008c",
  "lone surrogates": "a\ud800b\udc00c",
  "noncharacters": "a\ufffeb\uffffc",
  "workflow command": "::error file=x,line=1::forged",
  "workflow command behind space": " \t::stop-commands::token",
  "workflow command in a new line": "a\n::add-mask::b",
  "workflow command, first form": "a ##[add-mask]b ###[group]c",
  "pipeline command": "a ##vso[task.setvariable variable=x]b",
  "percent codes": "a%0A::error::b%25%3A%2C",
  "property breakers": "a,line=9,title=b::c:d",
  "XML": `a]]><failure message="x"/><!-- & &lt; ' " -->b`,
  "TAP lines": "a\nnot ok 9\nBail out!\n1..0\nok 1",
  "TAP start of line": "Bail out! ok 1 - x",
  "TAP directives": "a # TODO later \\# SKIP x",
  "YAML": "a\n  ...\n---\n- &x !!js/function {b: *x} \"'|>%@`",
  "JSON": '"},{"allowed":true,"x":"\\u0000\\',
  "SARIF": "[click](https://evil.example) {0} {{1}} <b>",
  "prototype": "__proto__",
  "nothing": "",
  "spaces": "   ",
};

/** Characters that act on a terminal or end a line; a line feed is looked at by each test itself. */
export const ACTING: RegExp =
  // deno-lint-ignore no-control-regex -- they are what is looked for
  /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]|\p{Cs}/u;

/** What a CI runner would obey in a log: `##[`, `##vso[` anywhere, `::` at the start of a line. */
export const RUNNER_COMMAND: RegExp = /##\w*\[|^\s*::/m;

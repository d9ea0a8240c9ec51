import * as assert from "uvu/assert";
import { formatText } from "../../../src/cli/test-format/text.ts";
import { ACTING, HOSTILE_TEXTS, RUNNER_COMMAND } from "../format/hostile-text.ts";
import { hostileReport, reportOf, result, sampleReport } from "./sample-report.ts";
import { suite } from "../../support/suite.ts";

const test = suite("cli/test-format/text");

const PLAIN = { color: false };

test("formatText() shows what was expected and what came, then the rules and the totals", () => {
  assert.is(
    formatText(sampleReport(), PLAIN),
    `cases/a.yaml
  ✓ a case
  ✗ another  cases/a.yaml:9
      allowed: expected true, got false
      rules: (- expected, + got)
        - a
          b
        + c
      answer: (- expected, + got)
          {
            "a": 1,
            "b": [
        -     2
        +     3
            ]
          }
      it was denied:
        error b /b: not b

policy.test.ts
  ✗ thrown
      first line
      second line
      at policy.test.ts:1:2

cases/b.yaml
  ? the file as a whole  cases/b.yaml:1
      no YAML [document.malformed]

rule   fired  in
b          1  a.yaml:9
never      0
stray      1  p.test.ts "thrown"  (not in the manifest)
never fired: never

1 passed, 2 failed, 1 could not tell
`,
  );
});

test("formatText() names a few tests of a rule and counts the others", () => {
  const firedIn = [1, 2, 3, 4, 5].map((line) => ({ file: "cases/a.yaml", line, name: "x" }));
  const text = formatText(
    { ...reportOf(result()), rules: [{ id: "r", title: "R", firedIn }] },
    PLAIN,
  );
  assert.match(text, "r         5  a.yaml:1, a.yaml:2, a.yaml:3, and 2 more\n");
});

test("formatText() has colours only where they are wanted", () => {
  // deno-lint-ignore no-control-regex
  const colour = /\u001b\[/;
  assert.not.match(formatText(sampleReport(), PLAIN), colour);
  assert.match(formatText(sampleReport(), { color: true }), colour);
});

for (const [what, text] of Object.entries(HOSTILE_TEXTS)) {
  test(`formatText() shows ${what} as text`, () => {
    const shown = formatText(hostileReport(text), PLAIN);
    for (const line of shown.split("\n")) assert.not.match(line, ACTING);
    assert.not.match(shown, RUNNER_COMMAND);
  });
}

test.run();

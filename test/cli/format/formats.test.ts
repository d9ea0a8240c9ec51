import * as assert from "uvu/assert";
import { FORMAT_NAMES, FORMATS } from "../../../src/cli/format/formats.ts";
import { ACTING, HOSTILE_TEXTS, RUNNER_COMMAND } from "./hostile-text.ts";
import { emptyReport, hostileReport, PLAIN, sampleReport } from "./sample-report.ts";
import { suite } from "../../support/suite.ts";

const test = suite("cli/format/formats");

test("FORMATS has exactly the formats of FORMAT_NAMES", () => {
  assert.equal(Object.keys(FORMATS).sort(), [...FORMAT_NAMES].sort());
});

for (const name of FORMAT_NAMES) {
  const format = await FORMATS[name]();

  test(`${name} renders the same report to the same text, which ends with one line feed`, () => {
    for (const report of [sampleReport, emptyReport]) {
      const text = format(report(), PLAIN);
      assert.is(text, format(report(), PLAIN));
      assert.match(text, /[^\n]\n$/);
    }
  });

  test(`${name} does not change the report it renders`, () => {
    const report = sampleReport();
    format(report, PLAIN);
    assert.equal(report, sampleReport());
  });

  for (const [what, hostile] of Object.entries(HOSTILE_TEXTS)) {
    test(`${name} lets no ${what} act on the terminal or the CI runner`, () => {
      const text = format(hostileReport(hostile), PLAIN);
      assert.not.match(text, ACTING);
      // GitHub's own commands are the point of that format; its test looks at each of them.
      assert.not.match(name === "github" ? text.replace(/^::/gm, "") : text, RUNNER_COMMAND);
    });

    test(`${name} keeps its number of lines whatever ${what} does`, () => {
      const lines = (text: string) => format(hostileReport(text), PLAIN).split("\n").length;
      assert.is(lines(hostile), lines("harmless"));
    });
  }
}

test.run();

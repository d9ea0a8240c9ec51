import * as assert from "uvu/assert";
import { parse } from "yaml";
import { formatTap } from "../../../src/cli/test-format/tap.ts";
import { ACTING, HOSTILE_TEXTS } from "../format/hostile-text.ts";
import { hostileReport, sampleReport } from "./sample-report.ts";
import { suite } from "../../support/suite.ts";

const test = suite("cli/test-format/tap");

/** Reads TAP 14 strictly: whether each point is ok, with its YAML block. */
function parseTap(text: string): [boolean, unknown][] {
  const lines = text.trimEnd().split("\n");
  assert.is(lines.shift(), "TAP version 14");
  const plan = Number(/^1\.\.(\d+)$/.exec(lines.shift()!)?.[1]);
  const points: [boolean, unknown][] = [];
  while (lines.length > 0) {
    const line = lines.shift()!;
    if (line.startsWith("# ")) continue;
    const match = /^(ok|not ok) (\d+) - (?:[^#\\]|\\[#\\])*$/.exec(line);
    assert.ok(match, `not a line of TAP: ${line}`);
    assert.is(Number(match[2]), points.length + 1);
    const end = lines.indexOf("  ...");
    const block = lines[0] === "  ---" ? lines.splice(0, end + 1).slice(1, -1) : [];
    points.push([match[1] === "ok", parse(block.join("\n"))]);
  }
  assert.is(points.length, plan);
  return points;
}

test("formatTap() has a point for each test, with what differs", () => {
  const text = formatTap(sampleReport(), { color: false });
  const points = parseTap(text);
  assert.equal(points.map(([ok]) => ok), [true, false, false, false]);
  assert.equal(points[1]![1], {
    file: "cases/a.yaml",
    line: 9,
    differences: [
      { what: "allowed", expected: true, actual: false },
      { what: "rules", expected: ["a", "b"], actual: ["b", "c"] },
      { what: "answer", expected: { a: 1, b: [2] }, actual: { a: 1, b: [3] } },
    ],
  });
  assert.equal(points[2]![1], {
    file: "policy.test.ts",
    error: { message: "first line\nsecond line", stack: "at policy.test.ts:1:2" },
  });
  assert.match(text, "\n# never fired: never\n# 1 passed, 2 failed, 1 could not tell\n");
});

for (const [what, text] of Object.entries(HOSTILE_TEXTS)) {
  test(`formatTap() keeps ${what} inside of its point`, () => {
    const shown = formatTap(hostileReport(text), { color: false });
    for (const line of shown.split("\n")) assert.not.match(line, ACTING);
    assert.equal(parseTap(shown).map(([ok]) => ok), [true, false, false]);
  });
}

test.run();

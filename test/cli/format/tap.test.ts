import * as assert from "uvu/assert";
import { parse } from "yaml";
import { escapeTap, formatTap, quoteYaml } from "../../../src/cli/format/tap.ts";
import { visible, visibleProse } from "../../../src/cli/format/visible.ts";
import { HOSTILE_TEXTS } from "./hostile-text.ts";
import { emptyReport, hostileReport, PLAIN, sampleReport } from "./sample-report.ts";
import { suite } from "../../support/suite.ts";

const test = suite("cli/format/tap");

interface TestPoint {
  readonly ok: boolean;
  readonly id: number;
  readonly description: string;
  readonly directive: string;
  // deno-lint-ignore no-explicit-any
  readonly diagnostics: any;
}

/** Reads TAP 14 strictly: a line that is none of the protocol's own fails. */
function parseTap(text: string): { plan: number; points: TestPoint[] } {
  const lines = text.trimEnd().split("\n");
  assert.is(lines.shift(), "TAP version 14");
  const plan = Number(/^1\.\.(\d+)$/.exec(lines.shift() ?? "")?.[1]);
  const points: TestPoint[] = [];
  while (lines.length > 0) {
    const line = lines.shift() ?? "";
    if (line.startsWith("# ")) continue;
    const match = /^(ok|not ok) (\d+) - ((?:[^#\\]|\\[#\\])*)(?: # (\w+)(?: .*)?)?$/.exec(line);
    assert.ok(match, `not a line of TAP: ${line}`);
    let diagnostics = null;
    if (lines[0] === "  ---") {
      const end = lines.indexOf("  ...");
      diagnostics = parse(lines.splice(0, end + 1).slice(1, -1).join("\n"));
    }
    points.push({
      ok: match[1] === "ok",
      id: Number(match[2]),
      description: (match[3] ?? "").trimEnd().replace(/\\([#\\])/g, "$1"),
      directive: match[4] ?? "",
      diagnostics,
    });
  }
  return { plan, points };
}

test("formatTap() numbers one test point for each result, ok only where it is allowed", () => {
  const { results } = sampleReport();
  const { plan, points } = parseTap(formatTap(sampleReport(), PLAIN));
  assert.is(plan, results.length);
  assert.equal(points.map((point) => point.id), results.map((_, index) => index + 1));
  assert.equal(points.map((point) => point.ok), results.map((r) => r.allowed === true));
  assert.is(points[1]?.description, "k8s/service.yaml Service/shop/web (image-policy)");
  assert.is(points[8]?.description, "Dockerfile (image-policy)");
  assert.is(points[9]?.description, "k8s/broken.yaml");
});

test("formatTap() marks as skipped only what is allowed because of waivers", () => {
  const text = formatTap(sampleReport(), PLAIN);
  const { points } = parseTap(text);
  assert.equal(
    points.flatMap((point) => point.directive === "" ? [] : [[point.id, point.directive]]),
    [[8, "SKIP"]],
  );
  assert.match(text, "# SKIP privileged is waived until 2027-01-31: The agent reads");
});

test("formatTap() says in YAML what there is to say", () => {
  const { points } = parseTap(formatTap(sampleReport(), PLAIN));
  assert.is(points[0]?.diagnostics, null);
  assert.equal(points[3]?.diagnostics.reasons, sampleReport().results[3]?.reasons);
  assert.equal(points[9]?.diagnostics.error, sampleReport().results[9]?.error);
});

test("formatTap() plans nothing for a report without results", () => {
  assert.is(
    formatTap(emptyReport(), PLAIN),
    "TAP version 14\n1..0\n# 0 allowed, 0 denied, 0 could not tell\n",
  );
});

test("escapeTap() leaves no unescaped hash", () => {
  assert.is(escapeTap("a # TODO \\# b"), "a \\# TODO \\\\\\# b");
});

for (const [what, text] of Object.entries(HOSTILE_TEXTS)) {
  test(`formatTap() keeps ${what} inside its test points`, () => {
    const { plan, points } = parseTap(formatTap(hostileReport(text), PLAIN));
    assert.is(plan, 5);
    assert.equal(points.map((point) => point.ok), [false, true, true, false, false]);
    assert.equal(points.map((point) => point.directive), ["", "SKIP", "", "", ""]);
    const [reason] = points[0]?.diagnostics.reasons;
    assert.is(reason.rule, visible(text));
    assert.is(reason.message, visibleProse(text));
    assert.is(points[4]?.diagnostics.error.code, visible(text));
  });

  test(`quoteYaml() makes ${what} one plain line that YAML reads back`, () => {
    assert.is(parse(quoteYaml(text)), visible(text));
    assert.not.match(quoteYaml(text), /\n/);
  });
}

test.run();

import * as assert from "uvu/assert";
import {
  escapeGithubMessage,
  escapeGithubProperty,
  formatGithub,
} from "../../../src/cli/format/github.ts";
import { HOSTILE_TEXTS } from "./hostile-text.ts";
import {
  emptyReport,
  hostileReport,
  PLAIN,
  reason,
  reportOf,
  result,
  sampleReport,
} from "./sample-report.ts";
import { suite } from "../../support/suite.ts";

const test = suite("cli/format/github");

interface Command {
  readonly name: string;
  readonly properties: Readonly<Record<string, string>>;
  readonly message: string;
}

/** Reads a line as GitHub's runner does. */
function parseCommand(line: string): Command | undefined {
  const match = /^::([^ :]+)(?: (.*?))?::(.*)$/s.exec(line);
  if (match === null) return undefined;
  const decode = (text: string) =>
    text.replaceAll("%0D", "\r").replaceAll("%0A", "\n").replaceAll("%3A", ":")
      .replaceAll("%2C", ",").replaceAll("%25", "%");
  const properties = Object.fromEntries(
    (match[2] ?? "").split(",").map((pair) => {
      const [key = "", ...value] = pair.split("=");
      return [key, decode(value.join("="))];
    }),
  );
  return { name: match[1] ?? "", properties, message: decode(match[3] ?? "") };
}

test("formatGithub() writes one command for each reason and error, and the totals", () => {
  const lines = formatGithub(sampleReport(), PLAIN).trimEnd().split("\n");
  const commands = lines.map(parseCommand);
  assert.equal(commands.map((command) => command?.name), [
    "error",
    "warning",
    "notice",
    "error",
    "notice",
    "notice",
    "error",
    "error",
    undefined,
  ]);
  assert.equal(commands[0], {
    name: "error",
    properties: {
      file: "k8s/web.yaml",
      line: "21",
      col: "18",
      title: "image-policy: image-tag",
    },
    message: 'Image "nginx" has no tag.\n' +
      "Help: Name a version; `latest` is another image tomorrow.",
  });
  assert.match(commands[2]?.message ?? "", "Waived until 2027-01-31: The agent reads");
  assert.equal(commands[4]?.properties, {
    file: "k8s/web.yaml",
    title: "label-policy: cost-centre",
  });
  assert.equal(commands[7]?.properties, {
    file: "k8s/broken.yaml",
    line: "9",
    col: "5",
    title: "document.duplicate-key",
  });
  assert.is(lines.at(-1), "6 allowed, 2 denied, 2 could not tell");
});

test("formatGithub() names files as the repository does, and one plugin not at all", () => {
  const results = [
    result({ input: "./k8s/a.yaml", allowed: false, reasons: [reason("x", "y")] }),
  ];
  const report = { ...reportOf(results), plugins: reportOf(results).plugins.slice(0, 1) };
  assert.is(
    formatGithub(report, PLAIN),
    "::error file=k8s/a.yaml,title=x::y\n0 allowed, 1 denied, 0 could not tell\n",
  );
});

test("formatGithub() renders a report without results", () => {
  assert.is(formatGithub(emptyReport(), PLAIN), "0 allowed, 0 denied, 0 could not tell\n");
});

test("escapeGithubProperty() escapes what a message need not", () => {
  assert.is(escapeGithubProperty("a:b,c%d\ne"), "a%3Ab%2Cc%25d\\ne");
  assert.is(escapeGithubMessage(["a:b,c%d", "e"]), "a:b,c%25d%0Ae");
  assert.is(escapeGithubMessage(["a%0A::error::b"]), "a%250A::error::b");
});

for (const [what, text] of Object.entries(HOSTILE_TEXTS)) {
  test(`formatGithub() keeps ${what} inside its command`, () => {
    const lines = formatGithub(hostileReport(text), PLAIN).trimEnd().split("\n");
    assert.is(lines.length, 5);
    const commands = lines.slice(0, 4).map(parseCommand);
    assert.equal(commands.map((command) => command?.name), ["error", "notice", "error", "error"]);
    for (const command of commands) {
      assert.equal(Object.keys(command?.properties ?? {}), ["file", "line", "col", "title"]);
      assert.is(command?.properties.line, "1");
    }
  });
}

test("formatGithub() shows a warning that denies as an error", () => {
  const reasons = [
    reason("old", "Old.", { severity: "warning", denies: true }),
    reason("new", "New.", { severity: "warning", denies: false }),
  ];
  const lines = formatGithub(reportOf([result({ input: "a", allowed: false, reasons })]), PLAIN)
    .split("\n");
  assert.equal(lines.slice(0, 2).map((line) => parseCommand(line)?.name), ["error", "warning"]);
});

test.run();

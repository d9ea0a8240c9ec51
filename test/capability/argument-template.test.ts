import * as assert from "uvu/assert";
import {
  type ArgumentTemplate,
  compileArguments,
  type Hole,
  type HoleType,
  type HoleValues,
} from "../../src/capability/argument-template.ts";
import { LIMITS } from "../../src/limits.ts";
import { PluginError } from "../../src/plugin-error.ts";
import { suite } from "../support/suite.ts";

const test = suite("argument-template");

const fill = (templates: readonly ArgumentTemplate[], values: HoleValues) =>
  compileArguments('command "c"', templates)(values);

function refused(code: string, action: () => unknown, wanted: RegExp = /./): void {
  try {
    action();
  } catch (error) {
    assert.is((error as PluginError).code, code, (error as Error).message);
    assert.match((error as Error).message, wanted);
    return;
  }
  assert.unreachable("it was not refused");
}

const ANY: Hole = { hole: "x", type: "pattern", pattern: "[^]*" };

test("compileArguments() fills holes in their places", () => {
  const args = fill([
    "link",
    { hole: "name", type: "name" },
    { hole: "mtu", type: "integer", min: 68, max: 9_000, prefix: "--mtu=" },
    { hole: "state", type: "enum", values: ["up", "down"] },
    { hole: "address", type: "address" },
    { hole: "tag", type: "pattern", pattern: "^[a-z]+$" },
    "-v",
  ], { name: "veth0", mtu: 1500, state: "up", address: "10.0.0.1/8", tag: "blue" });
  assert.equal(args, ["link", "veth0", "--mtu=1500", "up", "10.0.0.1/8", "blue", "-v"]);
});

test("compileArguments() takes a value as it is, in one argument", () => {
  for (const value of ["a b", "$(id)", "`id`", "a;b|c&d", "'\"\\", "*", "~", "é…", "a=b", ""]) {
    assert.equal(fill([ANY], { x: value }), [value]);
  }
});

test("compileArguments() refuses what could be an option or end a line", () => {
  const bad = ["-", "--", "-rf", "--output=x", "a\0b", "\0", "a\nb", "a\n", "\n-x", "\r", "\t"];
  bad.push("\x1b[31m", "\x7f", "\x85", "\u2028", "\u2029", "\ud800");
  for (const value of bad) {
    refused("capability.invalid", () => fill([ANY], { x: value }));
  }
});

test("compileArguments() lets a dash stand behind a prefix, and nothing else", () => {
  const behind: Hole = { ...ANY, prefix: "--offset=" };
  assert.equal(fill([behind], { x: "-5" }), ["--offset=-5"]);
  for (const value of ["\n", "a\0", "x\r"]) {
    refused("capability.invalid", () => fill([behind], { x: value }));
  }
});

const MATCHES: [
  type: HoleType & { prefix?: string },
  good: (string | number)[],
  bad: (string | number)[],
][] = [
  [{ type: "pattern", pattern: "b" }, ["b"], ["ab", "bc", "", "b\n", 1]],
  [{ type: "pattern", pattern: "a|b" }, ["a", "b"], ["ax", "xb", "ab"]],
  [{ type: "pattern", pattern: "^a$|^b$" }, ["a", "b"], ["ab", "ax"]],
  [
    { type: "integer", min: -1, max: 10, prefix: "n" },
    [-1, 0, "0", 10, "10", "-1"],
    [11, -2, 1.5, "1.0", "01", "+1", "1e1", "0x1", " 1", "", "-0", "a", "١", 1e21],
  ],
  [{ type: "enum", values: ["a", "b"] }, ["a", "b"], ["c", "", "A", "toString", "a,b"]],
  [{ type: "address" }, ["::1", "10.0.0.1"], ["localhost", "10.0.0.1;", ""]],
  [{ type: "name" }, ["a", "0a", "A.b_c-d"], ["", ".", "..", ".a", "_a", "a/b", "a b", "é"]],
];
for (const [type, good, bad] of MATCHES) {
  test(`compileArguments() matches ${JSON.stringify(type)} whole`, () => {
    const hole: Hole = { ...type, hole: "x" };
    const { prefix = "" } = hole;
    for (const value of good) assert.equal(fill([hole], { x: value }), [`${prefix}${value}`]);
    for (const value of bad) {
      refused("capability.invalid", () => fill([hole], { x: value }), /the value of "x"/);
    }
  });
}

test("compileArguments() bounds the length before it runs a pattern", () => {
  const slow: Hole = { hole: "x", type: "pattern", pattern: "(a|a)*b" };
  refused("capability.invalid", () => fill([slow], { x: "a".repeat(100_000) }), /longer than/);
  assert.equal(fill([ANY], { x: "a".repeat(LIMITS.argumentLength) })[0]!.length, 256);
});

test("compileArguments() wants each hole once and no other", () => {
  refused("capability.invalid", () => fill([ANY], {}), /"x" needs a value/);
  refused("capability.invalid", () => fill([ANY], { x: "a", y: "b" }), /no hole "y"/);
  refused("capability.invalid", () => fill(["a"], { "y\n\u202e": "b" }), /no hole "y \\u\{202e\}"/);
  const own: Hole = { hole: "toString", type: "name" };
  refused("capability.invalid", () => fill([own], {}), /needs a value/);
});

test("compileArguments() refuses templates that cannot be meant", () => {
  const cases: [ArgumentTemplate[], RegExp][] = [
    [["a\0"], /NUL/],
    [[ANY, ANY], /twice/],
    [[{ ...ANY, prefix: "--" }], /dashes alone/],
    [[{ ...ANY, prefix: "a\n" }], /line break/],
    [[{ hole: "x", type: "pattern", pattern: "(" }], /no valid pattern/],
    [[{ hole: "x", type: "pattern", pattern: "a)|(?:b" }], /no valid pattern/],
    [[{ hole: "x", type: "integer", min: 2, max: 1 }], /min above/],
    [[{ hole: "x", type: "integer", min: -2, max: 1 }], /prefix or a min of 0/],
    [[{ hole: "x", type: "enum", values: ["-a"] }], /begins with "-"/],
    [[{ hole: "x", type: "enum", values: ["a\n"] }], /control character/],
  ];
  for (const [templates, wanted] of cases) {
    refused("config.invalid", () => compileArguments('command "c"', templates), wanted);
  }
});

test.run();

import * as assert from "uvu/assert";
import { PluginError } from "../../src/plugin-error.ts";
import { readCases } from "../../src/testing/read-cases.ts";
import { suite } from "../support/suite.ts";

const test = suite("read-cases");

const read = (text: string, name = "cases/a.yaml") =>
  readCases(new TextEncoder().encode(text), name);

test("readCases() reads a list, with the line of each case", async () => {
  const cases = await read(`# a comment
- name: one
  object: {}
  expect: { allowed: true }

- name: two
  kind: kubernetes
  input: |
    kind: Pod
  file: pod.yaml
  expect: { rules: [], paths: [null], messages: [a], severities: [info] }
`);
  assert.equal(cases.map(({ name, line, from }) => [name, line, from]), [
    ["one", 2, "cases/a.yaml"],
    ["two", 6, "cases/a.yaml"],
  ]);
  assert.equal(cases[1]!.input, "kind: Pod\n");
});

test("readCases() puts in what a file says for all of its cases", async () => {
  const cases = await read(`
kind: json
settings: { a: 1 }
now: 2026-01-31T12:00:00Z
host: { state: { k: v } }
cases:
  - { name: as the file says, object: 1, expect: { allowed: true } }
  - { name: as it says itself, kind: yaml, settings: {}, host: {}, object: 1, expect: { allowed: true } }
  - { name: a call, call: volume_list, expect: { answer: null } }
`);
  assert.equal(
    cases.map(({ kind, settings, now, host }) => [kind, settings, now, host]),
    [
      ["json", { a: 1 }, "2026-01-31T12:00:00Z", { state: { k: "v" } }],
      ["yaml", {}, "2026-01-31T12:00:00Z", {}],
      [undefined, { a: 1 }, "2026-01-31T12:00:00Z", { state: { k: "v" } }],
    ],
  );
});

test("readCases() keeps members of every name", async () => {
  const fields = '"constructor": 1, "prototype": 2, "__proto__": 3';
  const text =
    `[{ "name": "n", "call": "volume_get", "request": { ${fields} }, "expect": { "answer": 1 } }]`;
  const [item] = await read(text, "a.json");
  assert.equal(Object.entries(item!.request!), [
    ["constructor", 1],
    ["prototype", 2],
    ["__proto__", 3],
  ]);
});

test("readCases() finds no cases where there is no text", async () => {
  assert.equal(await read("# none yet\n"), []);
});

const CASE = (fields: string) =>
  `- { name: first, object: 1, expect: { allowed: true } }\n- ${fields}`;

/** A file, the code that it gets, and what the message has to say. */
const BAD: readonly (readonly [string, string, string, RegExp])[] = [
  ["no YAML", "- [", "document.malformed", /"cases\/a\.yaml", line 1: /],
  ["a key twice", "- {name: a,\n   name: b}", "document.duplicate-key", /line 2: /],
  [
    "an alias bomb",
    `a: &a [${"1,".repeat(99)}1]\nb: &b [${"*a,".repeat(99)}*a]\nc: [${"*b,".repeat(99)}*b]`,
    "document.too-many-aliases",
    /line \d+: /,
  ],
  ["deep nesting", `${"[".repeat(1_000)}${"]".repeat(1_000)}`, "document.too-deep", /line 1: /],
  ["a text", "just text", "test.case-invalid", /line 1: /],
  ["a mapping without cases", "kind: json", "test.case-invalid", /"cases": it is missing/],
  ["an unknown field of the file", "case: []\ncases: []", "test.case-invalid", /line 1: "case"/],
  [
    "no name",
    CASE("{ object: 1 }"),
    "test.case-invalid",
    /line 2, case "number 2": "name": it is miss/,
  ],
  ["no expectation", CASE("{ name: n, object: 1 }"), "test.case-invalid", /case "n": "expect"/],
  ["an empty one", CASE("{ name: n, object: 1, expect: {} }"), "test.case-invalid", /cannot fail/],
  [
    "an unknown field",
    CASE("{ name: n, object: 1, expect: { alowed: true } }"),
    "test.case-invalid",
    /line 2, case "n": "expect\.alowed": there is no such field/,
  ],
  [
    "no question",
    CASE("{ name: n, expect: { allowed: true } }"),
    "test.case-invalid",
    /wanted one of/,
  ],
  [
    "two questions",
    CASE("{ name: n, object: 1, input: a, expect: { allowed: true } }"),
    "test.case-invalid",
    /wanted one of/,
  ],
  [
    "a file beside an object",
    CASE("{ name: n, object: 1, file: a, expect: { allowed: true } }"),
    "test.case-invalid",
    /are about a text/,
  ],
  [
    "a request without a call",
    CASE("{ name: n, object: 1, request: {}, expect: { allowed: true } }"),
    "test.case-invalid",
    /belongs to a "call"/,
  ],
  [
    "a verdict of a call",
    CASE("{ name: n, call: volume_list, expect: { allowed: true } }"),
    "test.case-invalid",
    /not a verdict/,
  ],
  [
    "an answer of a question",
    CASE("{ name: n, object: 1, expect: { answer: 1 } }"),
    "test.case-invalid",
    /belongs to a "call"/,
  ],
  [
    "a document in a call",
    CASE("{ name: n, call: volume_list, kind: json, expect: { answer: 1 } }"),
    "test.case-invalid",
    /nothing of a question/,
  ],
  [
    "a name that a schema would drop",
    CASE("{ name: n, object: 1, host: { state: { constructor: a } }, expect: { allowed: true } }"),
    "test.case-invalid",
    /"host\.state": .*none of "__proto__"/,
  ],
  [
    "an error and a verdict",
    CASE("{ name: n, object: 1, expect: { allowed: true, error: sandbox.fuel } }"),
    "test.case-invalid",
    /with an "error" or with a result/,
  ],
  [
    "an unknown code",
    CASE("{ name: n, object: 1, expect: { error: sandbox.feul } }"),
    "test.case-invalid",
    /"expect\.error"/,
  ],
  [
    "an unknown kind",
    CASE("{ name: n, kind: jsom, object: 1, expect: { allowed: true } }"),
    "test.case-invalid",
    /"kind"/,
  ],
  [
    "a time that is none",
    CASE("{ name: n, object: 1, now: today, expect: { allowed: true } }"),
    "test.case-invalid",
    /"now": wanted 2026/,
  ],
  [
    "a name twice",
    CASE("{ name: first, object: 1, expect: { allowed: true } }"),
    "test.case-invalid",
    /line 2, case "first": line 1 has a case of this name/,
  ],
];

for (const [what, text, code, message] of BAD) {
  test(`readCases() refuses ${what}`, async () => {
    const error = await read(text).then(() => undefined, (thrown) => thrown);
    assert.instance(error, PluginError);
    assert.is((error as PluginError).code, code);
    assert.match(
      (error as PluginError).message,
      /^Cannot read the cases of "cases\/a\.yaml", line/,
    );
    assert.match((error as PluginError).message, message);
  });
}

test.run();

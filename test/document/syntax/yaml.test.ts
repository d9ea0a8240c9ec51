import * as assert from "uvu/assert";
import { parseYaml } from "../../../src/document/syntax/yaml.ts";
import { suite } from "../../support/suite.ts";
import { failure, placeIn, SMALL, sourceOf } from "../read.ts";

const test = suite("document/syntax/yaml");

const parse = (text: string) => parseYaml(sourceOf(text), SMALL).map((tree) => tree.value);

for (
  const [name, text, values] of [
    ["scalars of the core schema", "[null, ~, true, False, 1, -1.5, 0x1F, 0o17, 1e3, a]", [[
      null,
      null,
      true,
      false,
      1,
      -1.5,
      31,
      15,
      1000,
      "a",
    ]]],
    ["what YAML 1.1 reads otherwise", "[yes, off, y, 0777, 1_000, 0b1, 1:30, 2001-01-01]", [[
      "yes",
      "off",
      "y",
      777,
      "1_000",
      "0b1",
      "1:30",
      "2001-01-01",
    ]]],
    ["quoted scalars as text", `["1", 'true', "\\u0041", '']`, [["1", "true", "A", ""]]],
    ["block scalars", "a: |\n  x\n  y\nb: >-\n  x\n  y\n", [{ a: "x\ny\n", b: "x y" }]],
    ["integers unrounded", "[12345678901234567890, 0xFFFFFFFFFFFFFFFF, 1e20]", [[
      "12345678901234567890",
      "18446744073709551615",
      "100000000000000000000",
    ]]],
    ["core tags", "[!!str yes, !!int 12345678901234567890, !!float 1, !!null ~, ! 1]", [[
      "yes",
      "12345678901234567890",
      1,
      null,
      "1",
    ]]],
    ["keys as JSON has them", "1: a\ntrue: b\n0x10: c\n1.50: d\n", [
      { "1": "a", "16": "c", "true": "b", "1.5": "d" },
    ]],
    ["aliases", "a: &x {b: 1}\nc: *x\nd: [*x]\n", [{ a: { b: 1 }, c: { b: 1 }, d: [{ b: 1 }] }]],
    ["an anchor that is set again", "[&x 1, *x, &x 2, *x]", [[1, 1, 2, 2]]],
    ["an alias for a key", "&k a: 1\nb: {*k : 2}\n", [{ a: 1, b: { a: 2 } }]],
    ["a merge", "x: &x {a: 1, b: 1}\ny:\n  <<: *x\n  b: 2\n", [
      { x: { a: 1, b: 1 }, y: { a: 1, b: 2 } },
    ]],
    ["a merge of several, the first wins", "y:\n  <<: [{a: 1}, {a: 2, b: 2}]\n", [
      { y: { a: 1, b: 2 } },
    ]],
    ["a merge within a merge", "x: &x {a: 1}\ny: &y {<<: *x, b: 2}\nz: {<<: *y}\n", [
      { x: { a: 1 }, y: { a: 1, b: 2 }, z: { a: 1, b: 2 } },
    ]],
    ["a quoted << as a key", '"<<": 1\n', [{ "<<": 1 }]],
    ["templates as text", "a: (( values.x ))\n<<<: (( &temporary ))\nb: ${X:-y}\n", [
      { a: "(( values.x ))", "<<<": "(( &temporary ))", b: "${X:-y}" },
    ]],
    [
      "documents, without those that are empty",
      "a: 1\n---\n# nothing\n---\n--- null\n---\nb\n...\n",
      [
        { a: 1 },
        null,
        "b",
      ],
    ],
    ["directives", "%YAML 1.2\n%TAG !e! tag:yaml.org,2002:\n---\n!e!str 1\n", ["1"]],
    ["nothing from comments", "# a\n\n# b\n", []],
    ["CR LF", "a:\r\n- b\r\n- |\r\n  x\r\n", [{ a: ["b", "x\n"] }]],
    ["an empty value", "a:\nb: ''\n", [{ a: null, b: "" }]],
  ] as const
) {
  test(`parseYaml() reads ${name}`, () => assert.equal(parse(text), values));
}

test("parseYaml() keeps __proto__ an ordinary member", () => {
  const [value] = parse("__proto__: {a: 1}\nx: {<<: {__proto__: 2}}\n");
  assert.is(Object.getPrototypeOf(value), Object.prototype);
  assert.is(JSON.stringify(value), '{"__proto__":{"a":1},"x":{"__proto__":2}}');
});

for (
  const [name, text, wanted] of [
    ["a duplicate key", "a: 1\nb: 2\na: 3\n", "document.duplicate-key 3:1"],
    ["keys that are one in JSON", '1: a\n"1": b\n', "document.duplicate-key 2:1"],
    ["keys that are one number", "1: a\n0x1: b\n", "document.duplicate-key 2:1"],
    ["a second merge", "<<: {a: 1}\n<<: {b: 2}\n", "document.duplicate-key 2:1"],
    ["a merge of text", "a:\n  <<: (( merge ))\n", "document.malformed 2:3"],
    ["a merge of nothing", "<<:\n", "document.malformed 1:1"],
    ["a list for a key", "? [a]\n: b\n", "document.malformed 1:3"],
    ["null for a key", "~: b\n", "document.malformed 1:1"],
    ["a tag of the user's", "a: !foo b\n", "document.malformed 1:9"],
    ["a tag for a list", "!foo [a]\n", "document.malformed 1:6"],
    ["binary data", "!!binary aGk=\n", "document.malformed 1:10"],
    ["a set", "!!set {a, b}\n", "document.malformed 1:7"],
    ["a scalar that its tag denies", "!!int x\n", "document.malformed 1:7"],
    ["a map that is tagged a list", "!!seq {a: b}\n", "document.malformed 1:7"],
    ["infinity", "a: -.INF\n", "document.number-overflow 1:4"],
    ["not a number", "a: .nan\n", "document.number-overflow 1:4"],
    ["a number that overflows", "a: 1e400\n", "document.number-overflow 1:4"],
    ["half of a surrogate pair", 'a: "\\ud800"\n', "document.encoding 1:4"],
    ["an alias of nothing", "a: *x\n", "document.malformed 1:4"],
    ["an alias before its anchor", "[*x, &x 1]\n", "document.malformed 1:2"],
    ["an alias across documents", "&x a\n---\n*x\n", "document.malformed 3:1"],
    ["an alias within itself", "&x [*x]\n", "document.malformed 1:5"],
    ["a quote without an end", "a: 'b\n", "document.malformed 2:1"],
    ["a tab for an indent", "a:\n\tb: c\n", "document.malformed 2:1"],
    ["too much nesting", "a: [[[[[1]]]]]\n", "document.too-deep 1:8"],
    ["nesting by aliases", "- &a [[1]]\n- &b [[*a]]\n- [*b]\n", "document.too-deep 3:4"],
    [
      "what YAML 1.1 reads otherwise, where it claims to be that",
      "%YAML 1.1\n---\na: yes\n",
      "document.malformed 3:4",
    ],
    ["a lone CR", "a: 1 # x\rb: 2\n", "document.malformed 1:9"],
    ["NEL", "a: 1\n# x\u0085b: 2\n", "document.malformed 2:4"],
    ["LINE SEPARATOR in a comment", "a: 1\n# x\u2028b: 2\n", "document.malformed 2:4"],
    ["PARAGRAPH SEPARATOR in quotes", 'a: "\u2029"\n', "document.malformed 1:5"],
    ["a byte-order mark at a later line", "a: 1\n\uFEFFb: 2\n", "document.malformed 2:1"],
    ["base 60 in YAML 1.1", "%YAML 1.1\n---\na: 1:30\n", "document.malformed 3:4"],
  ] as const
) {
  test(`parseYaml() refuses ${name}`, async () => {
    assert.is(await failure(() => parse(text), /^Parsing YAML failed: /), wanted);
  });
}

for (
  const [name, text] of [
    ["flow lists", "[".repeat(100_000)],
    ["flow maps", "{a: ".repeat(100_000)],
    ["block lists", "- ".repeat(100_000)],
    ["explicit keys", "? ".repeat(20_000)],
  ] as const
) {
  test(`parseYaml() refuses 20,000 ${name} and more without recursing into them`, async () => {
    assert.match(await failure(() => parse(text)), /^document\.too-deep 1:\d+$/);
  });
}

test("parseYaml() refuses an alias bomb before it goes off", async () => {
  let text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (let i = 1; i < 30; i++) {
    text += `a${i}: &a${i} [${Array(10).fill(`*a${i - 1}`).join(", ")}]\n`;
  }
  const limits = { depth: 200, aliasedNodes: 100_000 };
  const started = performance.now();
  assert.match(
    await failure(() => parseYaml(sourceOf(text), limits)),
    /^document\.too-many-aliases \d+:\d+$/,
  );
  assert.ok(performance.now() - started < 2_000);
});

test("parseYaml() counts what aliases stand for, in each document by itself", async () => {
  const ten = "- &x [1, 2, 3, 4, 5, 6, 7, 8, 9]\n";
  assert.is(parse(`${ten}- *x\n- *x\n---\n${ten}- *x\n`).length, 2);
  assert.is(
    await failure(() => parse(`${ten}- *x\n- *x\n- *x\n`)),
    "document.too-many-aliases 4:3",
  );
});

test("parseYaml() weighs the text that aliases stand for", async () => {
  const limits = { depth: 10, aliasedNodes: 100_000 };
  const list = (count: number) => `- &x ${"x".repeat(1_000_000)}\n${"- *x\n".repeat(count)}`;
  assert.is(parseYaml(sourceOf(list(16)), limits).length, 1);
  assert.is(
    await failure(() => parseYaml(sourceOf(list(300)), limits), /characters of text/),
    "document.too-many-aliases 18:3",
  );
});

test("parseYaml() bounds the lines of directives", async () => {
  assert.is(await failure(() => parse("%A\n".repeat(10_001))), "input.too-large 10001:1");
});

test("parseYaml() reads and locates a document again as Go does", () => {
  const source = sourceOf("on: yes\na:\n  0x10: 0400\n  b: [-_1, !!int 010, ! 1]\n");
  const [tree] = parseYaml(source, SMALL);
  assert.equal(tree!.value, { on: "yes", a: { "16": 400, b: ["-_1", 10, "1"] } });
  const reread = tree!.rereadAsGo!();
  assert.equal(reread.value, { true: true, a: { "16": 256, b: [-1, 8, "1"] } });
  assert.is(placeIn(source, reread, "true"), "1:1");
  assert.is(placeIn(source, reread, "a", "16"), "3:3");
});

test("parseYaml() finds keys that are one to Go alone", async () => {
  const [tree] = parseYaml(sourceOf("true: 1\nyes: 2\n"), SMALL);
  assert.is(await failure(() => tree!.rereadAsGo!()), "document.duplicate-key 2:1");
});

test("parseYaml() notes what Go's readers read otherwise", () => {
  const disputes = (text: string) => parseYaml(sourceOf(text), SMALL)[0]!.disputes;
  assert.equal(disputes("a: true\nb: 8\nc: '0644'\nd: \"yes\"\ne: 007\nf: 0o17\n"), {});
  assert.is(disputes("a: 1\nb: yes\nc: no\n")?.word?.offset, 8);
  assert.is(disputes("{y: 1}\n")?.word?.offset, 1);
  for (const number of ["0644", "0b11", "1_000", "+0x1F", "-010"]) {
    assert.is(disputes(`a: ${number}\n`)?.number?.offset, 3, number);
  }
  assert.match(
    String(disputes("a: {b: 1, <<: {b: 2}}\n")?.mapping?.message),
    /"<<" overrides the key "b"/,
  );
  assert.equal(disputes("a: {<<: {b: 2}, b: 1}\n"), {});
  assert.is(disputes("a: 1\n1e6: b\n")?.mapping?.offset, 5);
  assert.is(disputes("a: .5_0\n")?.["wide-number"]?.offset, 3);
});

const POINTED = sourceOf(
  "# head\na:\r\n  - b: 1\r\n    c: [x, {y: z}]\r\nd: &x {e: f}\r\ng: *x\r\nh:\r\n  <<: *x\r\n  1: 2\r\n",
);

for (
  const [steps, place] of [
    [[], "2:1"],
    [["a"], "2:1"],
    [["a", "0"], "3:5"],
    [["a", "0", "c", "1", "y"], "4:13"],
    [["a", "7"], "2:1"],
    [["d"], "5:1"],
    [["g", "e"], "5:8"],
    [["h", "e"], "5:8"],
    [["h", "1"], "9:3"],
    [["nothing"], "2:1"],
  ] as const
) {
  test(`parseYaml() locates /${steps.join("/")}`, () => {
    const [tree] = parseYaml(POINTED, SMALL);
    assert.is(placeIn(POINTED, tree!, ...steps), place);
  });
}

test.run();

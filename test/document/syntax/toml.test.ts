import * as assert from "uvu/assert";
import { parseToml } from "../../../src/document/syntax/toml.ts";
import { suite } from "../../support/suite.ts";
import { failure, placeIn, SMALL, sourceOf } from "../read.ts";

const test = suite("document/syntax/toml");

const parse = (text: string) => parseToml(sourceOf(text), SMALL)?.value;

for (
  const [name, text, value] of [
    ["tables and dotted keys", 'a.b = 1\n[c."d.e"]\nf = true\n[c]\ng = "x"\n', {
      a: { b: 1 },
      c: { "d.e": { f: true }, g: "x" },
    }],
    ["arrays of tables", "[[a]]\nb=1\n[[a.c]]\nd=2\n[[a]]\n[a.e]\nf=3\n", {
      a: [{ b: 1, c: [{ d: 2 }] }, { e: { f: 3 } }],
    }],
    ["inline values", "a = [1, [2], {b.c = 3}]\n", { a: [1, [2], { b: { c: 3 } }] }],
    ["numbers", "a = 0xFF\nb = 1_000.5\nc = -0.0\nd = 9007199254740993\ne = 1e20\n", {
      a: 255,
      b: 1000.5,
      c: 0,
      d: "9007199254740993",
      e: "100000000000000000000",
    }],
    ["dates as written", "a = 1979-05-27 07:32:00Z\nb = 07:32:00\n", {
      a: "1979-05-27 07:32:00Z",
      b: "07:32:00",
    }],
    [
      "brackets in strings and comments",
      'a="""[[[[[[[["""\nb=\'\'\'{{{{{{{{\'\'\'\nc="\\"[[[[[[[[" #[[[[[[[[\n',
      {
        a: "[[[[[[[[",
        b: "{{{{{{{{",
        c: '"[[[[[[[[',
      },
    ],
    ["nothing from comments", "# a\n", undefined],
  ] as const
) {
  test(`parseToml() reads ${name}`, () => assert.equal(parse(text), value));
}

test("parseToml() keeps __proto__ an ordinary member", () => {
  const value = parse("__proto__.a = 1\n[x.__proto__]\nb = 2\n");
  assert.is(Object.getPrototypeOf(value), Object.prototype);
  assert.is(JSON.stringify(value), '{"__proto__":{"a":1},"x":{"__proto__":{"b":2}}}');
});

for (
  const [name, text, wanted] of [
    ["a duplicate key", "a = 1\na = 2\n", "document.duplicate-key 2:1"],
    ["a duplicate table", "[a]\n[a]\n", "document.duplicate-key 2:2"],
    ["a duplicate in an inline table", "a = {b = 1, b = 2}\n", "document.duplicate-key 1:13"],
    ["infinity", "a = -inf\n", "document.number-overflow 1:5"],
    ["not a number", "a = [nan]\n", "document.number-overflow 1:6"],
    ["a number that overflows", "a = 1e400\n", "document.number-overflow 1:5"],
    ["a leading zero", "a = 01\n", "document.malformed 1:5"],
    ["two pairs on a line", "a = 1 b = 2\n", "document.malformed 1:7"],
    ["half of a surrogate pair", 'a = "\\uD800"\n', "document.malformed 1:11"],
    ["too much nesting", "a = [[[[[1]]]]]\n", "document.too-deep 1:9"],
    ["too many dotted keys", "a.b.c.d.e.f = 1\n", "document.too-deep 1:1"],
    ["100,000 arrays", `a = ${"[".repeat(100_000)}`, "document.too-deep 1:12"],
  ] as const
) {
  test(`parseToml() refuses ${name}`, async () => {
    assert.is(await failure(() => parse(text), /^Parsing TOML failed: /), wanted);
  });
}

test("parseToml() bounds what the library would keep", async () => {
  const text = `a = [\n${"0,".repeat(400_000)}]\n`;
  assert.is(await failure(() => parse(text)), "input.too-large 2:799998");
});

const POINTED = sourceOf("a.b = 1\n[x.y]\nz = {q = 1}\n[[l]]\nm=1\n[[l]]\nm=[2,{n=3}]\n");

for (
  const [steps, place] of [
    [[], "1:1"],
    [["a"], "1:1"],
    [["a", "b"], "1:3"],
    [["x"], "2:2"],
    [["x", "y"], "2:4"],
    [["x", "y", "z", "q"], "3:6"],
    [["l", "1"], "6:3"],
    [["l", "0", "m"], "5:1"],
    [["l", "1", "m", "1", "n"], "7:7"],
    [["x", "nothing"], "2:2"],
  ] as const
) {
  test(`parseToml() locates /${steps.join("/")}`, () => {
    const tree = parseToml(POINTED, SMALL);
    assert.is(placeIn(POINTED, tree!, ...steps), place);
  });
}

for (
  const [name, text] of [
    ["strings that nothing closes", `a = ${'"\\'.repeat(200_000)}`],
    ["long strings that nothing closes", `a = ${('"'.repeat(3) + "\\").repeat(200_000)}`],
    ["literals that nothing closes", `a = ${"'\n".repeat(200_000)}`],
  ] as const
) {
  test(`parseToml() is done with ${name} at once`, async () => {
    const started = performance.now();
    assert.match(await failure(() => parse(text)), /^document\.malformed /);
    assert.ok(performance.now() - started < 2_000);
  });
}

test("parseToml() sees the brackets behind a string that ends in quotes", async () => {
  assert.match(
    await failure(() => parse(`a = ['''x''''', ${"[".repeat(1_000)}`)),
    /^document\.too-deep 1:/,
  );
});

test.run();

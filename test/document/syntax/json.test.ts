import * as assert from "uvu/assert";
import { parseJson, parseJsonLines } from "../../../src/document/syntax/json.ts";
import { suite } from "../../support/suite.ts";
import { failure, placeIn, SMALL, sourceOf } from "../read.ts";

const test = suite("document/syntax/json");

const parse = (text: string) => parseJson(sourceOf(text), SMALL).value;

for (
  const text of [
    '{"a":[1,-2.5,"x\\n\\u0041\\ud83d\\ude00",true,false,null],"b":{}}',
    " \t\r\n[ ]\n",
    '"text"',
    "12",
    "null",
    '{"a":{"a":1},"b":{"a":1}}',
    '["a","a"]',
  ]
) {
  test(`parseJson() reads ${JSON.stringify(text)}`, () => {
    assert.equal(parse(text), JSON.parse(text));
  });
}

for (
  const [literal, value] of [
    ["12345678901234567890", "12345678901234567890"],
    ["-9007199254740993", "-9007199254740993"],
    ["1e20", "100000000000000000000"],
    ["9007199254740991", 9007199254740991],
    ["0.1", 0.1],
  ] as const
) {
  test(`parseJson() hands ${literal} over unrounded`, () => {
    assert.equal(parse(`{"a":[${literal}, ${literal} ]}`), { a: [value, value] });
  });
}

test("parseJson() makes -0 a 0", () => assert.ok(Object.is(parse("-0"), 0)));

test("parseJson() keeps __proto__ an ordinary member", () => {
  const value = parse('{"__proto__":{"a":1}}');
  assert.is(Object.getPrototypeOf(value), Object.prototype);
  assert.is(JSON.stringify(value), '{"__proto__":{"a":1}}');
});

for (
  const [name, text, wanted] of [
    ["a duplicate key", '{"a":1,\n "a":2}', "document.duplicate-key 2:2"],
    ["a duplicate in other spelling", '{"a":1,"\\u0061":2}', "document.duplicate-key 1:8"],
    ["a duplicate deeper down", '[{"b":{"c":1,"c":1}}]', "document.duplicate-key 1:14"],
    ["a duplicate behind another object", '{"a":{"x":1},"a":2}', "document.duplicate-key 1:14"],
    ["a number that overflows", "[1,\n1e400]", "document.number-overflow 2:1"],
    ["half of a surrogate pair", '["\\ud800"]', "document.encoding 1:2"],
    ["a key with half of a pair", '{"\\udc00a":1}', "document.encoding 1:2"],
    ["too much nesting", '[[[[[{"a":1}]]]]]', "document.too-deep 1:6"],
    ["100,000 brackets", "[".repeat(100_000), "document.too-deep 1:6"],
    ["100,000 objects", '{"a":'.repeat(100_000), "document.too-deep 1:26"],
    ["a trailing comma", "[1,]", "document.malformed 1:4"],
    ["a trailing comma in an object", '{"a":1,}', "document.malformed 1:8"],
    ["a comment", "[1] // x", "document.malformed 1:5"],
    ["two values", "{} {}", "document.malformed 1:4"],
    ["single quotes", "{'a':1}", "document.malformed 1:2"],
    ["a bare key", "{a:1}", "document.malformed 1:2"],
    ["a missing colon", '{"a" 1}', "document.malformed 1:6"],
    ["a missing comma", "[1 2]", "document.malformed 1:4"],
    ["the wrong bracket", "[1}", "document.malformed 1:3"],
    ["an early end", '{"a":', "document.malformed 1:6"],
    ["a string without an end", '["abc', "document.malformed 1:2"],
    ["a tab in a string", '"a\tb"', "document.malformed 1:3"],
    ["a line feed in a string", '"a\nb"', "document.malformed 1:3"],
    ["an unknown escape", '"a\\x"', "document.malformed 1:3"],
    ["a short escape", '"\\u12"', "document.malformed 1:2"],
    ["a leading zero", "[01]", "document.malformed 1:2"],
    ["a leading zero before many digits", "012345678901234567890", "document.malformed 1:1"],
    ["a double zero", "-00", "document.malformed 1:1"],
    ["a plus sign", "+1", "document.malformed 1:1"],
    ["a bare fraction", "[.5]", "document.malformed 1:2"],
    ["an open fraction", "[1.]", "document.malformed 1:2"],
    ["a word of another language", "[NaN]", "document.malformed 1:2"],
    ["a long number for a key", "{12345678901234567890:1}", "document.malformed 1:2"],
    ["-0 for a key", "{-0:1}", "document.malformed 1:2"],
    ["another white space", "\u00a0[]", "document.malformed 1:1"],
  ] as const
) {
  test(`parseJson() refuses ${name}`, async () => {
    assert.is(await failure(() => parse(text), /^Parsing JSON failed: /), wanted);
  });
}

test("parseJson() accepts what JSON.parse accepts, and nothing else", async () => {
  const pieces = [
    '"a"',
    "1",
    "-",
    "0",
    ".",
    "e",
    ",",
    ":",
    "[",
    "]",
    "{",
    "}",
    " ",
    "true",
    "\\",
    '"',
  ];
  let state = 1;
  const pick = () => pieces[(state = (state * 1_103_515_245 + 12_345) % 2 ** 31) % 65_521 % 16]!;
  let accepted = 0;
  for (let i = 0; i < 20_000; i++) {
    const text = Array.from({ length: 1 + i % 7 }, pick).join("");
    let isJson = true;
    try {
      JSON.parse(text);
    } catch {
      isJson = false;
    }
    if (isJson) {
      accepted++;
      const isOdd = /"a".*"a"/.test(text) && await isDuplicate(text);
      if (!isOdd) assert.equal(parse(text), JSON.parse(text), text);
    } else {
      assert.match(await failure(() => parse(text)), /^document\.malformed /, text);
    }
  }
  assert.ok(accepted > 200, `only ${accepted} texts were JSON`);
});

async function isDuplicate(text: string): Promise<boolean> {
  try {
    parse(text);
    return false;
  } catch {
    assert.match(await failure(() => parse(text)), /^document\.duplicate-key /);
    return true;
  }
}

const POINTED = sourceOf('{\n "a": [1, {"b\\u0041/~": "x"}],\n "c": null, "__proto__": 2\n}');

for (
  const [steps, place] of [
    [[], "1:1"],
    [["a"], "2:2"],
    [["a", "0"], "2:8"],
    [["a", "1"], "2:11"],
    [["a", "1", "bA/~"], "2:12"],
    [["a", "9"], "2:2"],
    [["a", "01"], "2:2"],
    [["a", "length"], "2:2"],
    [["c", "d"], "3:2"],
    [["__proto__"], "3:13"],
    [["toString"], "1:1"],
  ] as const
) {
  test(`parseJson() locates /${steps.join("/")}`, () => {
    const tree = parseJson(POINTED, SMALL);
    assert.is(placeIn(POINTED, tree, ...steps), place);
  });
}

test("parseJson() knows where each value begins and ends", () => {
  const source = sourceOf('{"a": [1, -2.5e3 , "x]", {"b": true}], "c": {}}');
  const tree = parseJson(source, SMALL);
  for (
    const steps of [["a"], ["a", "0"], ["a", "1"], ["a", "2"], ["a", "3"], ["a", "3", "b"], ["c"]]
  ) {
    const { value, end } = tree.locate(steps);
    let wanted: unknown = tree.value;
    for (const step of steps) wanted = (wanted as Record<string, unknown>)[step];
    assert.equal(JSON.parse(source.text.slice(value, end)), wanted);
  }
});

test("parseJson() locates elements of a list too long to be noted", () => {
  const source = sourceOf(`[${"0,".repeat(150_000)}1]`);
  const tree = parseJson(source, SMALL);
  for (const index of [0, 99_999, 100_000, 150_000]) {
    assert.is(placeIn(source, tree, String(index)), `1:${2 * index + 2}`);
  }
  assert.is(placeIn(source, tree, "150001"), "1:1");
});

test("parseJsonLines() reads a value from each line", () => {
  const source = sourceOf('{"a":1}\r\n\r\n  {"b":[2]}\n');
  const trees = parseJsonLines(source, SMALL);
  assert.equal(trees.map((tree) => tree.value), [{ a: 1 }, { b: [2] }]);
  assert.is(placeIn(source, trees[1]!, "b"), "3:4");
});

test("parseJsonLines() says on which line it failed", async () => {
  assert.is(
    await failure(() => parseJsonLines(sourceOf('{"a":1}\n{"b":}\n'), SMALL)),
    "document.malformed 2:6",
  );
  assert.is(
    await failure(() => parseJsonLines(sourceOf('{}\n{"b":1\n}\n'), SMALL)),
    "document.malformed 2:7",
  );
});

test("parseJson() bounds the numbers that it replaces", async () => {
  assert.match(
    await failure(() => parseJson(sourceOf(`[${"-0,".repeat(1_000_001)}0]`), SMALL)),
    /^input\.too-large 1:/,
  );
});

test("parseJsonLines() passes over a long blank line at once", () => {
  const started = performance.now();
  assert.is(parseJsonLines(sourceOf(`1\n${" ".repeat(500_000)}\n2\n`), SMALL).length, 2);
  assert.ok(performance.now() - started < 2_000);
});

test.run();

import * as assert from "uvu/assert";
import { boundedCopy, createRedaction, type RedactedPart } from "../../src/host/redact.ts";
import type { JsonValue } from "../../src/json.ts";
import type { PluginError } from "../../src/plugin-error.ts";
import { suite } from "../support/suite.ts";

const test = suite("host/redact");

const GONE = "[redacted]";
const CASES: [string, string[], JsonValue, JsonValue][] = [
  ["a member", ["/a/b"], { a: { b: { c: 1 }, d: 2 } }, { a: { b: GONE, d: 2 } }],
  ["an element", ["/a/1"], { a: [1, 2, 3] }, { a: [1, GONE, 3] }],
  ["all of it", [""], { a: 1 }, GONE],
  ["several", ["/a", "/b"], { a: 1, b: 2, c: 3 }, { a: GONE, b: GONE, c: 3 }],
  ["an escaped step", ["/a~1b/m~0n"], { "a/b": { "m~n": 1 } }, { "a/b": { "m~n": GONE } }],
  ["nothing that is not there", ["/x/y", "/a/x", "/l/9", "/l/01", "/l/-"], { a: 1, l: [1] }, {
    a: 1,
    l: [1],
  }],
  ["no member that is inherited", ["/toString", "/a/length"], { a: [1] }, { a: [1] }],
  [
    "a member called __proto__",
    ["/__proto__/a"],
    JSON.parse('{"__proto__":{"a":1}}'),
    JSON.parse(`{"__proto__":{"a":"${GONE}"}}`),
  ],
];
for (const [what, pointers, value, expected] of CASES) {
  test(`apply() takes out ${what}, of a copy`, () => {
    const before = JSON.stringify(value);
    const redaction = createRedaction(pointers);
    assert.is(JSON.stringify(redaction.apply(value)), JSON.stringify(expected));
    assert.is(JSON.stringify(value), before);
    assert.ok(redaction.active);
  });
}

const PARTS: [string, RedactedPart, string, JsonValue, JsonValue][] = [
  ["below the ok of an answer", "answer", "/token", { ok: { token: 1, a: 2 } }, {
    ok: { token: GONE, a: 2 },
  }],
  ["from the root of an answer", "answer", "/ok/token", { ok: { token: 1 } }, {
    ok: { token: GONE },
  }],
  ["not below the ok of what is no answer", "other", "/token", { ok: { token: 1 } }, {
    ok: { token: 1 },
  }],
  [
    "the digest of a subject with a part of its object",
    "input",
    "/object/token",
    { object: { token: 1 }, subject: { name: "a", digest: "d" } },
    { object: { token: GONE }, subject: { name: "a", digest: GONE } },
  ],
  [
    "no digest where the object keeps everything",
    "input",
    "/object/token",
    { object: { other: 1 }, subject: { name: "a", digest: "d" } },
    { object: { other: 1 }, subject: { name: "a", digest: "d" } },
  ],
  ["all of an input", "input", "", { object: {} }, GONE],
];
for (const [what, part, pointer, value, expected] of PARTS) {
  test(`apply() takes out ${what}`, () => {
    assert.equal(createRedaction([pointer]).apply(value, part), expected);
  });
}

for (const pointer of ["settings", "/a~2", "#/a"]) {
  test(`createRedaction() refuses "${pointer}"`, () => {
    assert.throws(
      () => createRedaction([pointer]),
      (error: PluginError) => error.code === "usage.invalid" && error.message.includes(pointer),
    );
  });
}

test("createRedaction() without pointers changes nothing", () => {
  const redaction = createRedaction();
  const value = { a: 1 };
  assert.is(redaction.active, false);
  assert.is(redaction.apply(value), value);
});

test("boundedCopy() leaves what is short as it is", () => {
  const value = { key: "a", list: [1, null, true, { deep: "x" }], text: "y".repeat(256) };
  assert.equal(boundedCopy(value), value);
});

test("boundedCopy() cuts long strings and lists, and says how much is missing", () => {
  const copy = boundedCopy({ value: "x".repeat(1_000_000), list: new Array(1_000).fill(0) });
  const { value, list } = copy as { value: string; list: JsonValue[] };
  assert.is(value, `${"x".repeat(256)}[cut: 999744 more]`);
  assert.equal([list.length, list.at(-1)], [65, "[cut: 936 more]"]);
});

const nested = (depth: number): JsonValue => depth === 0 ? 1 : [nested(depth - 1)];
const FLOODS: [string, JsonValue][] = [
  ["many long strings", new Array(1_000).fill("x".repeat(10_000))],
  ["many members", Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [`k${i}`, i]))],
  [
    "long names",
    Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`${i}`.repeat(9_999), i])),
  ],
  ["depth", nested(90)],
  ["breadth at every depth", {
    a: Object.fromEntries(
      Array.from({ length: 64 }, (_, i) => [`${i}`, new Array(64).fill(new Array(64).fill("abc"))]),
    ),
  }],
];
for (const [what, value] of FLOODS) {
  test(`boundedCopy() stays short against ${what}`, () => {
    const { length } = JSON.stringify(boundedCopy(value));
    assert.ok(length < 40_000, `${length}`);
  });
}

test.run();

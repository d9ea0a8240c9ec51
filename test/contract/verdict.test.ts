import * as assert from "uvu/assert";
import type { Verdict } from "../../src/contract/admission.ts";
import {
  DENIED_RULE,
  encodeVerdict,
  MUTATION_RULE,
  readVerdict,
} from "../../src/contract/verdict.ts";
import type { PluginError } from "../../src/plugin-error.ts";
import { suite } from "../support/suite.ts";

const test = suite("verdict");

const NOW = "2026-06-01T00:00:00Z";
const bytes = (value: unknown) =>
  new TextEncoder().encode(typeof value === "string" ? value : JSON.stringify(value));
const read = (value: unknown, rules: { id: string; effectiveOn?: string }[] = []) =>
  readVerdict(bytes(value), { now: NOW, rules });
const reason = (severity: string, rule = "r") => ({ rule, message: "m", severity });

test("readVerdict() takes an allow with information as it is", () => {
  const verdict = { allowed: true, reasons: [reason("warning"), reason("info")] };
  assert.equal(read(verdict), verdict as Verdict);
});

test("readVerdict() keeps annotations of whatever name", () => {
  const text = '{"allowed":true,"annotations":{"__proto__":1,"constructor":2,"prototype":3},' +
    '"reasons":[]}';
  assert.is(encodeVerdict(read(text)), text);
});

test("readVerdict() denies an allow that has an error among its reasons", () => {
  assert.is(read({ allowed: true, reasons: [reason("error")] }).allowed, false);
});

for (const reasons of [[], [reason("warning")]]) {
  test(`readVerdict() gives a denial with ${reasons.length} warnings an error`, () => {
    const verdict = read({ allowed: false, reasons });
    assert.is(verdict.allowed, false);
    assert.equal(verdict.reasons.at(-1)!.rule, DENIED_RULE);
    assert.is(verdict.reasons.at(-1)!.severity, "error");
  });
}

test("readVerdict() lets a rule warn until it is in effect", () => {
  const rules = [{ id: "later", effectiveOn: "2026-07-01" }];
  const denial = { allowed: false, reasons: [reason("error", "later")] };
  assert.equal(
    read(denial, rules),
    { allowed: true, reasons: [reason("warning", "later")] } as Verdict,
  );
  const both = { allowed: false, reasons: [reason("error", "later"), reason("error", "now")] };
  assert.is(read(both, rules).allowed, false);
  assert.is(read(denial, [{ id: "later", effectiveOn: "2026-05-01" }]).allowed, false);
});

test("readVerdict() keeps a denial that warnings of a later rule do not explain", () => {
  const rules = [{ id: "later", effectiveOn: "2026-07-01" }];
  assert.is(read({ allowed: false, reasons: [reason("warning", "later")] }, rules).allowed, false);
});

test("readVerdict() denies an allow that rests on a mutation where none can be made", () => {
  const verdict = { allowed: true, reasons: [], mutation: [{ op: "remove", path: "/a" }] };
  const refused = read(verdict);
  assert.is(refused.allowed, false);
  assert.is(refused.reasons[0]!.rule, MUTATION_RULE);
  assert.is(refused.mutation, undefined);
  const taken = readVerdict(bytes(verdict), { now: NOW, rules: [], mutation: true });
  assert.equal(taken, verdict as Verdict);
});

test("encodeVerdict() gives one text, whatever the order of keys", () => {
  const text = '{"reasons":[{"severity":"info","message":"m","rule":"r"}],"allowed":true}';
  assert.is(
    encodeVerdict(read(text)),
    '{"allowed":true,"reasons":[{"message":"m","rule":"r","severity":"info"}]}',
  );
});

const deep = (depth: number) => "[".repeat(depth) + "]".repeat(depth);
const REFUSED: [string, string | Uint8Array][] = [
  ["nothing", ""],
  ["white space", " "],
  ["half a verdict", '{"allowed":true,"reasons":['],
  ["text behind a verdict", '{"allowed":true,"reasons":[]} x'],
  ["a bare true", "true"],
  ["null", "null"],
  ["a list", "[]"],
  ["an empty object", "{}"],
  ["allowed as a text", '{"allowed":"true","reasons":[]}'],
  ["allowed as a number", '{"allowed":1,"reasons":[]}'],
  ["allowed in another case", '{"Allowed":true,"reasons":[]}'],
  ["no reasons", '{"allowed":true}'],
  ["reasons as an object", '{"allowed":true,"reasons":{}}'],
  ["a reason without a rule", '{"allowed":true,"reasons":[{"message":"m","severity":"info"}]}'],
  [
    "an unknown severity",
    '{"allowed":true,"reasons":[{"rule":"r","message":"m","severity":"fatal"}]}',
  ],
  [
    "a path that is no JSON Pointer",
    '{"allowed":true,"reasons":[{"rule":"r","message":"m","severity":"info","path":"a/b"}]}',
  ],
  ["a field that is not known", '{"allowed":true,"reasons":[],"denied":true}'],
  ["a field called __proto__", '{"__proto__":{"allowed":true,"reasons":[]}}'],
  ["bytes that are not UTF-8", Uint8Array.of(0x22, 0xff, 0x22)],
  ["a byte-order mark", '\uFEFF{"allowed":true,"reasons":[]}'],
  ["deep nesting", `{"allowed":true,"reasons":[],"annotations":{"a":${deep(200)}}}`],
  ["very deep nesting", deep(1_000_000)],
  ["a key that stands twice", '{"allowed":false,"reasons":[],"allowed":true}'],
  ["half a surrogate pair", '{"allowed":true,"reasons":[],"annotations":{"a":"\\ud800"}}'],
  ["a number that overflows", '{"allowed":true,"reasons":[],"annotations":{"a":1e999}}'],
  ["a flood of reasons that are none", `{"allowed":true,"reasons":[${"0,".repeat(400_000)}0]}`],
  ["a flood of changes", `{"allowed":true,"reasons":[],"mutation":[${"{},".repeat(300_000)}{}]}`],
  [
    "too many reasons",
    JSON.stringify({
      allowed: true,
      reasons: Array.from({ length: 10_001 }, () => reason("info")),
    }),
  ],
];

for (const [what, output] of REFUSED) {
  test(`readVerdict() refuses ${what}`, () => {
    const given = typeof output === "string" ? bytes(output) : output;
    assert.throws(
      () => readVerdict(given, { now: NOW, rules: [] }),
      (error: PluginError) => error.code === "contract.output-invalid",
    );
  });
}

test.run();

import * as assert from "uvu/assert";
import { parseValue } from "../../src/document/parse-value.ts";
import { PluginError } from "../../src/plugin-error.ts";
import { suite } from "../support/suite.ts";

const test = suite("document/parse-value");

const parse = (name: string, text: string) => parseValue(new TextEncoder().encode(text), name);

const LIST = { apiVersion: "v1", kind: "List", items: [{ apiVersion: "v1", kind: "Pod" }] };
const ENVELOPE = { payloadType: "application/vnd.in-toto+json", payload: "e30=", signatures: [] };
const CREATE = { image: "nginx", hostconfig: { privileged: true } };

for (const value of [LIST, ENVELOPE, CREATE]) {
  test(`parseValue() leaves ${Object.keys(value).join(", ")} as it is`, async () => {
    for (const name of ["s.json", "s.yaml", "s"]) {
      assert.equal(await parse(name, JSON.stringify(value)), value);
    }
  });
}

const READ: readonly [string, string, unknown][] = [
  ["a.yaml", "a: 1\n", { a: 1 }],
  ["a.yaml", "{a: 1}\n", { a: 1 }],
  ["a.yml", '{"a": 1}', { a: 1 }],
  ["a.toml", "a = 1\n", { a: 1 }],
  ["a.toml", "[a]\nb = 1\n", { a: { b: 1 } }],
  ["A.JSON", "[1]", [1]],
  ["63", "a: 1\n", { a: 1 }],
  ["63", '{"a": 1}', { a: 1 }],
  ["63", "a = 1\n", { a: 1 }],
  // By their names or their texts, other syntaxes would claim these.
  ["Dockerfile", "a: 1\n", { a: 1 }],
  ["settings.ensure", "a: 1\n", { a: 1 }],
  ["settings", "FROM: a\n", { FROM: "a" }],
  ["a.json", " ", undefined],
  ["a.yaml", "# nothing\n", undefined],
  ["a.toml", "# nothing\n", undefined],
];

for (const [name, text, value] of READ) {
  test(`parseValue() reads ${JSON.stringify(text)} of ${name}`, async () => {
    assert.equal(await parse(name, text), value);
  });
}

const REFUSED: readonly [string, string, string][] = [
  ["a.json", "a: 1", "document.malformed"],
  ["a.toml", "a: 1", "document.malformed"],
  ["a.json", '{"a": 1, "a": 2}', "document.duplicate-key"],
  ["a.json", "{}\n{}", "document.malformed"],
  ["a.yaml", "a: 1\n---\na: 2\n", "document.malformed"],
  ["63", '{"a": 1}\n{"a": 2}', "document.malformed"],
  ["a.yaml", "a: [", "document.malformed"],
  ["a.yaml", "a: !reset b", "document.malformed"],
  ["a.yaml", "a: \0", "document.encoding"],
];

for (const [name, text, code] of REFUSED) {
  test(`parseValue() refuses ${JSON.stringify(text)} of ${name}`, async () => {
    const error = await parse(name, text).then(() => undefined, (thrown) => thrown);
    assert.instance(error, PluginError);
    assert.is(error.code, code);
    assert.ok(error.details.line >= 1);
  });
}

test.run();

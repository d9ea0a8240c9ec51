import * as assert from "uvu/assert";
import type { Structure } from "../../src/document/recognise/docker-schema.ts";
import { encodeJson, Fields, given, MAX_BODY_BYTES, readBody } from "../../src/docker/wire.ts";
import { faultOf } from "../support/fault.ts";
import { suite } from "../support/suite.ts";

const test = suite("docker/wire");

const shape: Structure = {
  fields: {
    Name: null,
    Opts: null,
    Interface: { fields: { Address: null } },
    Data: { items: { fields: { Pool: null } } },
  },
};

const read = (text: string | Uint8Array, mayBeEmpty = false) =>
  readBody(typeof text === "string" ? new TextEncoder().encode(text) : text, {
    method: "X.Y",
    shape,
    mayBeEmpty,
  });

for (
  const [what, text, value] of [
    ["as Docker writes it", '{"Name":"a","Opts":{"size":"1g"}}\n', {
      Name: "a",
      Opts: { size: "1g" },
    }],
    ["keys in another case, but not those of the user", '{"NAME":"a","opts":{"SIZE":"1"}}', {
      Name: "a",
      Opts: { SIZE: "1" },
    }],
    ["keys below", '{"interface":{"ADDRESS":"x"},"data":[{"pool":"y"}]}', {
      Interface: { Address: "x" },
      Data: [{ Pool: "y" }],
    }],
    ["fields that nobody knows", '{"Name":"a","New":[{"x":1}]}', { Name: "a", New: [{ x: 1 }] }],
    ["null", "null", {}],
    ["__proto__", '{"__proto__":{"Name":"a"}}', JSON.parse('{"__proto__":{"Name":"a"}}')],
    ["the long s and the Kelvin sign", '{"Opt\u017f":{}}', { Opts: {} }],
  ] as const
) {
  test(`readBody() takes ${what}`, () => assert.equal(read(text), value));
}

test("readBody() takes nothing where Docker sends nothing", () => {
  assert.equal(read("", true), {});
  const { code, message } = faultOf(() => read(""));
  assert.is(code, "docker.request-invalid");
  assert.is(message, "Cannot read the body of X.Y: it is empty");
});

for (
  const [what, body, words] of [
    ["no JSON", "hello", /Parsing JSON failed/],
    ["half of it", '{"Name":"a"', /Parsing JSON failed/],
    ["what stands behind it", '{"Name":"a"}{"Name":"b"}', /something follows the value/],
    ["a key twice", '{"Name":"a","Name":"b"}', /"Name" stands twice/],
    ["a field twice", '{"Name":"a","name":"b"}', /"name" stands for "Name", which stands there/],
    ["a field twice, below", '{"Data":[{"Pool":"a","POOL":"b"}]}', /"Data\.0\.POOL" stands for/],
    ["a list", "[]", /it is no object/],
    ["a text", '"a"', /it is no object/],
    ["bytes that are no UTF-8", new Uint8Array([0x7b, 0xff, 0x7d]), /it is not UTF-8/],
    ["another encoding", new Uint8Array([0xff, 0xfe, 0x7b, 0, 0x7d, 0]), /it is not UTF-8/],
    ["what is nested too deep", "[".repeat(100_000), /deep/],
    ["white space alone", "  \n", /it is empty/],
  ] as const
) {
  test(`readBody() refuses ${what}`, () => {
    const { code, message } = faultOf(() => read(body));
    assert.is(code, "docker.request-invalid");
    assert.match(message, /^Cannot read the body of X\.Y: /);
    assert.match(message, words);
  });
}

test("readBody() refuses what is larger than all that Docker sends", () => {
  const { code } = faultOf(() => read(new Uint8Array(MAX_BODY_BYTES + 1)));
  assert.is(code, "docker.request-too-large");
});

test("Fields have what Go has for nothing where nothing stands", () => {
  for (const object of [{}, { t: null, f: null, n: null, o: null, l: null }]) {
    const fields = new Fields("X.Y", object);
    assert.equal([fields.text("t"), fields.flag("f"), fields.count("n")], ["", false, 0]);
    assert.equal([fields.texts("o"), fields.object("o"), fields.list("l")], [{}, {}, []]);
    assert.is(fields.fields("o"), undefined);
  }
  // What objects inherit is no field.
  assert.is(new Fields("X.Y", {}).text("constructor"), "");
});

test("Fields say where something else stands", () => {
  const fields = new Fields("X.Y", { a: 1, b: [], c: [{ d: true }], e: { f: 1.5 }, g: [null] });
  for (
    const [read, words] of [
      [() => fields.text("a"), '"a" has to be a text'],
      [() => fields.flag("a"), '"a" has to be true or false'],
      [() => fields.texts("b"), '"b" has to be an object'],
      [() => fields.texts("e"), '"e" has to be an object of texts'],
      [() => fields.list("e"), '"e" has to be a list'],
      [() => fields.list("c")[0]!.text("d"), '"c.0.d" has to be a text'],
      [() => fields.fields("e")!.count("f"), '"e.f" has to be a whole number'],
      [() => fields.fields("a"), '"a" has to be an object'],
      [() => fields.list("g"), '"g.0" has to be an object'],
    ] as const
  ) {
    const { code, message } = faultOf(read);
    assert.is(code, "docker.request-invalid");
    assert.is(message, `Cannot read the body of X.Y: ${words}`);
  }
});

test("given() leaves out what is empty", () => {
  assert.equal(given({ a: "1", b: "" }), { a: "1" });
});

test("encodeJson() ends with a line feed, as Go does", () => {
  assert.is(new TextDecoder().decode(encodeJson({ a: "é" })), '{"a":"é"}\n');
});

test.run();

import * as assert from "uvu/assert";
import {
  decodeBytes,
  encodeBytes,
  parseRecordedCall,
  type RecordedCall,
} from "../../src/host/recording.ts";
import { createRedaction } from "../../src/host/redact.ts";
import { PluginError } from "../../src/plugin-error.ts";
import { suite } from "../support/suite.ts";
import { bytes, RECORDED_LIMITS } from "./fake-guest.ts";

const test = suite("host/recording");

const plain = createRedaction();

const FORMS: [string, Uint8Array, "json" | "text" | "base64"][] = [
  ["canonical JSON", bytes('{"a":[1,"x"],"b":null}'), "json"],
  ["nothing", new Uint8Array(), "text"],
  ["JSON with spaces", bytes('{ "a": 1 }'), "text"],
  ["JSON in another order", bytes('{"b":1,"a":2}'), "text"],
  ["a key twice", bytes('{"a":1,"a":2}'), "text"],
  ["a number that is rounded", bytes("9007199254740993"), "text"],
  ["minus zero", bytes("-0"), "text"],
  ["half a surrogate pair, escaped", bytes('"\\ud800"'), "text"],
  ["a byte-order mark", bytes("\ufeff{}"), "text"],
  ["a member called __proto__", bytes('{"__proto__":{"a":1}}'), "json"],
  ["line ends and controls", bytes("a\n\u2028\0\u001b"), "text"],
  ["what is not UTF-8", new Uint8Array([0, 0xff, 0xc0, 0x80]), "base64"],
  ["many bytes", Uint8Array.from({ length: 70_001 }, (_, i) => 255 - i % 256), "base64"],
  ["JSON that nobody reads", bytes(`[${"{},".repeat(22_000)}{}]`), "text"],
  ["depth", bytes("[".repeat(50_000) + "]".repeat(50_000)), "text"],
];
for (const [what, content, form] of FORMS) {
  test(`decodeBytes() gives back ${what}, written as ${form}`, () => {
    const written = JSON.stringify(encodeBytes(content, plain));
    const read = JSON.parse(written);
    assert.equal(Object.keys(read), [form]);
    assert.equal(decodeBytes(read), content);
  });
}

test("encodeBytes() with a redaction shows only what it could look into", () => {
  const redaction = createRedaction(["/token"]);
  assert.equal(encodeBytes(bytes('{"a":1,"token":"s"}'), redaction), {
    json: { a: 1, token: "[redacted]" },
  });
  assert.equal(encodeBytes(bytes('{"token":"s"'), redaction), { text: "[redacted]" });
  assert.equal(encodeBytes(new Uint8Array([0xff]), redaction), { text: "[redacted]" });
});

const CALL: RecordedCall = {
  version: 1,
  plugin: { name: "p", digest: `sha256:${"a".repeat(64)}` },
  entry: "f",
  schedule: 1,
  limits: RECORDED_LIMITS,
  now: "2026-06-01T00:00:00Z",
  input: { json: {} },
  capabilities: [{ function: "state_get", request: { json: {} }, answer: { text: "x" } }],
  output: { json: {} },
  fuel: 1,
};

const readCall = (value: unknown) => parseRecordedCall(bytes(JSON.stringify(value)));

test("parseRecordedCall() reads a call", () => {
  assert.equal(readCall(CALL), CALL);
});

const { output: _output, ...withoutOutput } = CALL;
const error = { code: "sandbox.trap", message: "m" };
const [answered] = CALL.capabilities;
const BROKEN: [string, unknown][] = [
  ["nothing", null],
  ["a list", []],
  ["another version", { ...CALL, version: 2 }],
  ["a field that is not known", { ...CALL, more: 1 }],
  ["no outcome", withoutOutput],
  ["two outcomes", { ...CALL, error }],
  ["an error that does not exist", { ...withoutOutput, error: { code: "x", message: "" } }],
  ["a digest that is none", { ...CALL, plugin: { name: "p", digest: "sha256:x" } }],
  ["no bounds", { ...CALL, limits: {} }],
  ["memory beyond what there is", { ...CALL, limits: { ...RECORDED_LIMITS, memoryPages: 65_537 } }],
  ...(["stackBytes", "blockBytes", "inputBytes", "outputBytes"] as const)
    .map((name): [string, unknown] => [
      `${name} beyond what any call has`,
      { ...CALL, limits: { ...RECORDED_LIMITS, [name]: 2 ** 32 } },
    ]),
  ["a time with another offset", { ...CALL, now: "2026-06-01T00:00:00+02:00" }],
  ["fuel that is no count", { ...CALL, fuel: -1 }],
  ["an input of no form", { ...CALL, input: "text" }],
  ["an input of two forms", { ...CALL, input: { text: "", base64: "" } }],
  ["an answer without an end", { ...CALL, capabilities: [{ ...answered, answer: undefined }] }],
  ["an answer with two", { ...CALL, capabilities: [{ ...answered, error }] }],
];
for (const [what, value] of BROKEN) {
  test(`parseRecordedCall() refuses ${what}`, () => {
    assert.throws(
      () => readCall(value),
      (thrown: unknown) => thrown instanceof PluginError && thrown.code === "replay.malformed",
    );
  });
}

const BEYOND: [string, object, RegExp][] = [
  ["fuel", { fuel: Number.MAX_SAFE_INTEGER }, /--fuel 9007199254740991/],
  ["memory", { memoryPages: 2_000 }, /--memory 2000/],
];
for (const [what, more, shown] of BEYOND) {
  test(`parseRecordedCall() names the flag where a call was allowed more ${what}`, () => {
    const line = bytes(JSON.stringify({ ...CALL, limits: { ...RECORDED_LIMITS, ...more } }));
    assert.throws(
      () => parseRecordedCall(line),
      (thrown: PluginError) => thrown.code === "replay.malformed" && shown.test(thrown.message),
    );
    assert.equal(parseRecordedCall(line, more).limits, { ...RECORDED_LIMITS, ...more });
  });
}

const TORN: [string, Uint8Array][] = [
  ["cut short", bytes(JSON.stringify(CALL).slice(0, -20))],
  ["not UTF-8", new Uint8Array([0x7b, 0xff])],
  ["no JSON", bytes("hello")],
  [
    "more values than fit into memory",
    bytes(
      JSON.stringify(CALL).replace(
        '"input":{"json":{}}',
        `"input":{"json":[${"{},".repeat(600_000)}{}]}`,
      ),
    ),
  ],
];
for (const [what, line] of TORN) {
  test(`parseRecordedCall() refuses a line that is ${what}`, () => {
    assert.throws(
      () => parseRecordedCall(line),
      (thrown: PluginError) => thrown.code === "replay.malformed",
    );
  });
}

test("decodeBytes() refuses base64 that is none, and JSON without a canonical form", () => {
  const deep = JSON.parse("[".repeat(50_000) + "]".repeat(50_000));
  for (const recorded of [{ base64: "a b" }, { json: deep }]) {
    assert.throws(
      () => decodeBytes(recorded),
      (thrown: PluginError) => thrown.code === "replay.malformed",
    );
  }
});

test.run();

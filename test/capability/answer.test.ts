import * as v from "valibot";
import * as assert from "uvu/assert";
import { encodeError, jsonFunction } from "../../src/capability/answer.ts";
import { LIMITS } from "../../src/limits.ts";
import { PluginError } from "../../src/plugin-error.ts";
import { hostCall } from "../support/capability.ts";
import { suite } from "../support/suite.ts";

const test = suite("jsonFunction()");

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

async function answer(request: string | Uint8Array, handle: () => never | null): Promise<string> {
  const schema = v.strictObject({ a: v.pipe(v.string(), v.maxLength(10)) });
  const bytes = typeof request === "string" ? new TextEncoder().encode(request) : request;
  return text(
    await jsonFunction("state", "state_get", schema, handle).answer(bytes, hostCall()),
  );
}

test("it answers with canonical JSON", async () => {
  assert.is(await answer('{"a":""}', () => null), '{"ok":null}');
});

test("it speaks of the request where that is no JSON, not of an answer", async () => {
  for (const request of ["", "{", '{"a":1,"a":2}', new Uint8Array([0xff])]) {
    const { error } = JSON.parse(await answer(request, () => null));
    assert.is(error.code, "capability.invalid");
    assert.match(error.message, /^Cannot answer "state_get": the request is no JSON: /);
    assert.not.match(error.message, "answer:");
    assert.not.match(error.message, "output");
  }
});

test("it tells a guest why a capability refused", async () => {
  const refuse = () => {
    throw new PluginError("capability.limit", "too much");
  };
  assert.is(
    await answer('{"a":""}', refuse),
    '{"error":{"code":"capability.limit","message":"too much"}}',
  );
});

test("it tells a guest what a CNI plugin said, and no other details", async () => {
  const cni = { code: 103, msg: "no", details: "rule 7" };
  const refuse = () => {
    throw new PluginError("capability.failed", "it failed", {
      details: { cni, stderr: "/secret" },
    });
  };
  assert.is(
    await answer('{"a":""}', refuse),
    `{"error":{"code":"capability.failed","details":{"cni":{"code":103,"details":"rule 7",` +
      `"msg":"no"}},"message":"it failed"}}`,
  );
});

test("it keeps every other error's words with the host", async () => {
  const errors = [
    new Error("/secret"),
    new PluginError("input.not-found", "/secret"),
    new PluginError("trust.writable", "/secret"),
    "/secret",
    undefined,
  ];
  for (const error of errors) {
    const said = await answer('{"a":""}', () => {
      throw error;
    });
    assert.match(said, '"capability.failed"');
    assert.not.match(said, "secret");
    assert.is(said, text(encodeError("state_get", error)));
  }
});

test("it tells the operator what the guest is not told, and nothing else", async () => {
  const heard: unknown[] = [];
  const call = hostCall({ report: (name, cause) => heard.push([name, cause]) });
  const secret = new Error("/secret");
  for (const error of [secret, new PluginError("capability.limit", "too much")]) {
    const failing = jsonFunction("state", "state_get", v.strictObject({}), () => {
      throw error;
    });
    await failing.answer(new TextEncoder().encode("{}"), call);
  }
  assert.equal(heard, [["state_get", secret]]);
});

test("it refuses what is no such request, in few words", async () => {
  const long = "x".repeat(100_000);
  for (const request of ["", "{", "null", '{"a":1}', `{"a":"${long}"}`, `{"${long}":1}`, long]) {
    const said = await answer(request, () => null);
    assert.match(said, '"capability.invalid"', request.slice(0, 20));
    assert.ok(said.length < 600, String(said.length));
  }
});

test("it does not even read a request that is too large", async () => {
  const said = await answer(new Uint8Array(LIMITS.requestBytes + 1), () => null);
  assert.match(said, '"capability.limit"');
});

test.run();

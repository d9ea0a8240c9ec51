import * as assert from "uvu/assert";
import { answered, replyOfError } from "../../src/docker/status.ts";
import { ERROR_CODES, PluginError } from "../../src/plugin-error.ts";
import { suite } from "../support/suite.ts";

const test = suite("docker/status");

const replyOf = (error: unknown) => {
  const { status, body } = replyOfError(error);
  return { status, ...JSON.parse(new TextDecoder().decode(body)) };
};

test("answered() is the answer of a driver that did it", () => {
  assert.equal(answered({ mountpoint: "/a" }), { mountpoint: "/a" });
});

test("a driver's fault is its own words, in both fields, and never a 404 (moby 23, 24, 25)", () => {
  for (const code of ["not-found", "conflict", "denied", "failed"] as const) {
    let thrown: unknown;
    try {
      answered({ error: { code, message: "there is no volume x" } });
    } catch (error) {
      thrown = error;
    }
    assert.is((thrown as PluginError).details.fault, code);
    const words = "there is no volume x";
    assert.equal(replyOf(thrown), { status: 500, Err: words, Error: words });
  }
});

test("every error has a status that Docker takes for one, and says its code", () => {
  for (const code of ERROR_CODES) {
    const { status, Err, Error } = replyOf(new PluginError(code, "words"));
    assert.ok(status >= 400, code);
    assert.is(status === 404, code === "docker.method-unknown");
    assert.is(Err, code === "docker.driver-fault" ? "words" : `words [${code}]`);
    assert.is(Error, Err);
  }
  assert.is(replyOf(new Error("oops")).Err, "oops [internal.error]");
});

test("what a plugin says is one line without anything hidden, and bounded", () => {
  const { Err } = replyOf(
    new PluginError("docker.driver-fault", "a\nb\u001b[2J\u202e" + "x".repeat(10_000)),
  );
  assert.match(Err, /^a\\nb\\u\{1b\}\[2J\\u\{202e\}x+… \(\d+ more\)$/);
  assert.ok(Err.length < 5_000);
});

test.run();

import * as assert from "uvu/assert";
import { statusOfError, statusOfVerdicts } from "../../src/cipd/status.ts";
import type { Verdict } from "../../src/contract/admission.ts";
import { ERROR_CODES, PluginError } from "../../src/plugin-error.ts";
import { suite } from "../support/suite.ts";

const test = suite("status");

const ALLOW: Verdict = {
  allowed: true,
  reasons: [{ rule: "old", severity: "warning", message: "is old" }],
};
const deny = (message: string): Verdict => ({
  allowed: false,
  reasons: [{ rule: "r", severity: "error", message }],
});

test("statusOfError() knows every code, and takes none for an approval or a denial", () => {
  for (const code of ERROR_CODES) {
    const status = statusOfError(new PluginError(code, "words"));
    assert.ok(Number.isInteger(status.code) && status.code > 0 && status.code <= 16, code);
    assert.is.not(status.code, 9, code);
    assert.is(status.message, `words [${code}]`);
  }
  assert.is(statusOfError(new Error("x")).code, 13);
});

test("statusOfVerdicts() is nothing where all allow, and else names what denies", () => {
  assert.is(statusOfVerdicts([ALLOW, ALLOW]), null);
  assert.equal(statusOfVerdicts([ALLOW, deny("one"), deny("two")]), {
    code: 9,
    message: "one [r]; two [r]",
  });
});

test("statusOfVerdicts() bounds the message, which travels in a header", () => {
  const { message } = statusOfVerdicts([deny("x".repeat(10_000))])!;
  assert.is(message, `${"x".repeat(4_096)}… (5908 more)`);
});

test("what a plugin says reaches the other side in one line, with nothing hidden in it", () => {
  const { message } = statusOfVerdicts([deny("\u001b[2Jgone\nadmitted\u202e")])!;
  assert.not.match(message, /[^ -~…]/);
  assert.match(message, /\[2Jgone/);
  const failure = statusOfError(new PluginError("sandbox.trap", "at\n\u001b[31mred"));
  assert.not.match(failure.message, /[^ -~…]/);
});

test.run();

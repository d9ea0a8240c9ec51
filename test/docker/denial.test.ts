import * as assert from "uvu/assert";
import type { Reason, Verdict } from "../../src/contract/admission.ts";
import { answerOfDenial, answerOfVerdicts, Denial } from "../../src/docker/denial.ts";
import { suite } from "../support/suite.ts";

const test = suite("docker/denial");

const reason = (
  rule: string,
  message = "words",
  severity: Reason["severity"] = "error",
): Reason => ({
  rule,
  message,
  severity,
});
const verdict = (...reasons: Reason[]): Verdict => ({
  allowed: !reasons.some(({ severity }) => severity === "error"),
  reasons,
});

test("answerOfVerdicts() allows where all allow, warnings or not", () => {
  assert.equal(answerOfVerdicts([verdict(), verdict(reason("w", "careful", "warning"))]), {
    Allow: true,
  });
});

test("answerOfVerdicts() says what denies, and nothing else, a line for each reason", () => {
  const one = verdict(reason("privileged", "no privileged containers"), reason("w", "x", "info"));
  assert.equal(answerOfVerdicts([verdict(), one, verdict(reason("image", "no\nline"))]), {
    Allow: false,
    Msg: "no privileged containers [privileged]\nno\\nline [image]",
  });
});

test("answerOfVerdicts() shows twenty reasons, each cut short", () => {
  const many = Array.from({ length: 22 }, (_, i) => reason(`r${i}`, "x".repeat(10_000)));
  const { Msg } = answerOfVerdicts([verdict(...many)]);
  const lines = (Msg as string).split("\n");
  assert.is(lines.length, 21);
  assert.match(lines[19]!, /^x{1000}… \(9000 more\) \[r19\]$/);
  assert.is(lines[20], "and for 2 more reasons");
  const { Msg: less } = answerOfVerdicts([verdict(...many.slice(1))]);
  assert.match(less as string, /\nand for 1 more reason$/);
});

test("answerOfDenial() says the bridge's own rule", () => {
  assert.equal(answerOfDenial(new Denial("cofferdam.body-hidden", "No.\u202e")), {
    Allow: false,
    Msg: "No.\\u{202e} [cofferdam.body-hidden]",
  });
});

test.run();

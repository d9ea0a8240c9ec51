import * as assert from "uvu/assert";
import { MAX_FAULT_TEXT } from "../../src/contract/cni-fault.ts";
import { answerOutcome } from "../../src/host/answer-outcome.ts";
import { suite } from "../support/suite.ts";
import { bytes } from "./fake-guest.ts";

const test = suite("host/answer-outcome");

const CASES: [string, string, string][] = [
  ['{"error":{"code":"capability.denied","message":""}}', "denied", "capability.denied"],
  ['{"error":{"code":"capability.invalid","message":"m"}}', "failed", "capability.invalid"],
  ['{"error":{"code":"x"},"ok":1}', "granted", ""],
  ['{"error":{"code":"x"', "granted", ""],
  ['{"ok":null}', "granted", ""],
  ["", "granted", ""],
];
for (const [answer, outcome, code] of CASES) {
  test(`answerOutcome() takes ${answer || "nothing"} for ${outcome}`, () => {
    const found = answerOutcome("exec_run", bytes(answer));
    assert.equal([found.outcome, found.code ?? ""], [outcome, code]);
  });
}

test("answerOutcome() takes the longest words of a CNI plugin for a refusal", () => {
  const words = "\u0001".repeat(MAX_FAULT_TEXT);
  const cni = { code: 999, details: words, msg: words };
  const error = { code: "capability.failed", details: { cni }, message: "it failed" };
  const found = answerOutcome("delegate_add", bytes(JSON.stringify({ error })));
  assert.equal(found, { outcome: "failed", code: "capability.failed" });
});

const REFUSED = '{"error":{"code":"capability.denied","message":""}}';
const FRAMED: [string, string, string][] = [
  ["an error of its own", `\x01${REFUSED}`, "denied"],
  ["content that looks like one", `\0${REFUSED}`, "granted"],
  ["content that looks like one, without a frame", REFUSED, "granted"],
  ["nothing", "", "granted"],
];
for (const [what, answer, outcome] of FRAMED) {
  test(`answerOutcome() takes what blob_read answers with ${what} for ${outcome}`, () => {
    assert.is(answerOutcome("blob_read", bytes(answer)).outcome, outcome);
  });
}

test.run();

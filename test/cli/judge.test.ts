import * as assert from "uvu/assert";
import { judgeDocument, type JudgeOptions, unreadableResult } from "../../src/cli/judge.ts";
import type { Reason, Verdict } from "../../src/contract/admission.ts";
import type { JudgingPlugin } from "../../src/host/plugin.ts";
import { PluginError } from "../../src/plugin-error.ts";
import { jsonDocument } from "../support/document.ts";
import { MANIFEST } from "../support/guest.ts";
import { suite } from "../support/suite.ts";

const test = suite("judge");

const NOW = "2026-06-01T00:00:00Z";
const reason = (severity: Reason["severity"], rule = "r"): Reason => ({
  rule,
  message: "m",
  severity,
});

/** A plugin that answers what it is given, in place of one in the sandbox. */
function plugin(answer: Verdict | Error, name = "p", kinds = ["json"]): JudgingPlugin {
  return {
    manifest: { ...MANIFEST, name, rules: [{ id: "r", title: "R", help: "do so" }] },
    digest: "sha256:x",
    admission: {
      judges: ({ kind }) => kinds.includes(kind),
      check: () => answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer),
    },
  };
}

const options = (plugins: JudgingPlugin[], change: Partial<JudgeOptions> = {}): JudgeOptions => ({
  plugins,
  waivers: [],
  now: NOW,
  failOnWarning: false,
  signal: new AbortController().signal,
  ...change,
});
const denial: Verdict = { allowed: false, reasons: [{ ...reason("error"), path: "/a" }] };
const waiver = { rule: "r", subject: "thing", reason: "known", until: "2026-12-31" };

test("judgeDocument() maps reasons back to the text and adds the rule's help", async () => {
  const [result] = await judgeDocument(jsonDocument({}), options([plugin(denial)]));
  assert.equal(result, {
    input: "thing.json",
    document: 0,
    kind: "json",
    subject: "thing",
    plugin: { name: "p", version: "1.0.0", digest: "sha256:x" },
    allowed: false,
    reasons: [{
      rule: "r",
      message: "m",
      severity: "error",
      path: "/a",
      line: 3,
      column: 5,
      help: "do so",
      denies: true,
    }],
    error: null,
  });
});

test("judgeDocument() asks only plugins that judge the kind", async () => {
  const yaml = plugin(denial, "q", ["yaml"]);
  assert.is((await judgeDocument(jsonDocument({}), options([plugin(denial), yaml]))).length, 1);
  assert.equal(await judgeDocument(jsonDocument({}), options([yaml])), []);
});

test("judgeDocument() excuses what a waiver names, and says so", async () => {
  const waived = options([plugin(denial)], { waivers: [waiver] });
  const [result] = await judgeDocument(jsonDocument({}), waived);
  assert.is(result!.allowed, true);
  assert.equal(result!.reasons[0]!.waived, { reason: "known", until: "2026-12-31" });
});

test("judgeDocument() still denies for a second error that no waiver names", async () => {
  const both: Verdict = { allowed: false, reasons: [reason("error"), reason("error", "other")] };
  const waived = options([plugin(both)], { waivers: [waiver] });
  assert.is((await judgeDocument(jsonDocument({}), waived))[0]!.allowed, false);
});

test("judgeDocument() lets warnings deny where the operator says so", async () => {
  const warned: Verdict = { allowed: true, reasons: [reason("warning")] };
  const strict = { failOnWarning: true };
  const ask = async (change: Partial<JudgeOptions>) =>
    (await judgeDocument(jsonDocument({}), options([plugin(warned)], change)))[0]!.allowed;
  assert.is(await ask({}), true);
  assert.is(await ask(strict), false);
  assert.is(await ask({ ...strict, waivers: [waiver] }), true);
});

test("judgeDocument() reports a plugin's failure as an error, never as an allow", async () => {
  const failing = plugin(new PluginError("sandbox.trap", "boom"));
  const [result] = await judgeDocument(jsonDocument({}), options([failing]));
  assert.is(result!.allowed, null);
  assert.equal(result!.error, { code: "sandbox.trap", message: "boom" });
});

test("judgeDocument() ends when the run is given up", async () => {
  const given = plugin(new PluginError("call.aborted", "given up"));
  try {
    await judgeDocument(jsonDocument({}), options([given]));
    assert.unreachable("it went on");
  } catch (error) {
    assert.is((error as PluginError).code, "call.aborted");
  }
});

test("unreadableResult() carries the place of the fault", () => {
  const error = new PluginError("document.malformed", "bad", { details: { line: 7, column: 2 } });
  assert.equal(unreadableResult("x.yaml", error).error, {
    code: "document.malformed",
    message: "bad",
    line: 7,
    column: 2,
  });
});

test.run();

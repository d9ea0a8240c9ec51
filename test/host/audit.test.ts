import * as assert from "uvu/assert";
import { type AuditLine, createAudit } from "../../src/host/audit.ts";
import { createRedaction } from "../../src/host/redact.ts";
import { PluginError } from "../../src/plugin-error.ts";
import { suite } from "../support/suite.ts";
import { answering, bytes, CALL, memorySink, PLUGIN, text } from "./fake-guest.ts";

const test = suite("host/audit");

/** The line that one request leaves, and the answer to it. */
async function auditOf(
  fn: Parameters<ReturnType<typeof createAudit>["wrap"]>[0],
  request: string | Uint8Array,
  redact: string[] = [],
): Promise<{ line: AuditLine; answer: string }> {
  const sink = memorySink();
  const wrapped = createAudit(sink, createRedaction(redact)).wrap(fn, PLUGIN);
  const asked = typeof request === "string" ? bytes(request) : request;
  const answer = await wrapped.answer(asked, CALL).then(text, (error) => `threw ${error.code}`);
  assert.is(sink.lines.length, 1);
  assert.not.match(sink.lines[0]!, "\n");
  return { line: JSON.parse(sink.lines[0]!), answer };
}

test("wrap() writes who asked for what, how it went, sizes and time", async () => {
  const { line, answer } = await auditOf(answering("state_get", '{"ok":"v"}'), '{"key":"k"}');
  assert.is(answer, '{"ok":"v"}');
  const { time, durationMs, ...rest } = line;
  assert.equal(rest, {
    plugin: "p",
    digest: PLUGIN.digest,
    instance: "i",
    entry: "admission_check",
    capability: "state",
    function: "state_get",
    request: { key: "k" },
    outcome: "granted",
    requestBytes: 11,
    answerBytes: 10,
  });
  assert.match(time, /^\d{4}-\d\d-\d\dT.*Z$/);
  assert.type(durationMs, "number");
});

const refusal = (code: string) => JSON.stringify({ error: { code, message: "m" } });
const OUTCOMES: [string, string, Partial<AuditLine>][] = [
  ["a denial", refusal("capability.denied"), {
    outcome: "denied",
    code: "capability.denied",
  }],
  ["a failure", refusal("capability.limit"), { outcome: "failed", code: "capability.limit" }],
  ["content that speaks of errors", '{"ok":{"error":{"code":"x"}}}', { outcome: "granted" }],
];
for (const [what, answer, expected] of OUTCOMES) {
  test(`wrap() tells ${what}`, async () => {
    const { line } = await auditOf(answering("state_get", answer), "{}");
    assert.equal({ outcome: line.outcome, ...(line.code && { code: line.code }) }, expected);
  });
}

test("wrap() takes no blob's content for a refusal, and shows no blob", async () => {
  const fn = answering("blob_read", refusal("capability.denied"), "blob");
  const { line } = await auditOf(fn, '{"handle":1,"secret":"s"}');
  assert.equal([line.outcome, line.request, line.requestBytes], ["granted", null, 25]);
});

test("wrap() writes what ended the call, and lets it end", async () => {
  const fn = answering("state_get", () => {
    throw new PluginError("capability.timeout", "late");
  });
  const { line, answer } = await auditOf(fn, "{}");
  assert.is(answer, "threw capability.timeout");
  assert.equal([line.outcome, line.code, line.answerBytes], ["failed", "capability.timeout", 0]);
});

test("wrap() redacts before it writes", async () => {
  const request = '{"token":"secret","key":"k"}';
  const { line } = await auditOf(answering("state_put", '{"ok":1}'), request, ["/token"]);
  assert.equal(line.request, { key: "k", token: "[redacted]" });
});

for (
  const [what, request] of [
    ["no JSON", "{secret"],
    ["a key twice, of which a reader could miss one", '{"token":1,"token":"secret"}'],
    ["no UTF-8", new Uint8Array([0xff, 0xfe])],
    ["too long to be looked at", `{"token":"${"x".repeat(2_000_000)}"}`],
  ] as const
) {
  test(`wrap() shows nothing of a request that is ${what}`, async () => {
    const { line } = await auditOf(answering("state_put", '{"ok":1}'), request, ["/token"]);
    assert.is(line.request, null);
    assert.is(line.requestBytes, request.length);
  });
}

test("wrap() keeps a line short whatever is asked", async () => {
  const { line } = await auditOf(
    answering("state_put", '{"ok":1}'),
    JSON.stringify({ list: new Array(50_000).fill("x") }),
  );
  assert.ok(JSON.stringify(line).length < 5_000);
});

test("a hostile request cannot begin a line of its own", async () => {
  const { line } = await auditOf(
    answering("state_put", '{"ok":1}'),
    JSON.stringify({ key: '\n{"plugin":"other"}\u2028' }),
  );
  assert.equal(line.request, { key: '\n{"plugin":"other"}\u2028' });
});

test("a line shows no character that a terminal or an eye could be misled by", async () => {
  const sink = memorySink();
  const fn = answering("state_put", '{"ok":1}');
  await createAudit(sink, createRedaction()).wrap(fn, PLUGIN)
    .answer(bytes(JSON.stringify({ key: "\u009b31m\u202e\u2028" })), CALL);
  assert.not.match(sink.lines[0]!, /[\p{Cc}\p{Cf}\u2028]/u);
  assert.equal(JSON.parse(sink.lines[0]!).request, { key: "\u009b31m\u202e\u2028" });
});

test("what cannot be written down fails the call, and nothing is answered from then on", async () => {
  const sink = memorySink();
  const audit = createAudit(sink, createRedaction());
  const first = answering("state_put", '{"ok":1}');
  const second = answering("state_get", '{"ok":1}');
  sink.break();
  const code = (fn: typeof first) =>
    audit.wrap(fn, PLUGIN).answer(bytes("{}"), CALL).then(() => "answered", (e) => e.code);
  assert.is(await code(first), "output.unwritable");
  assert.is(await code(second), "output.unwritable");
  assert.equal([first.calls, second.calls], [1, 0]);
});

test.run();

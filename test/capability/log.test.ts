import * as assert from "uvu/assert";
import { createLogLine, LogBudget, type LogLine, readLogLine } from "../../src/capability/log.ts";
import { LIMITS } from "../../src/limits.ts";
import { PluginError } from "../../src/plugin-error.ts";
import { suite } from "../support/suite.ts";

const test = suite("log");

const read = (request: unknown): LogLine =>
  readLogLine(
    new TextEncoder().encode(typeof request === "string" ? request : JSON.stringify(request)),
  );

test("readLogLine() reads a line", () => {
  assert.equal(read({ level: "info", message: "hello" }), { level: "info", message: "hello" });
  const fields = { a: 1, b: null, c: ["x", true], d: { e: "f" } };
  assert.equal(read({ level: "error", message: "", fields }), {
    level: "error",
    message: "",
    fields,
  });
});

test("readLogLine() refuses what is no line", () => {
  const requests = [
    "",
    "text",
    "[]",
    { level: "info" },
    { message: "x" },
    { level: "INFO", message: "x" },
    { level: "fatal", message: "x" },
    { level: "info", message: 1 },
    { level: "info", message: "x", fields: [] },
    { level: "info", message: "x", more: 1 },
    '{"level":"info","message":"\\ud800"}',
  ];
  for (const request of requests) {
    try {
      read(request);
      assert.unreachable(JSON.stringify(request));
    } catch (error) {
      assert.is((error as PluginError).code, "capability.invalid", JSON.stringify(request));
    }
  }
});

test("readLogLine() makes message, names and values safe, however deep", () => {
  const bad = "\x1b[2J\n";
  const safe = "\\u{1b}[2J\\n";
  const line = read({ level: "warn", message: bad, fields: { [bad]: [{ [bad]: bad }] } });
  assert.equal(line, { level: "warn", message: safe, fields: { [safe]: [{ [safe]: safe }] } });
});

test("readLogLine() takes names of prototypes for names", () => {
  const line = read('{"level":"info","message":"","fields":{"__proto__":{"x":1},"toString":2}}');
  assert.equal(Object.keys(line.fields!).sort(), ["__proto__", "toString"]);
  assert.is(({} as { x?: unknown }).x, undefined);
  assert.is((line.fields as { x?: unknown }).x, undefined);
});

test("readLogLine() cuts long messages and bounds fields together", () => {
  const long = "x".repeat(LIMITS.logLineLength + 10);
  assert.match(read({ level: "info", message: long }).message, /x… \(10 more\)$/);
  const many = Object.fromEntries(Array.from({ length: 1_000 }, (_, n) => [`f${n}`, long]));
  const { fields } = read({ level: "info", message: "", fields: many });
  assert.ok(JSON.stringify(fields).length < 3 * LIMITS.logLineLength);
  const wide = Array.from({ length: 60 }, () => Array.from({ length: 60 }, () => 1));
  const line = read({ level: "info", message: "", fields: { wide } });
  assert.ok(JSON.stringify(line.fields).length < 2_000);
});

test("createLogLine() does the same for text from elsewhere", () => {
  assert.equal(createLogLine("debug", "a\nb"), { level: "debug", message: "a\\nb" });
});

test("LogBudget counts lines, drops what is over and says so once", () => {
  const budget = new LogBudget({ logLines: 2, logBytes: 1_000 });
  const line: LogLine = { level: "info", message: "x" };
  assert.equal([1, 2, 3, 4].map(() => budget.take(line)), [true, true, false, false]);
  assert.ok(budget.isSpent);
  budget.drop();
  assert.match(budget.end()!.message, /^3 lines were dropped/);
  assert.is(budget.end(), undefined);
  assert.is(new LogBudget().end(), undefined);
});

test("LogBudget counts bytes of message and fields, as UTF-8", () => {
  const budget = new LogBudget({ logLines: 100, logBytes: 20 });
  assert.ok(budget.take({ level: "info", message: "\u00e9".repeat(5) }));
  assert.not.ok(budget.isSpent);
  assert.not.ok(budget.take({ level: "info", message: "", fields: { name: "long" } }));
  // What is dropped once stays dropped: a log with holes misleads.
  assert.not.ok(budget.take({ level: "info", message: "" }));
  assert.match(budget.end()!.message, /^2 lines were dropped/);
});

test.run();

import * as assert from "uvu/assert";
import { LineLog } from "../../../src/sandbox/wasi/line-log.ts";
import { suite } from "../../support/suite.ts";

const test = suite("sandbox/line-log");

const encode = (text: string) => new TextEncoder().encode(text);

function logged(...parts: (string | Uint8Array)[]): string[] {
  const lines: string[] = [];
  const log = new LineLog((line) => lines.push(line));
  for (const part of parts) log.write(typeof part === "string" ? encode(part) : part);
  log.flush();
  return lines;
}

test("LineLog joins what comes in parts and keeps empty lines", () => {
  assert.equal(logged("a", "b\n\nc\r\n", "", "d"), ["ab", "", "c\r", "d"]);
  assert.equal(logged("a\n"), ["a"]);
  assert.equal(logged(), []);
});

test("LineLog joins a character that comes in parts", () => {
  const bytes = encode("é🎉\n");
  assert.equal(logged(...Array.from(bytes, (byte) => Uint8Array.of(byte))), ["é🎉"]);
});

test("LineLog cuts a long line between two characters", () => {
  for (const letter of ["a", "é", "漢", "🎉"]) {
    for (const before of ["", "a", "aa", "aaa"]) {
      const text = before + letter.repeat(5_000);
      const lines = logged(text);
      assert.is(lines.join(""), text);
      assert.ok(lines.every((line) => encode(line).length <= 8 * 1024));
    }
  }
});

test("LineLog survives what is not UTF-8", () => {
  assert.equal(logged(Uint8Array.of(0xff, 0x0a, 0xc3)), ["\ufffd", "\ufffd"]);
  const flood = logged(new Uint8Array(20_000).fill(0x80));
  assert.is(flood.join(""), "\ufffd".repeat(20_000));
  assert.equal(logged("\ufeffx"), ["\ufeffx"]);
});

test("LineLog says once that it takes no more", () => {
  for (const flood of [new Uint8Array(2_000_000).fill(0x61), new Uint8Array(2_000_000).fill(10)]) {
    const lines = logged("first\n", flood, flood, "last");
    assert.is(lines[0], "first");
    assert.match(lines.at(-1)!, /^\(what follows is dropped/);
    assert.is(lines.filter((line) => line.startsWith("(")).length, 1);
    assert.ok(lines.length < 17_000 && lines.join("").length < 1_100_000, `${lines.length}`);
  }
});

test.run();

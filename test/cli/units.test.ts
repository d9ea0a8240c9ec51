import * as assert from "uvu/assert";
import { readCount, readDuration, readPages } from "../../src/cli/units.ts";
import type { PluginError } from "../../src/plugin-error.ts";
import { suite } from "../support/suite.ts";

const test = suite("cli/units");

type Reader = (flag: string, text: string) => number;
const READ: [Reader, string, number][] = [
  [readDuration, "500", 500],
  [readDuration, "500ms", 500],
  [readDuration, "5s", 5_000],
  [readDuration, "2m", 120_000],
  [readPages, "1024", 1_024],
  [readPages, "64MiB", 1_024],
  [readPages, "128KiB", 2],
  [readPages, "4GiB", 65_536],
  [readCount, "1", 1],
  [readCount, "5_000_000_000", 5_000_000_000],
];
for (const [read, text, value] of READ) {
  test(`${read.name}() reads ${text}`, () => {
    assert.is(read("flag", text), value);
  });
}

const REFUSED: [Reader, string[]][] = [
  [readDuration, ["", "0", "-1", "1.5s", "5 s", "5h", "s", "99999999999", "1e3", "0x10", "NaN"]],
  [readPages, ["", "0", "65537", "1KiB", "100KiB", "64MB", "5GiB", "64mib", "1.5MiB", "Infinity"]],
  [readCount, ["", "0", "_1", "-1", "1e9", "9007199254740993", "1.5"]],
];
for (const [read, texts] of REFUSED) {
  for (const text of texts) {
    test(`${read.name}() refuses ${JSON.stringify(text)}`, () => {
      assert.throws(
        () => read("flag", text),
        (error: PluginError) => error.code === "usage.invalid" && error.message.includes("--flag"),
      );
    });
  }
}

test.run();

import * as assert from "uvu/assert";
import { isDate, isDateOrTime, isUtcTime } from "../src/date.ts";
import { suite } from "./support/suite.ts";

const test = suite("date");

const CASES: [string, boolean, boolean, boolean][] = [
  ["2026-01-31", true, true, false],
  ["2024-02-29", true, true, false],
  ["2026-02-29", false, false, false],
  ["2026-02-31", false, false, false],
  ["2026-13-01", false, false, false],
  ["2026-1-1", false, false, false],
  ["2026-01-31T12:00:00Z", true, false, true],
  ["2026-01-31T12:00:00.5Z", true, false, true],
  ["2026-01-31T12:00:00+02:00", true, false, false],
  ["2026-01-31T25:00:00Z", false, false, false],
  ["2026-01-31T12:00:00", false, false, false],
  ["2026-01-31T12:00:00Z\n", false, false, false],
  ["31 Jan 2026", false, false, false],
  ["", false, false, false],
];
for (const [text, any, date, utc] of CASES) {
  test(`isDateOrTime(), isDate() and isUtcTime() read ${JSON.stringify(text)}`, () => {
    assert.equal([isDateOrTime(text), isDate(text), isUtcTime(text)], [any, date, utc]);
  });
}

test.run();

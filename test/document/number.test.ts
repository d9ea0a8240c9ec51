import * as assert from "uvu/assert";
import { exactInteger, readDecimal } from "../../src/document/number.ts";
import { suite } from "../support/suite.ts";

const test = suite("document/number");

for (
  const [literal, value] of [
    ["0", 0],
    ["-0", 0],
    ["-0.0e5", 0],
    ["1", 1],
    ["1.5", 1.5],
    ["+7", 7],
    [".5", .5],
    ["2.", 2],
    ["1e3", 1000],
    ["1e-400", 0],
    ["9007199254740991", 9007199254740991],
    ["-9007199254740991", -9007199254740991],
    ["9007199254740992", "9007199254740992"],
    ["9007199254740993", "9007199254740993"],
    ["9007199254740993.0", "9007199254740993"],
    ["-9007199254740993", "-9007199254740993"],
    ["12345678901234567890.0", "12345678901234567890"],
    // With a fraction it is a double, as rounded as any.
    ["1234567890123456789012e-2", 12345678901234567890.12],
    ["1e20", "100000000000000000000"],
    ["-1.5e17", "-150000000000000000"],
    ["123456789012345678900e-1", "12345678901234567890"],
    ["00012345678901234567890", "12345678901234567890"],
    ["1e308", `1${"0".repeat(308)}`],
    ["1e309", undefined],
    ["-1e400", undefined],
    ["9".repeat(400), undefined],
  ] as const
) {
  test(`readDecimal() reads ${literal.slice(0, 30)}`, () => {
    assert.ok(Object.is(readDecimal(literal), value), String(readDecimal(literal)));
  });
}

test("exactInteger() rounds no integer", () => {
  assert.is(exactInteger(5n), 5);
  assert.ok(Object.is(exactInteger(-0n), 0));
  assert.is(exactInteger(2n ** 53n), "9007199254740992");
  assert.is(exactInteger(-(2n ** 64n)), "-18446744073709551616");
  assert.is(exactInteger(10n ** 400n), undefined);
});

test.run();

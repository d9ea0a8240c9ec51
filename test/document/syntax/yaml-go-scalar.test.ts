import * as assert from "uvu/assert";
import { isGoFloat, readGoScalar } from "../../../src/document/syntax/yaml-go-scalar.ts";
import { suite } from "../../support/suite.ts";

const test = suite("document/syntax/yaml-go-scalar");

// The values are those of sigs.k8s.io/yaml 1.6.
for (
  const [text, value] of [
    ["y", true],
    ["On", true],
    ["NO", false],
    ["0400", 256],
    ["-010", -8],
    ["+0644", 420],
    ["0o17", 15],
    ["-0o17", -15],
    ["0B1_1", 3],
    ["-0x1", -1],
    ["-_1", -1],
    ["1_000", 1000],
    ["1__0_", 10],
    ["1_0.5", 10.5],
    ["-.5_0", -0.5],
    ["0b-1", -1],
    ["0b+11", 3],
    ["0xffffffffffffffff", "18446744073709551615"],
    ["-0x8000000000000000", "-9223372036854775808"],
  ] as const
) {
  test(`readGoScalar() reads ${text} as ${value}`, () => {
    assert.equal(readGoScalar(text), { value });
  });
}

for (
  const text of [
    "",
    "yEs",
    "true",
    "a",
    "08",
    "1.5",
    "_1",
    "1:30",
    "0b2",
    "-",
    "99999999999999999999",
  ]
) {
  test(`readGoScalar() leaves ${JSON.stringify(text)} to YAML 1.2`, () => {
    assert.is(readGoScalar(text), undefined);
  });
}

for (
  const text of [
    ".5_0",
    "0xfffffffffffffffff",
    "-0x8000000000000001",
    "07777777777777777777777777",
    "1_0000000000000000000000",
    `0b-${"0".repeat(70)}1`,
    "0".repeat(1_000_000),
  ]
) {
  test(`readGoScalar() does not know what ${text.slice(0, 30)} is`, () => {
    assert.is(readGoScalar(text), "unknown");
  });
}

test("isGoFloat() tells floating-point numbers from integers and text", () => {
  for (const text of ["1.0", "1e3", ".5", "08", "1_0.5", "99999999999999999999"]) {
    assert.ok(isGoFloat(text), text);
  }
  for (const text of ["1", "0x1e1", "010", "v1", "-", "1.2.3"]) assert.not(isGoFloat(text), text);
});

test.run();

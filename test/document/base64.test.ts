import * as assert from "uvu/assert";
import { decodeBase64, encodeBase64 } from "../../src/document/base64.ts";
import { suite } from "../support/suite.ts";

const test = suite("document/base64");

for (
  const [text, bytes] of [
    ["", []],
    ["Zg==", [0x66]],
    ["Zg", [0x66]],
    ["Zm8=", [0x66, 0x6f]],
    ["Zm9v", [0x66, 0x6f, 0x6f]],
    ["+/+/", [0xfb, 0xff, 0xbf]],
    ["-_-_", [0xfb, 0xff, 0xbf]],
    ["-w", [0xfb]],
  ] as const
) {
  test(`decodeBase64() reads ${JSON.stringify(text)}`, () => {
    assert.equal(decodeBase64(text), Uint8Array.from(bytes));
  });
}

for (
  const [name, text] of [
    ["both alphabets", "+_+_"],
    ["half of the padding", "Zg="],
    ["padding that is not needed", "Zm9v="],
    ["padding in the middle", "Zg==Zg=="],
    ["one digit too many", "Zm9vY"],
    ["white space", "Zm9v\n"],
    ["a space inside", "Zm 9v"],
    ["unused bits that are set", "Zh=="],
    ["unused bits that are set, without padding", "Zm9"],
    ["other characters", "Zm9*"],
  ] as const
) {
  test(`decodeBase64() refuses ${name}`, () => assert.is(decodeBase64(text), undefined));
}

test("encodeBase64() writes what decodeBase64() reads, also much of it", () => {
  assert.is(encodeBase64(Uint8Array.of(255, 0)), "/wA=");
  for (const length of [0, 1, 2, 3, 12_287, 12_288, 12_289, 100_000]) {
    const bytes = Uint8Array.from({ length }, (_, index) => index * 7);
    assert.equal(decodeBase64(encodeBase64(bytes)), bytes, String(length));
  }
});

test.run();

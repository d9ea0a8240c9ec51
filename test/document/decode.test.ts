import * as assert from "uvu/assert";
import { decodeText } from "../../src/document/decode.ts";
import { suite } from "../support/suite.ts";
import { failure } from "./read.ts";

const test = suite("document/decode");

function utf16(text: string, isLittle: boolean, hasMark: boolean): Uint8Array {
  const bytes: number[] = [];
  for (const unit of (hasMark ? "\uFEFF" : "") + text) {
    const code = unit.charCodeAt(0);
    bytes.push(...(isLittle ? [code & 255, code >> 8] : [code >> 8, code & 255]));
  }
  return Uint8Array.from(bytes);
}

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

for (
  const [name, bytes] of [
    ["UTF-8", utf8("a: ü")],
    ["UTF-8 with a byte-order mark", utf8("\uFEFFa: ü")],
    ["UTF-16LE with a byte-order mark", utf16("a: ü", true, true)],
    ["UTF-16BE with a byte-order mark", utf16("a: ü", false, true)],
    ["UTF-16LE known by its NULs", utf16("a: ü", true, false)],
    ["UTF-16BE known by its NULs", utf16("a: ü", false, false)],
  ] as const
) {
  test(`decodeText() reads ${name}`, () => assert.is(decodeText(bytes), "a: ü"));
}

test("decodeText() keeps a byte-order mark that is not the first character", () => {
  assert.is(decodeText(utf8("a\uFEFFb")), "a\uFEFFb");
});

for (
  const [name, bytes, place] of [
    ["an ill-formed byte", [0x61, 0x0a, 0x62, 0xff], "2:2"],
    ["an ill-formed byte behind a written U+FFFD", [0xef, 0xbf, 0xbd, 0x61, 0xff], "1:3"],
    ["an ill-formed byte behind an emoji", [0xf0, 0x9f, 0x98, 0x80, 0xff], "1:3"],
    ["an overlong form", [0x61, 0xc0, 0x80], "1:2"],
    ["a surrogate in UTF-8", [0x61, 0xed, 0xa0, 0x80], "1:2"],
    ["half of a pair in UTF-16", [0xff, 0xfe, 0x61, 0x00, 0x00, 0xd8], "1:2"],
    ["half a unit of UTF-16", [0xff, 0xfe, 0x61, 0x00, 0x62], "1:2"],
    ["a NUL in the middle", [0x61, 0x62, 0x63, 0x00], "1:4"],
    ["an ELF binary", [0x7f, 0x45, 0x4c, 0x46, 0x02, 0x01], "1:5"],
    ["UTF-32", [0xff, 0xfe, 0x00, 0x00, 0x61, 0x00, 0x00, 0x00], "1:1"],
    ["NULs alone", [0x00, 0x00, 0x00], "1:1"],
  ] as const
) {
  test(`decodeText() refuses ${name} and says where`, async () => {
    assert.is(
      await failure(() => decodeText(Uint8Array.from(bytes)), /^Decoding the input failed: /),
      `document.encoding ${place}`,
    );
  });
}

test.run();

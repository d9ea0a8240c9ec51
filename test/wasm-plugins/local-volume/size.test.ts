import * as assert from "uvu/assert";
import { readSize } from "../../../wasm-plugins/local-volume/size.ts";
import { suite } from "../../support/suite.ts";

const test = suite("wasm-plugins/local-volume/size");

const SIZES: readonly (readonly [string, number | undefined])[] = [
  ["1", 1],
  ["0010", 10],
  ["7b", 7],
  ["1k", 1024],
  ["1K", 1024],
  ["1kb", 1024],
  ["1kiB", 1024],
  ["10m", 10 * 1024 ** 2],
  ["2g", 2 * 1024 ** 3],
  ["3t", 3 * 1024 ** 4],
  ["4p", 4 * 1024 ** 5],
  ["9007199254740991", Number.MAX_SAFE_INTEGER],
  ["9007199254740992", undefined],
  ["8p", undefined],
  ["99999999999999999", undefined],
  ["0", undefined],
  ["0g", undefined],
  ["", undefined],
  ["g", undefined],
  ["-1", undefined],
  ["+1", undefined],
  ["1.5g", undefined],
  ["1 g", undefined],
  [" 1", undefined],
  ["1\n", undefined],
  ["1ib", undefined],
  ["1kk", undefined],
  ["1e3", undefined],
  ["0x10", undefined],
  ["١", undefined],
];

for (const [text, bytes] of SIZES) {
  test(`readSize() takes ${JSON.stringify(text)} for ${bytes}`, () => {
    assert.is(readSize(text), bytes);
  });
}

test.run();

import * as assert from "uvu/assert";
import { isAddress, isNetwork, parseAddress } from "../src/address.ts";
import { suite } from "./support/suite.ts";

const test = suite("address");

const GOOD = [
  ...["0.0.0.0", "10.1.2.3", "255.255.255.255", "10.0.0.0/8", "10.0.0.1/32", "10.0.0.1/0"],
  ...["::", "::1", "fd00::", "fd00::/64", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7::", "::2:3:4:5:6:7:8"],
  ...["::ffff:10.0.0.1", "1:2:3:4:5:6:10.0.0.1", "64:ff9b::10.0.0.1/96", "ABCD::1/128"],
];
const BAD = [
  ...["", "/8", "10.0.0", "10.0.0.0.0", "010.0.0.1", "10.0.0.256", "10.0.0.1/33", "10.0.0.1/08"],
  ...["10.0.0.1/", "10.0.0.1/-1", "10.0.0.1/8/8", " 10.0.0.1", "10.0.0.1\n", "0x7f.1", "127.1"],
  ...[":", ":::", "1::2::3", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8::", "12345::"],
  ...["fe80::1%eth0", "::1/129", "10.0.0.1::", "1:2:3:4:5:6:7:10.0.0.1", "g::", "[::1]", ":1:2::"],
  ...["10.0.0.1:80", "::10.0.0", "1:2:3:4:5:6:7:"],
];

for (const text of GOOD) {
  test(`isAddress() takes ${JSON.stringify(text)}`, () => assert.ok(isAddress(text)));
}
for (const text of BAD) {
  test(`isAddress() refuses ${JSON.stringify(text)}`, () => assert.not(isAddress(text)));
}

const PARSED: readonly (readonly [string, 4 | 6, bigint, number | undefined])[] = [
  ["10.1.2.3", 4, 0x0a010203n, undefined],
  ["255.255.255.255/32", 4, 0xffffffffn, 32],
  ["0.0.0.0/0", 4, 0n, 0],
  ["::", 6, 0n, undefined],
  ["::1", 6, 1n, undefined],
  ["1::", 6, 1n << 112n, undefined],
  ["fd00::a:1/64", 6, (0xfd00n << 112n) | 0xa0001n, 64],
  ["1:2:3:4:5:6:7:8", 6, 0x0001_0002_0003_0004_0005_0006_0007_0008n, undefined],
  ["1:2:3:4:5:6:7::", 6, 0x0001_0002_0003_0004_0005_0006_0007_0000n, undefined],
  ["64:ff9b::10.0.0.1/96", 6, (0x64_ff9bn << 96n) | 0x0a000001n, 96],
];
for (const [text, family, value, length] of PARSED) {
  test(`parseAddress() reads ${text}`, () => {
    assert.equal(parseAddress(text), { family, value, length });
  });
}

test("parseAddress() reads nothing that isAddress() refuses", () => {
  for (const text of BAD) assert.is(parseAddress(text), undefined, text);
});

test("isNetwork() wants a prefix length and nothing behind the prefix", () => {
  for (const text of ["10.0.0.0/8", "0.0.0.0/0", "10.0.0.1/32", "fd00::/16", "::/0"]) {
    assert.ok(isNetwork(text), text);
  }
  for (const text of ["10.0.0.0", "10.0.0.1/8", "0.0.0.1/0", "fd00::1/127", "::1/0", "x/8"]) {
    assert.not(isNetwork(text), text);
  }
});

test.run();

import * as assert from "uvu/assert";
import { isAddress, parseAddress } from "../../../src/address.ts";
import {
  endOf,
  includes,
  readIp,
  readNetwork,
  writeIp,
  writeNetwork,
} from "../../../wasm-plugins/shared/address.ts";
import { suite } from "../../support/suite.ts";

const test = suite("wasm-plugins/shared/address");

/** As they are read, and the one way that they are written. */
const ADDRESSES: readonly (readonly [string, string])[] = [
  ["10.0.0.1", "10.0.0.1"],
  ["0.0.0.0", "0.0.0.0"],
  ["255.255.255.255", "255.255.255.255"],
  ["::", "::"],
  ["::1", "::1"],
  ["1::", "1::"],
  ["FD00:0:0:0:0:0:0:1", "fd00::1"],
  ["1:0:0:2:0:0:0:3", "1:0:0:2::3"],
  ["1:0:0:2:3:0:0:4", "1::2:3:0:0:4"],
  ["0:0:1:0:0:0:0:0", "0:0:1::"],
  ["10:0:0:1:2:3:4:5", "10::1:2:3:4:5"],
  ["1:2:3:4:5:6:0:8", "1:2:3:4:5:6:0:8"],
  ["0:2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"],
  ["100:200:0:0:10:20:30:40", "100:200::10:20:30:40"],
  ["1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"],
];
for (const [text, written] of ADDRESSES) {
  test(`writeIp() writes ${text} as ${written}`, () => {
    const ip = readIp(text)!;
    const { family, value } = parseAddress(text)!;
    assert.equal(ip, { family, value });
    assert.is(writeIp(ip), written);
    assert.equal(readIp(written), ip);
  });
}

test("readIp() reads nothing that the host would not", () => {
  const bad = [
    ...["", "10.0.0", "10.0.0.256", "010.0.0.1", "1.2.3.4.5", ":", ":::", "1::2::3"],
    ...["1:2:3:4:5:6:7", "1:2:3:4:5:6:7::8", "12345::", "g::", "fe80::1%eth0", "[::1]", "::1 "],
  ];
  assert.is(readIp("10.0.0.1/8"), undefined);
  for (const text of bad) {
    assert.is(readIp(text), undefined, text);
    assert.not(isAddress(text), text);
  }
});

test("readIp() and writeIp() agree about every form of zeros", () => {
  for (let bits = 0; bits < 256; bits++) {
    const groups = Array.from({ length: 8 }, (_, i) => ((bits >> i) & 1) === 1 ? "a1" : "0");
    const ip = readIp(groups.join(":"))!;
    const text = writeIp(ip);
    assert.equal(readIp(text), ip, text);
    assert.is(parseAddress(text)!.value, ip.value, text);
    assert.not(/(?:^|:)0:0(?::|$)/.test(text) && !text.includes("::"), text);
  }
});

test("readNetwork() takes any address of a network for it", () => {
  for (
    const [text, written] of [
      ["10.77.5.9/16", "10.77.0.0/16"],
      ["10.77.5.9/32", "10.77.5.9/32"],
      ["10.77.5.9/0", "0.0.0.0/0"],
      ["fd00::a:b/64", "fd00::/64"],
      ["fd00::a:b/128", "fd00::a:b/128"],
    ] as const
  ) assert.is(writeNetwork(readNetwork(text)!), written);
  for (
    const text of ["10.0.0.0", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/08", "::/129", "/8", "x/8"]
  ) {
    assert.is(readNetwork(text), undefined, text);
  }
});

test("includes() tells parts from wholes", () => {
  const is = (whole: string, part: string) => includes(readNetwork(whole)!, readNetwork(part)!);
  assert.ok(is("10.0.0.0/8", "10.255.255.0/24"));
  assert.ok(is("10.0.0.0/8", "10.0.0.0/8"));
  assert.not(is("10.0.0.0/8", "11.0.0.0/24"));
  assert.not(is("10.0.0.0/24", "10.0.0.0/8"));
  assert.not(is("::/0", "10.0.0.0/8"));
  assert.is(endOf(readNetwork("10.0.0.0/30")!), 0x0a000003n);
});

test.run();

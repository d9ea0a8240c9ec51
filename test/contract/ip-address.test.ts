import * as v from "valibot";
import * as assert from "uvu/assert";
import {
  CidrSchema,
  IpSchema,
  Ipv4CidrSchema,
  Ipv4Schema,
  Ipv6CidrSchema,
  Ipv6Schema,
  isSameAddress,
  MacAddressSchema,
  NetworkSchema,
  StationAddressSchema,
  withoutLength,
} from "../../src/contract/ip-address.ts";
import { suite } from "../support/suite.ts";

const test = suite("ip-address");

/** What each schema takes and refuses. */
const FORMS = {
  Ipv4Schema: [Ipv4Schema, ["10.0.0.1", "0.0.0.0"], ["10.0.0.1/8", "fd00::1", "", "10.0.0", 1]],
  Ipv6Schema: [
    Ipv6Schema,
    ["fd00::1", "::", "FD00::A"],
    ["fd00::1/64", "10.0.0.1", "::ffff:10.0.0.1", "::ffff:a00:1", "fe80::1%eth0"],
  ],
  Ipv4CidrSchema: [
    Ipv4CidrSchema,
    ["10.0.0.1/8", "0.0.0.0/0"],
    ["10.0.0.1", "10.0.0.1/33", "010.0.0.1/8", "fd00::1/64"],
  ],
  Ipv6CidrSchema: [
    Ipv6CidrSchema,
    ["fd00::1/64", "::/0"],
    ["fd00::1", "fd00::1/129", "10.0.0.1/8", "::ffff:10.0.0.0/120"],
  ],
  IpSchema: [IpSchema, ["10.0.0.1", "fd00::1"], ["10.0.0.1/8", "fd00::1/64", "host"]],
  CidrSchema: [CidrSchema, ["10.0.0.1/8", "fd00::1/64"], ["10.0.0.1", "fd00::1", null]],
  NetworkSchema: [
    NetworkSchema,
    ["10.0.0.0/8", "10.0.0.1/32", "0.0.0.0/0", "fd00::/64", "::/0", "fd00::1/128"],
    ["10.0.0.1/8", "10.0.0.0", "fd00::1/64", "10.0.0.128/24", "fd00::1:0:0:0:0/63"],
  ],
  MacAddressSchema: [
    MacAddressSchema,
    ["02:42:0a:00:00:01", "FF:ff:ff:ff:ff:ff"],
    [
      "02-42-0a-00-00-01",
      "0242.0a00.0001",
      "02:42:0a:00:00",
      "02:42:0a:00:00:01:02",
      "2:4:a:0:0:1",
    ],
  ],
  StationAddressSchema: [
    StationAddressSchema,
    ["02:42:0a:00:00:01", "00:00:00:00:00:01", "fe:00:00:00:00:00"],
    ["00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff", "01:00:5e:00:00:01", "02:42:0a:00:00:0g"],
  ],
} as const;

for (const [name, [schema, good, bad]] of Object.entries(FORMS)) {
  test(`${name} takes what it is for, and nothing else`, () => {
    for (const text of good) assert.ok(v.is(schema, text), text);
    for (const text of bad) assert.not(v.is(schema, text), String(text));
  });
}

test("isSameAddress() compares values, not texts", () => {
  assert.ok(isSameAddress("fd00::1", "FD00:0:0::0:1"));
  assert.ok(isSameAddress("10.0.0.1/8", "10.0.0.1/8"));
  assert.not(isSameAddress("10.0.0.1", "10.0.0.1/8"));
  assert.not(isSameAddress("10.0.0.1/9", "10.0.0.1/8"));
  assert.not(isSameAddress("::a00:1", "10.0.0.1"));
  assert.not(isSameAddress("x", "x"));
});

test("withoutLength() gives the address alone", () => {
  assert.is(withoutLength("10.0.0.1/8"), "10.0.0.1");
  assert.is(withoutLength("fd00::1"), "fd00::1");
});

test.run();

import * as assert from "uvu/assert";
import {
  compareCniVersions,
  isAtLeast,
  knownCniVersion,
  parseCniVersion,
} from "../../src/cni/version.ts";
import { faultOf } from "../support/fault.ts";
import { suite } from "../support/suite.ts";

// "(cni N)" in a test's name is the number of a behaviour of libcni; see README.md.

const test = suite("cni/version");

test("parseCniVersion() takes one to three numbers; nothing is 0.1.0 (cni 30)", () => {
  const cases: [string, [number, number, number]][] = [
    ["", [0, 1, 0]],
    ["1", [1, 0, 0]],
    ["0.3", [0, 3, 0]],
    ["1.1.0", [1, 1, 0]],
    ["0.4567.0", [0, 4567, 0]],
    ["999999999.0.1", [999_999_999, 0, 1]],
  ];
  for (const [text, wanted] of cases) assert.equal(parseCniVersion(text), wanted, text);
});

test("parseCniVersion() refuses what is no version (cni 30)", () => {
  const texts = ["0.", "..", ".1", "1.2.3.4", "1.2.3.4.5", "1.0.f", "v1.0.0", "1 ", "1.-1.0", "+1"];
  for (const text of [...texts, "1.0.0\n", "１.0.0", "9999999999", "1e3", "0x1"]) {
    assert.is(faultOf(() => parseCniVersion(text)).code, "cni.version-malformed", text);
  }
});

test("compareCniVersions() compares numbers, not texts", () => {
  const rising = ["", "0.2.0", "0.3.0", "0.3.1", "0.4.0", "0.10.0", "1.0", "1.0.1", "1.1", "10"];
  for (const [n, a] of rising.entries()) {
    for (const [m, b] of rising.entries()) {
      assert.is(Math.sign(compareCniVersions(a, b)), Math.sign(n - m), `${a} and ${b}`);
    }
  }
  assert.is(compareCniVersions("1", "1.0.0"), 0);
  assert.is(compareCniVersions("", "0.1.0"), 0);
  assert.ok(isAtLeast("0.4.0", "0.4.0"));
  assert.not(isAtLeast("0.3.1", "0.4.0"));
});

test("knownCniVersion() knows the specification's own versions", () => {
  assert.is(knownCniVersion("", "it"), "0.1.0");
  assert.is(knownCniVersion("1.1.0", "it"), "1.1.0");
  for (const version of ["1.2.0", "1.0", "0.4567.0", "x"]) {
    assert.is(faultOf(() => knownCniVersion(version, "it")).code, "cni.version-unsupported");
  }
});

test.run();

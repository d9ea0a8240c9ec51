import * as assert from "uvu/assert";
import { decodeVersionInfo } from "../../src/cni/version-info.ts";
import { bytesOf } from "../support/cni-fake-plugin.ts";
import { faultOf } from "../support/fault.ts";
import { suite } from "../support/suite.ts";

const test = suite("cni/version-info");

test("decodeVersionInfo() reads the list, and knows what came before there was one (cni 8)", () => {
  const cases: [unknown, string[]][] = [
    [{ cniVersion: "1.1.0", supportedVersions: ["0.2.0", "0.999.0"] }, ["0.2.0", "0.999.0"]],
    [{ cniVersion: "0.2.0" }, ["0.1.0", "0.2.0"]],
    [{ cniVersion: "0.2.0", supportedVersions: null }, ["0.1.0", "0.2.0"]],
    [{ cniVersion: "0.2.0", supportedVersions: ["0.3.0"], more: 1 }, ["0.3.0"]],
  ];
  for (const [answer, wanted] of cases) {
    assert.equal(decodeVersionInfo(bytesOf(answer)).supportedVersions, wanted);
  }
});

test("decodeVersionInfo() refuses what does not say", () => {
  const cases: [unknown, RegExp][] = [
    ["", /is empty/],
    ["{", /Parsing JSON failed/],
    ["[]", /Expected|missing/],
    [{ supportedVersions: ["0.2.0"] }, /"cniVersion" is missing/],
    [{ cniVersion: "", supportedVersions: ["0.2.0"] }, /"cniVersion" is missing/],
    [{ cniVersion: "0.3.0" }, /"supportedVersions" is missing/],
    [{ cniVersion: "0.3.0", supportedVersions: [] }, /"supportedVersions" is missing/],
    [{ cniVersion: "0.3.0", supportedVersions: [1] }, /Expected string/],
    [{ cniVersion: 1 }, /Expected/],
  ];
  for (const [answer, wanted] of cases) {
    const { code, message } = faultOf(() => decodeVersionInfo(bytesOf(answer)));
    assert.is(code, "cni.result-malformed");
    assert.match(message, wanted);
  }
});

test.run();

import * as assert from "uvu/assert";
import { FaultError, faultOf, faultOfPlugin } from "../../src/cni/status.ts";
import { ERROR_CODES, type ErrorCode, PluginError } from "../../src/plugin-error.ts";
import { suite } from "../support/suite.ts";

const test = suite("status");

test("faultOf() knows every code, and takes none for a success or a plugin's own", () => {
  for (const code of ERROR_CODES) {
    const fault = faultOf(new PluginError(code, "words"));
    assert.ok([1, 4, 5, 6, 7, 11, 50, 999].includes(fault.code), `${code}: ${fault.code}`);
    assert.equal(fault, { code: fault.code, msg: "words", details: code });
  }
});

for (
  const [code, number] of [
    ["bundle.digest-mismatch", 50],
    ["input.not-found", 50],
    ["trust.writable", 50],
    ["config.invalid", 50],
    ["sandbox.module-invalid", 50],
    ["contract.export-missing", 50],
    ["capability.denied", 50],
    ["sandbox.timeout", 11],
    ["sandbox.closed", 11],
    ["call.aborted", 11],
    ["cni.daemon-lost", 11],
    ["contract.input-invalid", 7],
    ["cni.version-malformed", 6],
    ["sandbox.trap", 999],
    ["sandbox.fuel", 999],
    ["sandbox.guest-error", 999],
    ["contract.output-invalid", 999],
  ] as readonly [ErrorCode, number][]
) {
  test(`faultOf() says ${number} for ${code}`, () => {
    assert.is(faultOf(new PluginError(code, "x")).code, number);
  });
}

test("faultOf() leaves what has a code as it is, and gives all else 999 (cni 17)", () => {
  assert.equal(faultOf(new FaultError(7, "typed")), { code: 7, msg: "typed" });
  assert.equal(faultOf(new FaultError(103, "typed", "more")), {
    code: 103,
    msg: "typed",
    details: "more",
  });
  assert.equal(faultOf(new Error("plain")), {
    code: 999,
    msg: "plain",
    details: "internal.error",
  });
});

test("faultOfPlugin() hands on a plugin's words whole, without a version", () => {
  const msg = `größer als erlaubt: ${"x".repeat(9_000)} "end"`;
  assert.equal(
    faultOfPlugin({ cniVersion: "1.0.0", code: 100, msg, details: "see policy 7" }),
    { code: 100, msg, details: "see policy 7" },
  );
  assert.equal(faultOfPlugin({ code: 3, msg: "gone", details: "" }), { code: 3, msg: "gone" });
});

test("what a plugin says reaches the runtime in one line, with nothing hidden in it", () => {
  const hostile = "\u001b[2Jgone\nadmitted\u202e";
  for (
    const { msg, details } of [
      faultOfPlugin({ code: 1, msg: hostile, details: hostile }),
      faultOf(new PluginError("sandbox.guest-error", hostile)),
    ]
  ) {
    assert.not.match(`${msg}${details}`, /[^ -~]/);
    assert.match(msg, /\[2Jgone\\nadmitted/);
  }
});

test.run();

import * as assert from "uvu/assert";
import { DRIVER_ERROR_CODES } from "../../src/contract/driver-fault.ts";
import { CapabilityError } from "../../src/guest/capability-error.ts";
import { DriverError, driverFaultOf } from "../../src/guest/driver-error.ts";
import { suite } from "../support/suite.ts";

const test = suite("driver-error");

for (const code of DRIVER_ERROR_CODES) {
  test(`driverFaultOf() makes an answer of a DriverError that is ${code}`, () => {
    const message = '"db" cannot be had';
    assert.equal(driverFaultOf(new DriverError(code, message)), { error: { code, message } });
    assert.equal(driverFaultOf(new DriverError(code, "")), { error: { code, message: code } });
  });
}

test("driverFaultOf() makes an answer of what the host has no room or no time for", () => {
  const of = (code: string) => driverFaultOf(new CapabilityError(`capability.${code}`, "why"));
  assert.equal(of("limit"), { error: { code: "limit", message: "why" } });
  assert.equal(of("timeout"), { error: { code: "unavailable", message: "why" } });
  for (const code of ["denied", "invalid", "not-found", "conflict", "failed", "reentrant"]) {
    assert.is(of(code), undefined);
  }
  assert.is(driverFaultOf(new CapabilityError("toString", "why")), undefined);
});

test("driverFaultOf() leaves everything else what it is", () => {
  const others = [new Error("limit"), { code: "limit", message: "x" }, "limit", null, undefined];
  for (const thrown of others) assert.is(driverFaultOf(thrown), undefined);
});

test.run();

import * as assert from "uvu/assert";
import { CAPABILITIES } from "../../src/bundle/manifest.ts";
import { capabilityOf, FUNCTION_NAMES } from "../../src/capability/function-names.ts";
import { CAPABILITY_MODULE } from "../../src/capability-module.ts";
import { suite } from "../support/suite.ts";

const test = suite("function-names");

const imported = (name: string, module: string = CAPABILITY_MODULE, kind = "function") =>
  capabilityOf({ module, name, kind });

test("capabilityOf() says whose a function is", () => {
  for (const capability of CAPABILITIES) {
    for (const name of FUNCTION_NAMES[capability]) assert.is(imported(name), capability);
  }
});

const OTHERS = ["state", "state_", "state_drop", "state_get_x", "__proto__", "toString", ""];
for (const name of OTHERS) {
  test(`capabilityOf() knows no function "${name}"`, () => {
    assert.is(imported(name), undefined);
  });
}

test("capabilityOf() looks at functions of the capabilities' module alone", () => {
  assert.is(imported("state_get", "extism:host/env"), undefined);
  assert.is(imported("state_get", CAPABILITY_MODULE, "global"), undefined);
});

test.run();

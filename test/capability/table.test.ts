import * as assert from "uvu/assert";
import { CAPABILITIES } from "../../src/bundle/manifest.ts";
import { FUNCTION_NAMES, functionOf } from "../../src/capability/function-names.ts";
import { GRANTED_NAMES, loadCapability, openCapability } from "../../src/capability/table.ts";
import { suite } from "../support/suite.ts";

const test = suite("table");

test("it loads each capability by its name, with the functions that are its own", async () => {
  for (const name of GRANTED_NAMES) {
    const capability = await loadCapability(name);
    assert.is(capability.name, name);
    assert.is(capability.functions, FUNCTION_NAMES[name]);
  }
});

test("it has every capability that a manifest can ask for, but log", () => {
  const rest = CAPABILITIES.filter((name) => !(GRANTED_NAMES as readonly string[]).includes(name));
  assert.equal(rest, ["log"]);
});

test("it has nothing by other names", async () => {
  for (const name of ["log", "toString", "__proto__"]) {
    const plugin = { name: "p", digest: "", instance: "p" };
    assert.is(await openCapability(name as "log", {}, plugin), undefined);
  }
});

test("functionOf() says whose a function is, for these names alone", () => {
  for (const name of CAPABILITIES) {
    for (const one of FUNCTION_NAMES[name]) assert.is(functionOf(one), name);
  }
  for (
    const name of ["state", "state_", "state_drop", "state_get_x", "__proto__", "toString", ""]
  ) {
    assert.is(functionOf(name), undefined, name);
  }
});

test.run();

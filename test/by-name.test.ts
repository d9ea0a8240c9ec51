import * as assert from "uvu/assert";
import * as v from "valibot";
import { byName, COMMAND_NAME } from "../src/by-name.ts";
import { suite } from "./support/suite.ts";

const test = suite("by-name");

test("byName() refuses the names that valibot drops, and those that break the rule", () => {
  const any = byName({ pattern: /^/, wanted: "a name" }, v.string());
  assert.equal(v.parse(any, { a: "b", toString: "c" }), { a: "b", toString: "c" });
  for (const name of ["__proto__", "prototype", "constructor"]) {
    assert.not.ok(v.safeParse(any, JSON.parse(`{"a":"b","${name}":"c"}`)).success, name);
  }
  assert.not.ok(v.safeParse(any, []).success);
  const commands = byName(COMMAND_NAME, v.string());
  for (const name of ["ip", "7z", "mk.fs", "a_b-c", "a".repeat(64)]) {
    assert.ok(v.safeParse(commands, { [name]: "" }).success, name);
  }
  for (const name of ["", "Ip", ".a", "-a", "a b", "a".repeat(65)]) {
    assert.not.ok(v.safeParse(commands, { [name]: "" }).success, name);
  }
});

test.run();

import * as assert from "uvu/assert";
import { openBundle } from "../../src/bundle/bundle.ts";
import { describeBundle } from "../../src/bundle/description.ts";
import { capabilityOf } from "../../src/capability/function-names.ts";
import type { WasmImport } from "../../src/wasm/outline.ts";
import { bundleOf, MANIFEST } from "../support/guest.ts";
import { suite } from "../support/suite.ts";

const test = suite("description");

const isOffered = ({ module, name }: WasmImport) =>
  module === "extism:host/env" && name === "input_length";
const describe = async (text: string, manifest = {}) =>
  describeBundle(await openBundle(bundleOf(text, manifest)), {
    isOffered,
    isRefused: ({ name }) => name === "input_length",
    capabilityOf,
  });
const CHECK = '(func (export "admission_check") (result i32) (i32.const 0))';
const user = (name: string) =>
  `(import "extism:host/user" "${name}" (func (param i64) (result i64)))`;

test("describeBundle() finds nothing wrong where manifest and module agree", async () => {
  const d = await describe(
    `(module ${user("state_get")} ${user("log")}
    (import "extism:host/env" "input_length" (func (result i64))) ${CHECK})`,
    {
      capabilities: ["log", "state"],
    },
  );
  assert.is(d.name, MANIFEST.name);
  assert.equal(d.capabilities, { asked: ["log", "state"], imported: ["log", "state"] });
  assert.equal(d.hostFunctions, [
    "extism:host/user.state_get",
    "extism:host/user.log",
    "extism:host/env.input_length",
  ]);
  assert.equal(d.refused, ["extism:host/env.input_length"]);
  assert.equal(d.exports, ["admission_check"]);
  assert.is(d.concurrency, "parallel");
  assert.equal(d.mismatches, []);
});

const MISMATCHES: [string, string, object, RegExp][] = [
  [
    "asks for more than it imports",
    `(module ${CHECK})`,
    { capabilities: ["exec"] },
    /asks for "exec"/,
  ],
  [
    "imports more than it asks for",
    `(module ${user("exec_run")} ${CHECK})`,
    {},
    /does not ask for it/,
  ],
  ["imports what is no capability", `(module ${user("executor")} ${CHECK})`, {}, /nobody offers/],
  [
    "imports a function that a capability does not have",
    `(module ${user("state_drop")} ${CHECK})`,
    {},
    /"state_drop", which nobody offers/,
  ],
  ["imports from elsewhere", `(module (import "env" "f" (func)) ${CHECK})`, {}, /"env" "f"/],
  [
    "imports an Extism function that there is none of",
    `(module (import "extism:host/env" "bogus" (func)) ${CHECK})`,
    {},
    /"bogus", which nobody offers/,
  ],
  [
    "exports its entry point with another type",
    '(module (func (export "admission_check") (param i32)))',
    {},
    /does not export "admission_check" \(\) -> i32/,
  ],
  ["lacks its entry point", "(module)", {}, /does not export "admission_check"/],
];
for (const [what, text, manifest, message] of MISMATCHES) {
  test(`describeBundle() says when a plugin ${what}`, async () => {
    const { mismatches } = await describe(text, manifest);
    assert.is(mismatches.length, 1);
    assert.match(mismatches[0]!, message);
  });
}

test.run();

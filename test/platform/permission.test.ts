import * as assert from "uvu/assert";
import { missingPermission } from "../../src/platform/permission.ts";
import { suite } from "../support/suite.ts";

const test = suite("missingPermission()");

const named = (name: string, message: string) => Object.assign(new Error(message), { name });

const CASES: [string, unknown, string | undefined][] = [
  [
    "the flag that the runtime names",
    named("NotCapable", 'Requires write access to "/x", run again with the --allow-write flag'),
    "--allow-write",
  ],
  ["all, where it names none", named("NotCapable", "no"), "--allow-all"],
  ["nothing of another error", new Error("use --allow-write"), undefined],
  ["nothing of what is no error", "NotCapable", undefined],
];
for (const [what, error, flag] of CASES) {
  test(`it gives ${what}`, () => {
    assert.is(missingPermission(error), flag);
  });
}

test.run();

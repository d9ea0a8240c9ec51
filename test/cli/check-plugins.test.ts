import * as assert from "uvu/assert";
import { pluginArguments } from "../../src/cli/check-plugins.ts";
import { check } from "../../src/cli/check.ts";
import { parseFlags } from "../../src/cli/flags.ts";
import type { PluginError } from "../../src/plugin-error.ts";
import { suite } from "../support/suite.ts";

const test = suite("check-plugins");

const gather = (line: string) => pluginArguments(parseFlags(line.split(" "), check.flags).given);

test("pluginArguments() gives each plugin the flags behind it", () => {
  assert.equal(gather("--plugin a --plugin b --settings s --digest d in --plugin c --settings t"), [
    { path: "a" },
    { path: "b", settingsPath: "s", digest: "d" },
    { path: "c", settingsPath: "t" },
  ]);
});

for (
  const [what, line] of [
    ["settings before any plugin", "--settings s --plugin a"],
    ["settings twice for one plugin", "--plugin a --settings s --settings t"],
  ] as const
) {
  test(`pluginArguments() refuses ${what}`, () => {
    assert.throws(() => gather(line), (error: PluginError) => error.code === "usage.invalid");
  });
}

test.run();

import * as assert from "uvu/assert";
import { check } from "../../src/cli/check.ts";
import { parseFlags } from "../../src/cli/flags.ts";
import { pluginArguments } from "../../src/cli/plugin-flags.ts";
import { PluginError } from "../../src/plugin-error.ts";
import { suite } from "../support/suite.ts";

const test = suite("cli/plugin-flags");

const gather = (line: string) => pluginArguments(parseFlags(line.split(" "), check.flags).given);

test("pluginArguments() gives each plugin the flags behind it", () => {
  assert.equal(gather("--plugin a --plugin b --settings s --digest d in --plugin c --settings t"), [
    { path: "a" },
    { path: "b", settingsPath: "s", digest: "d" },
    { path: "c", settingsPath: "t" },
  ]);
});

test("pluginArguments() reads bounds, instance and grants", () => {
  assert.equal(
    gather(
      "--plugin a --instance i --fuel 1000 --timeout 5s --memory 64MiB --allow-state=/s " +
        "--allow-directory=/d --allow-metadata=m.yaml --allow-delegate=bridge,host-local " +
        "--delegate-path /x:/y --delegate-netns=/n:/m --plugin b --allow-state --fuel 2",
    ),
    [
      {
        path: "a",
        instance: "i",
        fuel: 1_000,
        timeoutMs: 5_000,
        memoryPages: 1_024,
        allow: {
          stateFolder: "/s",
          directoryRoot: "/d",
          metadataSource: "m.yaml",
          delegateTypes: ["bridge", "host-local"],
          delegateFolders: ["/x", "/y"],
          delegateNetns: ["/n", "/m"],
        },
      },
      { path: "b", allow: { stateFolder: "" }, fuel: 2 },
    ],
  );
});

test("--allow-state takes no value behind a space, and does not let it pass for an input", () => {
  assert.throws(
    () => parseFlags(["--plugin", "a", "--allow-state", "k8s/"], check.flags),
    (error: PluginError) =>
      error.code === "usage.invalid" && error.message.includes("--allow-state=k8s/"),
  );
  const { given, positionals } = parseFlags(
    ["--plugin", "a", "--allow-state", "--", "k8s/"],
    check.flags,
  );
  assert.equal(pluginArguments(given), [{ path: "a", allow: { stateFolder: "" } }]);
  assert.equal(positionals, ["k8s/"]);
});

const REFUSED: [string, string][] = [
  ["settings before any plugin", "--settings s --plugin a"],
  ["a grant before any plugin", "--allow-state --plugin a"],
  ["settings twice for one plugin", "--plugin a --settings s --settings t"],
  ["a grant twice for one plugin", "--plugin a --allow-state=x --allow-state"],
  ["an empty folder", "--plugin a --allow-state="],
  ["a bound that is none", "--plugin a --fuel much"],
  ["an empty type", "--plugin a --allow-delegate=bridge,"],
  ["folders without types", "--plugin a --delegate-path /x"],
  ["namespaces without types", "--plugin a --delegate-netns /x"],
  ["a folder of namespaces without a name", "--plugin a --allow-delegate=x --delegate-netns=/x:"],
  [
    "folders whose types belong to another",
    "--plugin a --allow-delegate=x --plugin b --delegate-path /x",
  ],
  ["a folder that is the next flag", "--plugin a --allow-directory --fuel"],
  ["exec, for which there is no flag", "--plugin a --allow-exec=sh"],
];
for (const [what, line] of REFUSED) {
  test(`pluginArguments() refuses ${what}`, () => {
    assert.throws(
      () => gather(line),
      (error: unknown) => error instanceof PluginError && error.code === "usage.invalid",
    );
  });
}

test.run();

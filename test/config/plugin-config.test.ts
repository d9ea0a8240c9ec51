import * as assert from "uvu/assert";
import { readConfig } from "../../src/config/config.ts";
import { grantsAnything, pluginConfig } from "../../src/config/plugin-config.ts";
import type { PluginError } from "../../src/plugin-error.ts";
import { suite } from "../support/suite.ts";

const test = suite("config/plugin-config");

const read = (text: string) => readConfig(new TextEncoder().encode(text), "cofferdam.yaml");

test("readConfig() reads all that can be said of a plugin", async () => {
  const { plugins } = await read(`
plugins:
  s3-volumes:
    path: plugins/s3.wasm
    digest: sha256:${"a".repeat(64)}
    settings: {bucket: b}
    instance: s3
    grants:
      state: {folder: state, maxBytes: 1048576, maxKeys: 100, writesPerSecond: 10}
      directory: {root: /srv/volumes, maxBytes: 1, maxEntries: 2}
      blob: {maxReadBytes: 1, maxWriteBytes: 2}
      metadata: {file: metadata.yaml, packagePrefixes: [infra], maxPages: 3}
      delegate: {types: [bridge, host-local], folders: [/opt/cni/bin], timeoutMs: 5}
    commands:
      mount-s3: {program: /usr/bin/s3fs}
    limits: {fuel: 5000000000, timeoutMs: 60000, memoryPages: 65536}
  bare: {}
`);
  assert.equal(Object.keys(plugins), ["s3-volumes", "bare"]);
  const s3 = pluginConfig(plugins, "s3-volumes")!;
  assert.equal(s3.grants!.delegate, {
    types: ["bridge", "host-local"],
    folders: ["/opt/cni/bin"],
    timeoutMs: 5,
  });
  assert.equal(s3.commands, { "mount-s3": { program: "/usr/bin/s3fs" } });
  assert.equal([grantsAnything(s3), grantsAnything(plugins.bare!)], [true, false]);
});

const REFUSED: [string, string][] = [
  ["a mistyped field", "p: {setings: {}}"],
  ["a mistyped capability", "p: {grants: {dirctory: {root: /}}}"],
  ["a mistyped bound", "p: {grants: {state: {maxbytes: 1}}}"],
  ["a mistyped limit", "p: {limits: {timeout: 1}}"],
  ["exec among the grants", "p: {grants: {exec: {}}}"],
  ["log among the grants", "p: {grants: {log: {}}}"],
  ["a digest that is none", "p: {digest: sha256:abc}"],
  ["no types", "p: {grants: {delegate: {types: []}}}"],
  ["a directory without its root", "p: {grants: {directory: {}}}"],
  ["memory beyond what there is", "p: {limits: {memoryPages: 65537}}"],
  ["a bound of nothing", "p: {limits: {fuel: 0}}"],
  ["a command that is no object", "p: {commands: {ls: /bin/ls}}"],
  ["a command of a strange name", "p: {commands: {../ls: {}}}"],
  ["a command without a name", 'p: {commands: {"": {}}}'],
  ["a name that no manifest has", "P_x: {}"],
  ["a plugin called __proto__", "__proto__: {commands: {}}"],
  ["a plugin called constructor", "constructor: {commands: {}}"],
  ["a command called constructor", "p: {commands: {constructor: {}}}"],
  ["a plugin that is nothing", "p:"],
  ["a plugin that is a list", "p: []"],
  ["grants that are a list", "p: {grants: []}"],
  ["limits that are a list", "p: {limits: []}"],
  ["a list", "[]"],
];
for (const [what, text] of REFUSED) {
  test(`readConfig() refuses ${what}`, async () => {
    const plugins = text === "[]" ? " []" : `\n  ${text}`;
    const error = await read(`plugins:${plugins}\n`).catch((thrown) => thrown);
    assert.is((error as PluginError).code, "config.invalid", JSON.stringify(error));
  });
}

test("pluginConfig() finds nothing under inherited names", async () => {
  const { plugins } = await read("plugins: {}\n");
  for (const name of ["toString", "constructor", "__proto__", "x"]) {
    assert.is(pluginConfig(plugins, name), undefined);
  }
});

test.run();

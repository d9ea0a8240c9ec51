import * as assert from "uvu/assert";
import { CAPABILITIES, type CapabilityName, type Manifest } from "../../src/bundle/manifest.ts";
import { CAPABILITY_MODULE } from "../../src/capability-module.ts";
import type { Grants } from "../../src/capability/table.ts";
import {
  checkGrants,
  instanceName,
  type OpenCapability,
  openGrants,
} from "../../src/host/grants.ts";
import { PluginError } from "../../src/plugin-error.ts";
import type { WasmImport } from "../../src/wasm/outline.ts";
import { MANIFEST } from "../support/guest.ts";
import { suite } from "../support/suite.ts";

const test = suite("host/grants");

const asking = (...capabilities: CapabilityName[]): Manifest => ({ ...MANIFEST, capabilities });
const importing = (...names: string[]): WasmImport[] =>
  names.map((name) => ({ module: CAPABILITY_MODULE, name, kind: "function" }));

const ALL: Grants = {
  state: { folder: "/state" },
  directory: { root: "/srv" },
  blob: {},
  metadata: { provider: { list: () => Promise.resolve({ entries: [] }) } },
  delegate: { types: ["bridge"], folders: ["/opt/cni/bin"] },
  exec: { commands: {} },
};

function errorOf(work: () => unknown): PluginError {
  try {
    work();
  } catch (error) {
    return PluginError.from(error);
  }
  throw new Error("no error");
}

test("checkGrants() gives what is asked for and granted", () => {
  const manifest = asking("state", "log");
  const checked = checkGrants(manifest, importing("state_get", "log"), ALL);
  assert.equal(checked.effective, ["state", "log"]);
});

test("checkGrants() grants nothing to a plugin that asks for nothing", () => {
  assert.equal(checkGrants(MANIFEST, [], {}), { effective: [], warnings: [] });
});

test("checkGrants() takes log without a grant, but not without asking", () => {
  assert.equal(checkGrants(asking("log"), importing("log"), {}).effective, ["log"]);
  assert.is(
    errorOf(() => checkGrants(MANIFEST, importing("log"), {})).code,
    "capability.denied",
  );
});

const WHAT_GRANTS: [CapabilityName, string][] = [
  ["state", "--allow-state[=FOLDER]"],
  ["directory", "--allow-directory=ROOT"],
  ["metadata", "--allow-metadata=FILE"],
  ["delegate", "--allow-delegate=TYPES"],
  ["exec", '"plugins.NAME.commands" in a configuration'],
  ["blob", '"grants.blob"'],
];
for (const [capability, flag] of WHAT_GRANTS) {
  test(`checkGrants() denies ${capability} and names what grants it`, () => {
    const { code, message, details } = errorOf(() => checkGrants(asking(capability), [], {}));
    assert.is(code, "capability.denied");
    assert.ok(message.includes(`"${capability}" is not granted`), message);
    assert.ok(message.includes(flag), message);
    assert.ok(message.includes(`grants.${capability}`), message);
    const field = capability === "exec" ? "commands" : `grants.${capability}`;
    assert.ok(message.includes(`"plugins.NAME.${field}" in a configuration`), message);
    assert.equal(details.capabilities, [capability]);
  });
}

test("checkGrants() names everything that is missing at once", () => {
  const { message, details } = errorOf(() =>
    checkGrants(asking("state", "exec"), importing("exec_run", "directory_list", "blob_read"), {
      state: { folder: "/s" },
    })
  );
  assert.not.match(message, '"state" is not');
  for (const part of ['"exec" is not granted', '"directory_list"', '"blob_read"']) {
    assert.match(message, part);
  }
  assert.equal(details.capabilities, ["exec", "directory", "blob"]);
});

test("checkGrants() denies a function whose capability was granted and not asked for", () => {
  const { code, message } = errorOf(() => checkGrants(MANIFEST, importing("state_get"), ALL));
  assert.is(code, "capability.denied");
  assert.match(message, /imports "state_get", and its manifest does not ask for "state"/);
});

test("checkGrants() warns of what is granted and not asked for", () => {
  const { effective, warnings } = checkGrants(asking("state"), [], ALL);
  assert.equal(effective, ["state"]);
  assert.is(warnings.length, Object.keys(ALL).length - 1);
  assert.match(warnings.join("\n"), /granted "exec" and does not ask for it/);
});

const UNKNOWN: [string, RegExp][] = [
  ["state_drop", /"state_drop" \("state" has state_get/],
  ["exec_", /"exec" has exec_run/],
  ["http_get", /there is no network here/],
  ["openSocket", /there is no network here/],
  ["clock_now", /there is no clock here/],
  ["random-bytes", /there is no randomness here/],
  ["getenv", /there is no environment here/],
  ["read_file", /there are no files here/],
  ["unknown_planet", /"unknown_planet"$/],
  ["__proto__", /"__proto__"$/],
  ["toString", /"toString"$/],
  ["STATE_GET", /"STATE_GET" \("state" has/],
];
for (const [name, hint] of UNKNOWN) {
  test(`checkGrants() refuses the function ${name} by name, whatever was granted`, () => {
    const { code, message } = errorOf(() =>
      checkGrants(asking(...CAPABILITIES), importing(name), ALL)
    );
    assert.is(code, "sandbox.import-unknown");
    assert.match(message, hint);
  });
}

test("checkGrants() refuses what is no function by the name of one", () => {
  const memory: WasmImport = { module: CAPABILITY_MODULE, name: "state_get", kind: "memory" };
  const { code } = errorOf(() => checkGrants(asking("state"), [memory], ALL));
  assert.is(code, "sandbox.import-unknown");
});

test("checkGrants() refuses what neither a capability nor the sandbox has, of any module", () => {
  const offered: WasmImport = {
    module: "extism:host/env",
    name: "alloc",
    kind: "function",
    type: { params: ["i64"], results: ["i64"] },
  };
  assert.equal(checkGrants(MANIFEST, [offered], {}).effective, []);
  for (
    const [name, hint] of [["fetch", /no network/], ["state_get", /"env" "state_get"$/]] as const
  ) {
    const other: WasmImport = { module: "env", name, kind: "function" };
    const { code, message } = errorOf(() => checkGrants(asking("state"), [offered, other], ALL));
    assert.is(code, "sandbox.import-unknown");
    assert.match(message, hint);
    assert.not.match(message, "alloc");
  }
});

test("instanceName() is the operator's, and may be left out only where nothing is kept", () => {
  assert.is(instanceName(MANIFEST, "s3.eu_1-b", ["state"]), "s3.eu_1-b");
  assert.is(instanceName(MANIFEST, undefined, ["log"]), "test-plugin");
  const { code, message } = errorOf(() => instanceName(MANIFEST, undefined, ["log", "state"]));
  assert.is(code, "usage.invalid");
  assert.match(message, "--instance NAME");
});

for (const name of ["", "..", ".hidden", "a/b", "a\0", "a b", "x".repeat(65), "ä"]) {
  test(`instanceName() refuses ${JSON.stringify(name.slice(0, 20))}`, () => {
    assert.is(errorOf(() => instanceName(MANIFEST, name, [])).code, "usage.invalid");
  });
}

const PLUGIN = { name: "p", digest: `sha256:${"0".repeat(64)}`, instance: "i" };

/** Opens capabilities that note what is opened and closed; `failing` cannot be opened. */
function opening(notes: string[], failing?: CapabilityName): OpenCapability {
  return (name, grant) => {
    notes.push(`open ${name} ${JSON.stringify(grant)}`);
    if (name === "blob") return Promise.resolve(undefined);
    if (name === failing) return Promise.reject(new PluginError("config.invalid", "no"));
    const answer = () => Promise.resolve(new Uint8Array());
    return Promise.resolve({
      functions: [{ capability: name, name: `${name}_get`, answer }],
      ...(name === "exec" ? { warnings: ["it runs a shell"] } : {}),
      close: () => {
        notes.push(`close ${name}`);
        return Promise.resolve();
      },
    });
  };
}

test("openGrants() opens what is effective with its grant, and closes it", async () => {
  const notes: string[] = [];
  const opened = await openGrants(opening(notes), ["state", "log", "exec"], ALL, PLUGIN);
  assert.equal(opened.functions.map((fn) => fn.name), ["state_get", "exec_get"]);
  assert.equal(opened.warnings, ["it runs a shell"]);
  await opened.close();
  await opened.close();
  assert.equal(notes, [
    'open state {"folder":"/state"}',
    'open exec {"commands":{}}',
    "close state",
    "close exec",
  ]);
});

test("openGrants() closes what it has opened where another cannot be", async () => {
  const notes: string[] = [];
  const code = await openGrants(opening(notes, "exec"), ["state", "exec"], ALL, PLUGIN)
    .catch((error) => error.code);
  assert.is(code, "config.invalid");
  assert.is(notes.at(-1), "close state");
});

test("openGrants() denies a capability that this host does not have", async () => {
  const code = await openGrants(opening([]), ["blob"], ALL, PLUGIN).catch((error) => error.code);
  assert.is(code, "capability.denied");
});

test.run();

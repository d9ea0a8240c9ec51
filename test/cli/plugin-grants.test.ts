import { existsSync } from "node:fs";
import * as assert from "uvu/assert";
import { DELEGATE_FOLDERS } from "../../src/cli/plugin-flags.ts";
import { grantsOf } from "../../src/cli/plugin-grants.ts";
import { temporaryFolder } from "../input/temporary-folder.ts";
import { suite } from "../support/suite.ts";

const test = suite("cli/plugin-grants");

const CWD = process.cwd();
const SAID = {
  grants: {
    state: { folder: "state", maxBytes: 5 },
    directory: { root: "/srv" },
    delegate: { types: ["bridge"], folders: ["cni"], netns: ["netns", "/run/netns"] },
    blob: {},
  },
  commands: { ls: { path: "/bin/ls" } },
};

test("grantsOf() grants nothing where nothing is said", async () => {
  assert.equal(await grantsOf(), {});
  assert.equal(await grantsOf({}, {}, "/etc/c.yaml"), {});
});

test("grantsOf() takes a configuration's paths from its folder", async () => {
  if (process.platform === "win32") return;
  assert.equal(await grantsOf({}, SAID, "/etc/cofferdam/c.yaml"), {
    state: { folder: "/etc/cofferdam/state", maxBytes: 5 },
    directory: { root: "/srv" },
    delegate: {
      types: ["bridge"],
      folders: ["/etc/cofferdam/cni"],
      netns: ["/etc/cofferdam/netns", "/run/netns"],
    },
    blob: {},
    exec: { commands: SAID.commands },
  });
});

test("grantsOf() takes a flag's paths from the current folder, in place of what the configuration says", async () => {
  if (process.platform === "win32") return;
  const flags = { stateFolder: "s", delegateTypes: ["ptp"], delegateNetns: ["n", "/m"] };
  const grants = await grantsOf(flags, SAID, "/etc/c.yaml");
  assert.equal(grants.state, { folder: `${CWD}/s`, maxBytes: 5 });
  const netns = [`${CWD}/n`, "/m"];
  assert.equal(grants.delegate, { types: ["ptp"], folders: ["/etc/cni"], netns });
  assert.equal(grants.directory, { root: "/srv" });
});

test("grantsOf() keeps every bound and scope of the configuration that no flag names", async () => {
  if (process.platform === "win32") return;
  await using folder = await temporaryFolder();
  await folder.write({ "m.yaml": "https://service: {}\n" });
  const digest = `sha256:${"a".repeat(64)}`;
  const said = {
    grants: {
      state: { folder: "state", maxKeys: 3 },
      directory: { root: "/srv", maxBytes: 5 },
      metadata: { file: "m.yaml", service: "https://s", packagePrefixes: ["a"], keys: ["k"] },
      delegate: {
        types: ["bridge", "ptp"],
        digests: { bridge: digest, ptp: digest },
        netns: ["/n"],
      },
    },
  };
  const grants = await grantsOf(
    {
      stateFolder: "",
      directoryRoot: "/d",
      metadataSource: `${folder.path}/m.yaml`,
      delegateTypes: ["ptp"],
      delegateFolders: ["/x"],
    },
    said,
    "/etc/c.yaml",
  );
  const { provider: _provider, ...scope } = grants.metadata!;
  assert.equal({ ...grants, metadata: scope }, {
    state: { folder: "/etc/state", maxKeys: 3 },
    directory: { root: "/d", maxBytes: 5 },
    metadata: { service: "https://s", packagePrefixes: ["a"], keys: ["k"] },
    delegate: { types: ["ptp"], folders: ["/x"], digests: { ptp: digest }, netns: ["/n"] },
  });
});

test("grantsOf() opens the file of metadata from the configuration's folder, or a flag's from here", async () => {
  await using folder = await temporaryFolder();
  await folder.write({ "m.yaml": "https://service: {}\n" });
  const said = { grants: { metadata: { file: "m.yaml" } } };
  const { metadata } = await grantsOf({}, said, `${folder.path}/c.yaml`);
  assert.type(metadata?.provider.list, "function");
  const code = await grantsOf({ metadataSource: "m.yaml" }, said, `${folder.path}/c.yaml`)
    .catch((error) => error.code);
  assert.is(code, "input.not-found");
});

test("grantsOf() looks for CNI plugins in those of the usual folders that are there", async () => {
  if (process.platform === "win32") return;
  const there = DELEGATE_FOLDERS.filter((folder) => existsSync(folder));
  const found = await grantsOf({ delegateTypes: ["ptp"] })
    .then(({ delegate }) => delegate?.folders, (error) => error.code);
  assert.equal(found, there.length > 0 ? there : "usage.invalid");
});

test("grantsOf() keeps state in the user's own folder where none is named", async () => {
  if (process.platform === "win32") return;
  const { XDG_STATE_HOME } = process.env;
  process.env.XDG_STATE_HOME = "/xdg";
  try {
    assert.equal(await grantsOf({ stateFolder: "" }), { state: { folder: "/xdg/cofferdam" } });
  } finally {
    if (XDG_STATE_HOME === undefined) delete process.env.XDG_STATE_HOME;
    else process.env.XDG_STATE_HOME = XDG_STATE_HOME;
  }
});

test.run();

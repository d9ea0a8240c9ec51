/** Where the calls of a loaded plugin run; also what a load that fails leaves open. */
import * as assert from "uvu/assert";
import { openBundle } from "../../src/bundle/bundle.ts";
import type { Manifest } from "../../src/bundle/manifest.ts";
import { type LoadOptions, loadPlugin } from "../../src/host/plugin.ts";
import { createReentryGuard } from "../../src/host/reentry.ts";
import { LIMITS } from "../../src/limits.ts";
import type { Mode, Sandbox, SandboxSource } from "../../src/sandbox/sandbox.ts";
import { bundleOf } from "../support/guest.ts";
import { suite } from "../support/suite.ts";
import { answering } from "./fake-guest.ts";

const test = suite("the mode of a plugin");

const GRANTS = { metadata: { provider: { list: () => Promise.resolve({ entries: [] }) } } };

/** Loads a plugin into a sandbox that takes none. */
async function load(manifest: Partial<Manifest>, options: LoadOptions) {
  const modes: Mode[] = [];
  const sandbox = {
    load: ({ mode }: SandboxSource) => {
      modes.push(mode);
      return Promise.reject(new Error("it takes none"));
    },
  } as unknown as Sandbox;
  let opened = 0;
  let closed = 0;
  const services = {
    open: () => {
      opened++;
      const close = () => Promise.resolve(void closed++);
      return Promise.resolve({
        functions: [answering("metadata_list", () => "", "metadata")],
        close,
      });
    },
    guard: createReentryGuard(),
    warn: () => {},
  };
  const bundle = await openBundle(bundleOf("(module)", manifest));
  const loading = loadPlugin(sandbox, bundle, options, services, () => {});
  await loading.then(() => assert.unreachable(), (error) => assert.match(error.message, /none/));
  return { mode: modes[0], opened, closed };
}

const CASES: readonly (readonly [string, Partial<Manifest>, LoadOptions, Mode])[] = [
  ["nobody says anything", {}, {}, "inline"],
  ["its manifest says the default", { limits: { timeoutMs: LIMITS.timeoutMs } }, {}, "inline"],
  ["its manifest says another deadline", { limits: { timeoutMs: 1_000 } }, {}, "worker"],
  ["its operator says another deadline", {}, { timeoutMs: 1_000 }, "worker"],
  ["its operator says the default deadline", {}, { timeoutMs: LIMITS.timeoutMs }, "worker"],
  ["its operator gives less fuel", {}, { fuel: 1_000 }, "inline"],
  ["its operator gives more fuel", {}, { fuel: LIMITS.fuel + 1 }, "worker"],
  ["its operator says so", {}, { mode: "worker" }, "worker"],
  ["it was granted what may block", { capabilities: ["metadata"] }, { grants: GRANTS }, "worker"],
];
for (const [name, manifest, options, mode] of CASES) {
  test(`${mode} where ${name}`, async () => {
    assert.is((await load(manifest, options)).mode, mode);
  });
}

test("what was granted is closed where the module does not load", async () => {
  const { opened, closed } = await load({ capabilities: ["metadata"] }, { grants: GRANTS });
  assert.equal([opened, closed], [1, 1]);
});

test.run();

import * as assert from "uvu/assert";
import { answering, bundleOf } from "../support/guest.ts";
import { suite } from "../support/suite.ts";
import { type CheckContext, json, makeCheckFolder } from "./check-folder.ts";

const test = suite<CheckContext>("check-plugins");

test.before(async (context) => {
  context.folder = await makeCheckFolder();
});

test.after(({ folder }) => folder.remove());

test("check takes settings in YAML for the plugin before them", async ({ folder }) => {
  const args = [
    "--plugin",
    "allow.wasm",
    "--settings",
    "good-settings.yaml",
    "--plugin",
    "warn.wasm",
  ];
  assert.is((await json(folder, ...args, "a.json")).code, 0);
});

test("check takes settings for a value, whatever document they look like", async ({ folder }) => {
  const items = [{ apiVersion: "v1", kind: "Pod", metadata: { name: "a" } }];
  const list = { apiVersion: "v1", kind: "List", items };
  await folder.write({
    "list.json": JSON.stringify(list),
    "list.yaml": JSON.stringify(list),
    "listed.wasm": bundleOf(answering('{"allowed":true,"reasons":[]}'), {
      settings: { type: "object", properties: { kind: { const: "List" } }, required: ["kind"] },
    }),
  });
  for (const settings of ["list.json", "list.yaml"]) {
    const run = await json(folder, "--plugin", "listed.wasm", "--settings", settings, "a.json");
    assert.is(run.code, 0, run.stderr);
  }
});

test("check names the settings that cannot be read", async ({ folder }) => {
  const args = ["--plugin", "allow.wasm", "--settings", "broken.json", "a.json"];
  const { code, report, stderr } = await json(folder, ...args);
  assert.equal([code, report], [2, undefined]);
  assert.match(stderr, /Cannot use the settings "broken\.json": .*contract\.settings-invalid/);
});

test.run();

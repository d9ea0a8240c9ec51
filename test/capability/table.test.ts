import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { FUNCTION_NAMES } from "../../src/capability/function-names.ts";
import { type GrantedName, type Grants, openCapability } from "../../src/capability/table.ts";
import { closedAfter } from "../support/capability.ts";
import { suiteFolder } from "../support/folder.ts";
import { ASKER, writeScript } from "../support/process-fixture.ts";
import { suite } from "../support/suite.ts";

const test = suite("table");

const closing = closedAfter(test);
const folder = suiteFolder(test);

const at = (name: string) => join(folder.path, name);

/** A grant of each capability that can be granted. */
const GRANTS: { readonly [name in GrantedName]: () => Promise<Grants[name]> } = {
  state: () => Promise.resolve({ folder: at("state") }),
  directory: async () => {
    await mkdir(at("root"), { mode: 0o755 });
    return { root: at("root") };
  },
  blob: () => Promise.resolve({}),
  metadata: () => Promise.resolve({ provider: { list: () => Promise.resolve({ entries: [] }) } }),
  delegate: () => Promise.resolve({ types: ["bridge"], folders: [folder.path] }),
  exec: async () => {
    const program = await writeScript(folder, "nothing", "");
    return { commands: { nothing: { program, unpinned: true, arguments: [], cwd: "/" } } };
  },
};

for (const [name, grant] of Object.entries(GRANTS)) {
  test(`openCapability() gives the functions of "${name}" and no others`, async () => {
    const one = await openCapability(name as GrantedName, await grant(), ASKER);
    const given = closing(one!).functions.map((fn) => [fn.capability, fn.name]);
    assert.equal(given, FUNCTION_NAMES[name as GrantedName].map((fn) => [name, fn]));
  });
}

test("openCapability() has nothing by other names", async () => {
  for (const name of ["log", "toString", "__proto__"]) {
    assert.is(await openCapability(name as "log", {}, ASKER), undefined);
  }
});

test.run();

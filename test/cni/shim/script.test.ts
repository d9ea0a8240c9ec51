import { chmod } from "node:fs/promises";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { SHIM_MARK, shimScript } from "../../../src/cni/shim/script.ts";
import { makeFolder, type TestFolder } from "../../support/folder.ts";
import { suite } from "../../support/suite.ts";
import { ENVIRONMENT } from "../installation.ts";
import { ODD_ENVIRONMENT, runShim, RUNTIME_PATH, TELLS, told } from "../run-shim.ts";

interface Context {
  folder: TestFolder;
}

const test = suite<Context>("script");

test.before(async (context) => {
  context.folder = await makeFolder();
});
test.after(({ folder }) => folder.remove());

async function write({ folder }: Context, command: readonly string[]): Promise<string> {
  await folder.write({ tells: TELLS, "my net": shimScript(command) });
  const path = join(folder.path, "my net");
  await chmod(path, 0o755);
  return path;
}

test("shimScript() becomes the command, with CNI_* and PATH alone", async (context) => {
  const path = await write(context, ["/bin/sh", join(context.folder.path, "tells"), "a.json"]);
  const ran = await runShim(path, { env: ODD_ENVIRONMENT, stdin: "{}" });
  // What is not set is set to nothing, which is the same in CNI.
  const variables = {
    ...ENVIRONMENT,
    ...ODD_ENVIRONMENT,
    PATH: RUNTIME_PATH,
    CNI_NETNS_OVERRIDE: "",
  };
  assert.equal(told(ran), {
    code: 7,
    args: ["a.json"],
    environment: Object.entries(variables).map(([name, value]) => `${name}=${value}`).sort(),
    stdin: "{}",
  });
});

test("shimScript() takes every word as it is", async (context) => {
  const odd = ["a b", "it's", "$(id)", "`id`", "\\n", "*", "", "-n", "ä", '"', "a\nb"];
  const path = await write(context, ["/usr/bin/printf", "[%s]", ...odd]);
  const { stdout, stderr } = await runShim(path);
  assert.equal([stdout, stderr], [odd.map((word) => `[${word}]`).join(""), ""]);
});

test("shimScript() is known to be ours", () => {
  const [first, second] = shimScript(["/a"]).split("\n");
  // Nothing of why it is one: there may be a compiler.
  assert.equal(
    [first, second],
    ["#!/bin/sh", `# ${SHIM_MARK}: written by "cofferdam install cni"`],
  );
});

test.run();

import { chmod, mkdir } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import * as assert from "uvu/assert";
import { findProgram, programFolders } from "../../src/platform/find-program.ts";
import { makeFolder } from "../support/folder.ts";
import { suite } from "../support/suite.ts";

const test = suite("findProgram()");

test("it looks for a name in the absolute folders of PATH, for a path where it leads", async () => {
  const folder = await makeFolder();
  const { PATH } = process.env;
  try {
    await folder.write({ "a/tool": "", "b/tool": "", "b/data": "", "c": "" });
    await mkdir(join(folder.path, "a", "data"));
    await chmod(join(folder.path, "b", "tool"), 0o755);
    const [a, b] = [join(folder.path, "a"), join(folder.path, "b")];
    process.env.PATH = `::relative:${join(folder.path, "none")}:${a}:${b}`;
    // Neither a file that nobody may run nor a folder of that name.
    assert.is(await findProgram("tool"), join(b, "tool"));
    assert.is(await findProgram("data"), undefined);
    assert.is(await findProgram(""), undefined);
    assert.is(await findProgram(join(b, "tool")), join(b, "tool"));
    assert.is(await findProgram(join(a, "tool")), undefined);
    assert.equal(programFolders(), [join(folder.path, "none"), a, b]);
    assert.is(await findProgram("tool", [a]), undefined);
  } finally {
    process.env.PATH = PATH;
    await folder.remove();
  }
});

test.run();

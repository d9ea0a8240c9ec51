import { chmod, chown, mkdir } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import * as assert from "uvu/assert";
import { findOtherUser } from "../../src/platform/other-user.ts";
import { makeFolder, type TestFolder } from "../support/folder.ts";
import { suite } from "../support/suite.ts";

interface Context {
  folder: TestFolder;
}

const test = suite<Context>("other-user");

test.before(async (context) => {
  context.folder = await makeFolder();
});
test.after(({ folder }) => folder.remove());

for (
  const [mode, words] of [
    [0o700, undefined],
    [0o500, undefined],
    [0o1700, undefined],
    [0o710, /others can look into it \(mode 710\)/],
    [0o704, /others can look into it \(mode 704\)/],
    [0o770, /can be written by others/],
    [0o702, /can be written by others/],
  ] as const
) {
  test(`findOtherUser() of a folder of mode ${mode.toString(8)}`, async ({ folder }) => {
    const path = join(folder.path, mode.toString(8));
    await mkdir(path);
    await chmod(path, mode);
    const fault = await findOtherUser(path);
    if (words === undefined) assert.is(fault, undefined);
    else assert.match(fault!, words);
  });
}

test("findOtherUser() sees another owner, a folder above, and what is not there", async ({ folder }) => {
  const open = join(folder.path, "open");
  await mkdir(join(open, "in"), { recursive: true, mode: 0o700 });
  await chmod(open, 0o777);
  assert.match((await findOtherUser(join(open, "in")))!, /open" can be written by others/);
  const error = await findOtherUser(join(folder.path, "none")).catch((thrown) => thrown);
  assert.is(error.code, "input.not-found");
  if (process.getuid!() !== 0) return;
  const theirs = join(folder.path, "theirs");
  await mkdir(theirs, { mode: 0o700 });
  await chown(theirs, 65_534, 65_534);
  assert.match((await findOtherUser(theirs))!, /belongs to user 65534/);
});

test.run();

import { chmod } from "node:fs/promises";
import * as assert from "uvu/assert";
import { checkNotWritable } from "../../src/config/trust.ts";
import { temporaryFolder } from "../input/temporary-folder.ts";
import { suite } from "../support/suite.ts";

const test = suite("config/trust");

test("checkNotWritable() takes a file of one's own and refuses one that others may write", async () => {
  if (process.platform === "win32") return;
  await using folder = await temporaryFolder();
  await folder.write({ config: "" });
  const path = `${folder.path}/config`;
  await chmod(path, 0o644);
  await checkNotWritable(path);
  await chmod(path, 0o666);
  const error = await checkNotWritable(path).then(() => undefined, (thrown) => thrown);
  assert.is(error.code, "trust.writable");
  assert.is(
    error.message,
    `Cannot trust "${path}": "${path}" can be written by others (mode 666); "chmod go-w" it`,
  );
});

test.run();

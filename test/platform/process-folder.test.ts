import { symlink } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import * as assert from "uvu/assert";
import { isOfProcess } from "../../src/platform/process-folder.ts";
import { suiteFolder } from "../support/folder.ts";
import { suite } from "../support/suite.ts";

const test = suite("process-folder");
const folder = suiteFolder(test);

test("isOfProcess() knows what lies in /proc, whichever links lead there", async () => {
  // Only Linux has it.
  if (process.platform !== "linux") return;
  const link = join(folder.path, "ns");
  await symlink("/proc/self/ns", link);
  for (const path of ["/proc/1", "/proc/self/ns/net", "/proc/self/../self/x", `${link}/net`]) {
    assert.is(await isOfProcess(path), true, path);
  }
  for (const path of ["/proc", "/run/netns/x", link, "/proc/4194305/ns/net"]) {
    assert.is(await isOfProcess(path), false, path);
  }
});

test.run();

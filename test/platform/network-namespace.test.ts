import { spawnSync } from "node:child_process";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import * as assert from "uvu/assert";
import {
  isOwnNetworkNamespace,
  mayBeNetworkNamespace,
  ownPlace,
} from "../../src/platform/network-namespace.ts";
import { plainEnvironment } from "../support/cli.ts";
import { makeFolder } from "../support/folder.ts";
import { leaveOut } from "../support/optional.ts";
import { suite } from "../support/suite.ts";

const test = suite("network-namespace");

test("the own network namespace is known by any of its paths, and nothing else is", async () => {
  // Only Linux has any.
  if ((await ownPlace())[0] === 0n) return;
  assert.is(await isOwnNetworkNamespace("/proc/self/ns/net"), true);
  assert.is(await isOwnNetworkNamespace(`/proc/thread-self/ns/net`), true);
  for (const path of ["", "/proc/self/ns/mnt", "/run/netns/none", "/", "\0"]) {
    assert.is(await isOwnNetworkNamespace(path), false, path);
  }
});

test("what is left of a network namespace is none", async () => {
  if ((await ownPlace())[0] === 0n) return;
  assert.is(await mayBeNetworkNamespace("/proc/self/ns/net"), true);
  for (const path of ["/proc/self/status", "/proc/4194305/ns/net", "/run/netns/none", "/"]) {
    assert.is(await mayBeNetworkNamespace(path), false, path);
  }
});

test("the own place is four namespaces and the root directory, and stays", async () => {
  const own = await ownPlace();
  assert.equal(own.map((number) => typeof number), Array(7).fill("bigint"));
  assert.is(new Set(own.slice(0, 4)).size, own[0] === 0n ? 1 : 4);
  const root = await stat("/", { bigint: true });
  assert.equal(own.slice(4, 6), [root.dev, root.ino]);
  assert.equal(await ownPlace(), own);
});

const isPermitted = spawnSync("unshare", ["--mount", "true"]).status === 0;
if (!isPermitted) leaveOut("the place of a process with another root", "mounts are not permitted");

test("another root is another place, also where it is the same directory", async () => {
  if (!isPermitted) return;
  const { path, write, remove } = await makeFolder();
  const url = new URL("../../src/platform/network-namespace", import.meta.url);
  const ending = import.meta.url.slice(import.meta.url.lastIndexOf("."));
  await write({
    "root/.keep": "",
    "tell.mjs": `import { ownPlace } from "${url}${ending}"; console.log(...await ownPlace());`,
  });
  // In mounts that nobody else sees.
  const bind = `mount --make-rprivate / && mount --rbind / "$0"`;
  const script = `${bind} && "$@" && chroot "$0" "$@"`;
  const run = "Deno" in globalThis ? ["run", "-A", "--quiet"] : [];
  const tell = [process.execPath, ...run, join(path, "tell.mjs")];
  const by = ["--mount", "/bin/sh", "-c", script, join(path, "root"), ...tell];
  const { stdout, stderr } = spawnSync("unshare", by, {
    encoding: "utf8",
    env: plainEnvironment(),
  });
  await remove();
  const [outside, inside] = stdout.trim().split("\n").map((line) => line.split(" "));
  assert.is(stderr, "");
  assert.is(outside!.length, 7);
  assert.equal(inside!.slice(0, 6), outside!.slice(0, 6));
  assert.is.not(inside![6], outside![6]);
});

test.run();

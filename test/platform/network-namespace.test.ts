import * as assert from "uvu/assert";
import {
  isOwnNetworkNamespace,
  ownNetworkNamespace,
} from "../../src/platform/network-namespace.ts";
import { suite } from "../support/suite.ts";

const test = suite("network-namespace");

test("the own network namespace is known by any of its paths, and nothing else is", async () => {
  const own = await ownNetworkNamespace();
  // Only Linux has any.
  if (own === undefined) return;
  assert.is(typeof own, "bigint");
  assert.is(await isOwnNetworkNamespace("/proc/self/ns/net"), true);
  assert.is(await isOwnNetworkNamespace(`/proc/thread-self/ns/net`), true);
  for (const path of ["", "/proc/self/ns/mnt", "/run/netns/none", "/", "\0"]) {
    assert.is(await isOwnNetworkNamespace(path), false, path);
  }
});

test.run();

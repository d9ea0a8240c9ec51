import * as assert from "uvu/assert";
import {
  isOwnNetworkNamespace,
  mayBeNetworkNamespace,
  ownNamespaces,
} from "../../src/platform/network-namespace.ts";
import { suite } from "../support/suite.ts";

const test = suite("network-namespace");

test("the own network namespace is known by any of its paths, and nothing else is", async () => {
  // Only Linux has any.
  if ((await ownNamespaces())[0] === 0n) return;
  assert.is(await isOwnNetworkNamespace("/proc/self/ns/net"), true);
  assert.is(await isOwnNetworkNamespace(`/proc/thread-self/ns/net`), true);
  for (const path of ["", "/proc/self/ns/mnt", "/run/netns/none", "/", "\0"]) {
    assert.is(await isOwnNetworkNamespace(path), false, path);
  }
});

test("what is left of a network namespace is none", async () => {
  if ((await ownNamespaces())[0] === 0n) return;
  assert.is(await mayBeNetworkNamespace("/proc/self/ns/net"), true);
  for (const path of ["/proc/self/status", "/proc/4194305/ns/net", "/run/netns/none", "/"]) {
    assert.is(await mayBeNetworkNamespace(path), false, path);
  }
});

test("the own namespaces are four, and stay", async () => {
  const own = await ownNamespaces();
  assert.equal(own.map((number) => typeof number), Array(4).fill("bigint"));
  assert.is(new Set(own).size, own[0] === 0n ? 1 : 4);
  assert.equal(await ownNamespaces(), own);
});

test.run();

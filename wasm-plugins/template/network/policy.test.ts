import assert from "node:assert/strict";
import { test } from "cofferdam/test";

test("no network may be joined where the operator names none", async (plugin) => {
  const answer = await plugin.call("network_add", {
    containerId: "c1",
    netns: "/run/netns/c1",
    ifname: "eth0",
    args: "",
    path: "",
    config: { cniVersion: "1.0.0", name: "web", type: "my-plugin" },
    prevResult: { cniVersion: "1.0.0" },
  });
  assert.equal((answer as { code: number }).code, 100);
});

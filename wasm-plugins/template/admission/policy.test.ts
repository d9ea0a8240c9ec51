import assert from "node:assert/strict";
import { test } from "cofferdam/test";

test("an owner of no letters is none", async (plugin) => {
  const verdict = await plugin.check({
    kind: "kubernetes",
    object: { apiVersion: "v1", kind: "Pod", metadata: { name: "web", labels: { owner: "" } } },
  });
  assert.equal(verdict.allowed, false);
  assert.match(verdict.reasons[0]!.message, /"owner"/);
});

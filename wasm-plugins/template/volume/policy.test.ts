import assert from "node:assert/strict";
import { test } from "cofferdam/test";

test("a volume stays as long as one of two containers uses it", async (plugin) => {
  await plugin.call("volume_create", { name: "db", options: {} });
  await plugin.call("volume_mount", { name: "db", id: "1" });
  await plugin.call("volume_mount", { name: "db", id: "2" });
  await plugin.call("volume_unmount", { name: "db", id: "1" });
  await plugin.call("volume_remove", { name: "db" });
  assert.deepEqual(plugin.directory, ["db"]);

  await plugin.call("volume_unmount", { name: "db", id: "2" });
  assert.deepEqual(await plugin.call("volume_remove", { name: "db" }), {});
  assert.deepEqual(plugin.directory, []);
});

test("a name that leads out of the folder is refused", async (plugin) => {
  const answer = await plugin.call("volume_create", { name: "../etc", options: {} });
  assert.equal((answer as { error: { code: string } }).error.code, "invalid");
  assert.deepEqual(plugin.directory, []);
});

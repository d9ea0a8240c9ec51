import { createServer } from "node:net";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { isRefused } from "../../src/platform/connection.ts";
import { makeFolder } from "../support/folder.ts";
import { suite } from "../support/suite.ts";

const test = suite("platform/connection");

test("isRefused() is sure only where a connection is refused", async () => {
  const server = createServer((socket) => void socket.on("error", () => {}));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  assert.is(await isRefused({ host: "127.0.0.1", port }), false);
  await new Promise((resolve) => server.close(resolve));
  assert.is(await isRefused({ host: "127.0.0.1", port }), true);
  const folder = await makeFolder();
  assert.is(await isRefused({ path: join(folder.path, "none") }), false);
  await folder.write({ file: "x" });
  // A file that is no socket refuses as well.
  assert.is(await isRefused({ path: join(folder.path, "file") }), true);
  await folder.remove();
});

test.run();

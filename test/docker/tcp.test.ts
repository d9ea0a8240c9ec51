import { chmod, copyFile, readdir, readFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import * as assert from "uvu/assert";
import type { Listen } from "../../src/docker/listening.ts";
import { listenOnTcp, type TcpOptions } from "../../src/docker/tcp.ts";
import { serveHttp } from "../../src/platform/http-server.ts";
import { PluginError } from "../../src/plugin-error.ts";
import { makeFolder, type TestFolder } from "../support/folder.ts";
import { suite } from "../support/suite.ts";
import { projectPath } from "../support/paths.ts";

const test = suite<{ folder: TestFolder; tls: string }>("docker/tcp");

const listen: Listen = (address, tls) =>
  serveHttp({
    address,
    tls,
    maxBodyBytes: 1_000,
    handle: () => Promise.resolve({ status: 200, mediaType: "x/y", body: new Uint8Array(0) }),
  });

// A clone's folders may be anybody's; who may write there counts.
test.before(async (context) => {
  context.folder = await makeFolder();
  context.tls = join(context.folder.path, "tls");
  await context.folder.write({ "tls/x": "" });
  for (const name of ["ca.pem", "server.pem", "server.key", "client.pem", "client.key"]) {
    await copyFile(projectPath("test", "fixture", "tls", name), join(context.tls, name));
    await chmod(join(context.tls, name), 0o644);
  }
});

test.after(({ folder }) => folder.remove());

const filesIn = (folder: string) => ({
  certFile: join(folder, "server.pem"),
  keyFile: join(folder, "server.key"),
  caFile: join(folder, "ca.pem"),
  client: { certFile: join(folder, "client.pem"), keyFile: join(folder, "client.key") },
});

test("without TLS it listens on the loopback interface, and a .spec file tells where", async ({ folder }) => {
  const specDir = join(folder.path, "a");
  for (const host of ["127.0.0.1", "127.1.2.3"]) {
    const { server, address, remove } = await listenOnTcp(
      "vol",
      { host, port: 0, specDir },
      listen,
    );
    assert.is(address, `tcp://${host}:${server.port}`);
    assert.is(await readFile(join(specDir, "vol.spec"), "utf8"), `${address}\n`);
    await server.close(0);
    await remove();
    assert.equal(await readdir(specDir), []);
  }
});

test("with TLS a .json file tells where, and what Docker shows", async ({ folder, tls }) => {
  const specDir = join(folder.path, "b");
  const options = { host: "localhost", port: 0, specDir, tls: filesIn(tls) };
  const { server, address, remove } = await listenOnTcp("vol", options, listen);
  assert.is(address, `https://localhost:${server.port}`);
  const { Addr, TLSConfig } = JSON.parse(await readFile(join(specDir, "vol.json"), "utf8"));
  assert.is(Addr, address);
  assert.is(TLSConfig.CertFile, join(tls, "client.pem"));
  await server.close(0);
  await remove();
  assert.equal(await readdir(specDir), []);
});

test("a file is not written where nobody wants one", async ({ tls }) => {
  const { client: _client, ...files } = filesIn(tls);
  const options = { host: "0.0.0.0", port: 0, specDir: null, tls: files };
  const { server, address, remove } = await listenOnTcp("vol", options, listen);
  assert.match(address, /^https:\/\/0\.0\.0\.0:\d+$/);
  await remove();
  await server.close(0);
});

async function failure(options: TcpOptions): Promise<PluginError> {
  const listening = await listenOnTcp("vol", options, listen).catch(PluginError.from);
  if (listening instanceof PluginError) return listening;
  await listening.server.close(0);
  throw new Error("it listens");
}

test("it refuses what others could reach without TLS", async () => {
  for (
    const host of [
      "0.0.0.0",
      "::",
      "10.0.0.1",
      "localhost",
      "evil.example",
      "1.27.0.0",
      "::ffff:7f00:1",
    ]
  ) {
    const { code, message } = await failure({ host, port: 0, specDir: null });
    assert.is(code, "usage.invalid");
    assert.match(message, "not on the loopback interface");
  }
});

test("it refuses what Docker could not be told", async ({ folder, tls }) => {
  const specDir = join(folder.path, "c");
  const files = filesIn(tls);
  const any = await failure({ host: "0.0.0.0", port: 0, specDir, tls: files });
  assert.match(any.message, "no address that Docker could be told");
  const nothing = await failure({
    host: "127.0.0.1",
    port: 0,
    specDir,
    tls: { ...files, client: undefined },
  });
  assert.match(nothing.message, "nobody says what certificate Docker shows");
});

test("it refuses files of TLS that others can write, that are none, and that are not there", async ({ tls }) => {
  const files = filesIn(tls);
  const options = { host: "127.0.0.1", port: 0, specDir: null };
  const missing = await failure({ ...options, tls: { ...files, keyFile: join(tls, "none") } });
  assert.is(missing.code, "input.not-found");
  const other = await failure({ ...options, tls: { ...files, keyFile: files.client.keyFile } });
  assert.is(other.code, "usage.invalid");
  assert.match(other.message, "the key is that of another certificate");
  await chmod(files.caFile, 0o666);
  const open = await failure({ ...options, tls: files });
  assert.is(open.code, "trust.writable");
  await chmod(files.caFile, 0o644);
});

test("it says what keeps it from listening, and leaves nothing behind", async ({ folder }) => {
  const server = createServer((socket) => void socket.on("error", () => {}));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  const specDir = join(folder.path, "d");
  try {
    const taken = await failure({ host: "127.0.0.1", port, specDir });
    assert.is(taken.code, "docker.socket-in-use");
    await folder.write({ "d/vol.spec": `tcp://127.0.0.1:${port}\n` });
    await chmod(specDir, 0o755);
    const named = await failure({ host: "127.0.0.1", port: 0, specDir });
    assert.is(named.code, "docker.socket-in-use");
    assert.equal(await readdir(specDir), ["vol.spec"]);
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
});

test.run();

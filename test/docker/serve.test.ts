import { chmod, readdir, stat } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { serveDocker } from "../../src/docker/serve.ts";
import { createHost, type Host } from "../../src/host/host.ts";
import { PluginError } from "../../src/plugin-error.ts";
import { askSocket, fakeDriver, fakePolicy } from "../support/docker.ts";
import { makeFolder, type TestFolder } from "../support/folder.ts";
import { bundleOf } from "../support/guest.ts";
import { suite } from "../support/suite.ts";
import { VOLUME, volumeGuest } from "../support/volume-guest.ts";

const test = suite<{ folder: TestFolder; host: Host }>("docker/serve");

test.before(async (context) => {
  context.folder = await makeFolder();
  context.host = await createHost();
});

test.after(async ({ folder, host }) => {
  await host.close();
  await folder.remove();
});

let folders = 0;

/** A folder for sockets that is not there yet. */
const socketDirIn = ({ path }: TestFolder): string => join(path, `s${folders++}`);

const DRIVER = volumeGuest({
  volume_get: '{"error":{"code":"not-found","message":"no such volume: a"}}',
  volume_list: '{"volumes":[{"name":"a"}]}',
});

const failure = async (work: Promise<unknown>): Promise<PluginError> => {
  const error = await work.catch(PluginError.from);
  assert.instance(error, PluginError);
  return error as PluginError;
};

test("a bundle is served to who may connect, and gone behind the end", async ({ folder, host }) => {
  const socketDir = socketDirIn(folder);
  const volume = await host.load(bundleOf(DRIVER, { name: "vol", ...VOLUME }), { mode: "worker" });
  const path = join(socketDir, "s3.sock");
  {
    await using server = await serveDocker({ name: "s3", volume, socketDir });
    assert.equal([server.implements, server.address], [["VolumeDriver"], `unix://${path}`]);
    assert.is((await stat(path)).mode & 0o777, 0o600);
    assert.is((await stat(socketDir)).mode & 0o022, 0);
    assert.equal(await askSocket(path, "Plugin.Activate"), {
      status: 200,
      body: { Implements: ["VolumeDriver"] },
    });
    assert.equal(await askSocket(path, "VolumeDriver.List", {}), {
      status: 200,
      body: { Volumes: [{ Name: "a" }] },
    });
    const { status, body } = await askSocket(path, "VolumeDriver.Get", { name: "a" });
    assert.equal([status, body.Err], [500, "no such volume: a"]);
    assert.is((await askSocket(path, "VolumeDriver.Create", "hello")).status, 400);
    assert.is((await askSocket(path, "VolumeDriver.Nothing", {})).status, 404);
  }
  assert.equal(await readdir(socketDir), []);
});

test("200 creates at once, among garbage and clients that leave", async ({ folder, host }) => {
  const socketDir = socketDirIn(folder);
  const volume = await host.load(bundleOf(DRIVER, { name: "vol", ...VOLUME }), { mode: "worker" });
  await using _server = await serveDocker({ name: "s3", volume, socketDir });
  const path = join(socketDir, "s3.sock");
  const disturb = (text: string) => {
    const socket = connect({ path });
    socket.on("error", () => {});
    socket.write(text, () => socket.destroy());
  };
  const head = "POST /VolumeDriver.Create HTTP/1.1\r\nHost: \r\nContent-Length: ";
  const answers = await Promise.all(Array.from({ length: 200 }, (_, i) => {
    if (i % 20 === 0) disturb("\u0016\u0003\u0001\r\n\r\n");
    if (i % 20 === 1) disturb(`${head}1000\r\n\r\n{`);
    if (i % 20 === 2) disturb(`${head}13\r\n\r\n{"Name":"xx"}`);
    return askSocket(path, "VolumeDriver.Create", { Name: `v${i}`, Opts: null });
  }));
  assert.ok(answers.every(({ status }) => status === 200));
});

test("a body that is too large is refused, and the next call works", async ({ folder }) => {
  const socketDir = socketDirIn(folder);
  const { plugin } = fakeDriver("volume", { list: { volumes: [] } });
  await using _server = await serveDocker({ name: "s3", volume: plugin, socketDir });
  const path = join(socketDir, "s3.sock");
  // Who sends on while it is answered may lose the answer with the connection.
  const answer = await askSocket(path, "VolumeDriver.List", "x".repeat(17 * 1024 * 1024))
    .catch(() => undefined);
  if (answer !== undefined) assert.is(answer.status, 413);
  assert.is((await askSocket(path, "VolumeDriver.List")).status, 200);
});

test("policies are served beside drivers", async ({ folder }) => {
  const socketDir = socketDirIn(folder);
  const volume = fakeDriver("volume", {}).plugin;
  const reason = { rule: "no", message: "not you", severity: "error" } as const;
  const policy = fakePolicy(["docker.request"], () => [reason]).plugin;
  await using server = await serveDocker({ name: "p", volume, authz: [policy], socketDir });
  assert.equal(server.implements, ["VolumeDriver", "authz"]);
  const asked = { RequestMethod: "GET", RequestUri: "/info" };
  const { body } = await askSocket(join(socketDir, "p.sock"), "AuthZPlugin.AuthZReq", asked);
  assert.equal(body, { Allow: false, Msg: "not you [no]" });
});

test("a name that is served is refused; behind its end it is free", async ({ folder }) => {
  const socketDir = socketDirIn(folder);
  const volume = fakeDriver("volume", {}).plugin;
  const first = await serveDocker({ name: "s3", volume, socketDir });
  const error = await failure(serveDocker({ name: "s3", volume, socketDir }));
  assert.is(error.code, "docker.socket-in-use");
  assert.match(error.message, "a process listens there; give the plugin another name");
  assert.is((await askSocket(join(socketDir, "s3.sock"), "Plugin.Activate")).status, 200);
  await first.close();
  await first.close();
  await (await serveDocker({ name: "s3", volume, socketDir })).close();
});

test("close() lets the call that runs come to its end, and takes no other", async ({ folder }) => {
  const socketDir = socketDirIn(folder);
  let finish!: (answer: unknown) => void;
  let began!: () => void;
  const running = new Promise<void>((resolve) => began = resolve);
  const { plugin } = fakeDriver("volume", {
    create: () => {
      began();
      return new Promise((resolve) => finish = resolve);
    },
  });
  const server = await serveDocker({ name: "s3", volume: plugin, socketDir });
  const path = join(socketDir, "s3.sock");
  const create = askSocket(path, "VolumeDriver.Create", { Name: "a" });
  await running;
  const closed = server.close();
  const refused = await askSocket(path, "Plugin.Activate").catch((error) => error.code);
  assert.is(refused, "ECONNREFUSED");
  finish({});
  assert.equal(await create, { status: 200, body: {} });
  await closed;
  assert.equal(await readdir(socketDir), []);
});

test("close() waits for no client that has not sent a whole call", async ({ folder }) => {
  const socketDir = socketDirIn(folder);
  const volume = fakeDriver("volume", { list: { volumes: [] } }).plugin;
  const server = await serveDocker({ name: "s3", volume, socketDir });
  const path = join(socketDir, "s3.sock");
  const head = "POST /VolumeDriver.List HTTP/1.1\r\nHost: \r\nContent-Length: 100\r\n\r\n";
  const said = [];
  for (const text of ["", head.slice(0, 20), head, `${head}{`]) {
    const socket = connect({ path });
    socket.on("error", () => {});
    said.push((async () => {
      let answer = "";
      for await (const chunk of socket) answer += chunk;
      return answer;
    })());
    await new Promise<void>((resolve) => socket.write(text, () => resolve()));
  }
  // It has read them all: they were sent before.
  await askSocket(path, "VolumeDriver.List");
  const began = Date.now();
  await server.close();
  assert.ok(Date.now() - began < 8_000, "it waited until its patience was at an end");
  assert.equal(await readdir(socketDir), []);
  const [nothing, half, whole, more] = await Promise.all(said);
  assert.equal([nothing, half], ["", ""]);
  for (const refused of [whole, more]) {
    assert.match(refused!, /^HTTP\/1\.1 503 .*\[docker\.closed\]/s);
  }
});

test("a client that goes away ends its call", async ({ folder }) => {
  const socketDir = socketDirIn(folder);
  let began!: (signal: AbortSignal) => void;
  const running = new Promise<AbortSignal>((resolve) => began = resolve);
  const { plugin } = fakeDriver("volume", {
    mount: (_: unknown, { signal }: { signal: AbortSignal }) => {
      began(signal);
      return new Promise((_, reject) => {
        signal.addEventListener("abort", () => reject(new PluginError("call.aborted", "x")));
      });
    },
  });
  await using _server = await serveDocker({ name: "s3", volume: plugin, socketDir });
  const socket = connect({ path: join(socketDir, "s3.sock") });
  socket.on("error", () => {});
  const body = '{"Name":"a","ID":"1"}';
  socket.write(
    `POST /VolumeDriver.Mount HTTP/1.1\r\nHost: \r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );
  const signal = await running;
  const aborted = new Promise((resolve) => signal.addEventListener("abort", resolve));
  socket.destroy();
  await aborted;
});

for (const name of ["", ".", "..", "../x", "a/b", "-x", ".x", "a b", "é", "x".repeat(65)]) {
  test(`the name ${JSON.stringify(name)} is refused`, async ({ folder }) => {
    const volume = fakeDriver("volume", {}).plugin;
    const { code } = await failure(serveDocker({ name, volume, socketDir: folder.path }));
    assert.is(code, "usage.invalid");
  });
}

test("a folder that others can write to is refused, and a path that is too long", async ({ folder }) => {
  const volume = fakeDriver("volume", {}).plugin;
  const open = join(folder.path, "open");
  await folder.write({ "open/x": "" });
  await chmod(open, 0o777);
  assert.is(
    (await failure(serveDocker({ name: "a", volume, socketDir: open }))).code,
    "trust.writable",
  );
  const long = join(folder.path, "l".repeat(100));
  assert.is(
    (await failure(serveDocker({ name: "a", volume, socketDir: long }))).code,
    "output.unwritable",
  );
  assert.equal(await readdir(long), []);
  const file = join(open, "x");
  assert.is(
    (await failure(serveDocker({ name: "a", volume, socketDir: file }))).code,
    "output.unwritable",
  );
});

test("by TCP it is found by a file", async ({ folder }) => {
  const specDir = socketDirIn(folder);
  const volume = fakeDriver("volume", {}).plugin;
  const tcp = { host: "127.0.0.1", port: 0, specDir };
  const server = await serveDocker({ name: "s3", volume, tcp });
  const answer = await fetch(`${server.address.replace("tcp", "http")}/Plugin.Activate`, {
    method: "POST",
  });
  assert.equal(await answer.json(), { Implements: ["VolumeDriver"] });
  assert.equal(await readdir(specDir), ["s3.spec"]);
  await server.close();
  assert.equal(await readdir(specDir), []);
});

test.run();

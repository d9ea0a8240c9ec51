import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import * as assert from "uvu/assert";
import { createSharedController } from "../../src/platform/abort-controller.ts";
import { type ClientTls, HttpClient, type HttpPost } from "../../src/platform/http-client.ts";
import {
  errorOf,
  reply,
  startPlugin,
  startRaw,
  type TestPlugin,
  type Where,
} from "../support/docker-plugin.ts";
import { suiteFolder } from "../support/folder.ts";
import { plainEnvironment } from "../support/cli.ts";
import { projectPath } from "../support/paths.ts";
import { suite } from "../support/suite.ts";

const test = suite("HttpClient");

const folder = suiteFolder(test);
let count = 0;

const socket = () => join(folder.path, `${++count}.sock`);

function clientOf({ address }: TestPlugin, tls?: ClientTls, idleMs = 60_000): HttpClient {
  const { protocol, hostname, port, pathname } = new URL(address);
  const endpoint = protocol === "unix:"
    ? { path: pathname }
    : { host: hostname, port: Number(port), tls };
  return new HttpClient(endpoint, { idleMs, connectMs: 10_000 });
}

const POST: HttpPost = {
  path: "/a",
  headers: { Host: "there" },
  body: new TextEncoder().encode("x"),
  signal: createSharedController().signal,
};

async function post(client: HttpClient, change: Partial<HttpPost> = {}): Promise<string> {
  const { body } = await client.post({ ...POST, ...change });
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return new TextDecoder().decode(await new Blob(chunks as BlobPart[]).arrayBuffer());
}

const pem = (name: string) => readFile(projectPath("test", "fixture", "tls", name), "utf8");

test("post() keeps its connection, on sockets, ports and TLS; close() ends it", async () => {
  const [cert, key, ca] = await Promise.all(["server.pem", "server.key", "ca.pem"].map(pem));
  const places: [Where, ClientTls | undefined][] = [
    [socket(), undefined],
    [{}, undefined],
    [{ tls: { cert, key } }, { ca, verify: true }],
  ];
  for (const [where, tls] of places) {
    let gone: Promise<unknown> | undefined;
    await using server = await startPlugin(where, ({ body }, response) => {
      gone ??= new Promise((resolve) => response.socket!.on("close", resolve));
      reply(response, body);
    });
    const client = clientOf(server, tls);
    for (let n = 0; n < 3; n++) assert.is(await post(client), "x");
    assert.is(server.connections(), 1);
    client.close();
    await gone;
  }
});

test("a connection that nobody uses is closed", async () => {
  let gone!: Promise<unknown>;
  await using server = await startPlugin(socket(), (_request, response) => {
    gone = new Promise((resolve) => response.socket!.on("close", resolve));
    reply(response, "y");
  });
  const client = clientOf(server, undefined, 50);
  assert.is(await post(client), "y");
  await gone;
  assert.is(await post(client), "y");
  assert.is(server.connections(), 2);
  client.close();
});

test("a request that takes longer than connections are kept is not ended", async () => {
  await using server = await startPlugin(socket(), (_request, response) => {
    setTimeout(() => reply(response, "late"), 200);
  });
  const client = clientOf(server, undefined, 20);
  assert.is(await post(client), "late");
  client.close();
});

test("a kept connection that the server has closed is no failure, but one that is new is", async () => {
  let heard = 0;
  await using server = await startRaw(socket(), (socket) => {
    let count = 0;
    socket.on("data", () => {
      heard++;
      if (++count === 1) socket.write("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\ny");
      else socket.destroy();
    });
  });
  const client = clientOf(server);
  assert.is(await post(client), "y");
  assert.is(await post(client), "y");
  assert.equal([server.connections(), heard], [2, 3]);
  client.close();
  await using other = await startRaw(socket(), (socket) => {
    socket.on("data", () => socket.destroy());
  });
  const second = clientOf(other);
  assert.is((await errorOf(post(second))).code, "ECONNRESET");
  assert.is(other.connections(), 1);
  second.close();
});

test("bytes that are there once take a new connection, which is used once", async () => {
  await using server = await startPlugin(socket(), ({ body }, response) => reply(response, body));
  const client = clientOf(server);
  async function* body() {
    yield new TextEncoder().encode("once");
    await Promise.resolve();
  }
  assert.is(await post(client), "x");
  assert.is(await post(client, { body: body() }), "once");
  assert.is(await post(client), "x");
  assert.is(server.connections(), 2);
  client.close();
});

test("a signal ends a request on a kept connection, which nobody sends again", async () => {
  await using server = await startPlugin(socket(), ({ url }, response) => {
    if (url === "/a") reply(response, "y");
  });
  const client = clientOf(server);
  assert.is(await post(client), "y");
  const controller = new AbortController();
  const posting = errorOf(post(client, { path: "/hang", signal: controller.signal }));
  while (server.received.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
  controller.abort(new Error("mine"));
  assert.is((await posting).message, "mine");
  assert.is(await post(client), "y");
  assert.equal(server.received.map(({ url }) => url), ["/a", "/hang", "/a"]);
  client.close();
});

test("so many requests wait for their turn, can leave the line, and none waits for lasting ones", async () => {
  let go!: () => void;
  const gate = new Promise<void>((resolve) => go = resolve);
  await using server = await startPlugin(socket(), async ({ url }, response) => {
    if (url === "/lasting") return void response.write("...");
    await gate;
    reply(response, "y");
  });
  const client = clientOf(server);
  const lasting = Array.from(
    { length: 300 },
    () => client.post({ ...POST, path: "/lasting", isLasting: true }),
  );
  for (const answer of await Promise.all(lasting)) assert.is(answer.status, 200);
  const all = Array.from({ length: 256 }, () => post(client));
  while (server.received.length < 556) await new Promise((resolve) => setTimeout(resolve, 5));
  const controller = new AbortController();
  const waiting = errorOf(post(client, { signal: controller.signal }));
  const last = post(client);
  controller.abort(new Error("left"));
  assert.is((await waiting).message, "left");
  assert.is(server.received.length, 556);
  go();
  assert.equal(new Set(await Promise.all([...all, last])), new Set(["y"]));
  assert.is(server.received.length, 557);
  client.close();
});

test("a connection that is not made in time is given up", async () => {
  // It speaks no TLS, so the connection is never ready.
  await using server = await startRaw({}, () => {});
  const { port } = new URL(server.address);
  const endpoint = { host: "127.0.0.1", port: Number(port), tls: { verify: true } };
  const client = new HttpClient(endpoint, { idleMs: 1_000, connectMs: 50 });
  assert.match((await errorOf(post(client))).message, "no connection within 0.05 s");
  client.close();
});

test("an answer that is left early closes its connection", async () => {
  let gone!: Promise<unknown>;
  await using server = await startPlugin(socket(), (_request, response) => {
    gone = new Promise((resolve) => response.on("close", resolve));
    response.write("a");
  });
  const client = clientOf(server);
  for await (const _chunk of (await client.post(POST)).body) break;
  await gone;
  const answer = await client.post(POST);
  answer.cancel();
  await gone;
  client.close();
});

test("a server is who its certificate says, unless nobody looks", async () => {
  const [cert, key, ca, clientCert, clientKey, strangerCert, strangerKey] = await Promise.all(
    [
      "server.pem",
      "server.key",
      "ca.pem",
      "client.pem",
      "client.key",
      "stranger.pem",
      "stranger.key",
    ]
      .map(pem),
  );
  const same = (_request: unknown, response: Parameters<typeof reply>[0]) => reply(response, "y");
  await using plain = await startPlugin({ tls: { cert, key } }, same);
  await using stranger = await startPlugin({ tls: { cert: strangerCert, key: strangerKey } }, same);
  const asking = { cert, key, ca, requestCert: true, rejectUnauthorized: true };
  await using mutual = await startPlugin({ tls: asking }, same);
  const cases: [server: TestPlugin, host: string, tls: ClientTls, works: boolean][] = [
    [plain, "127.0.0.1", { ca, verify: true }, true],
    [plain, "localhost", { ca, verify: true }, true],
    // The certificate is for neither.
    [plain, "127.0.0.2", { ca, verify: true }, false],
    [plain, "127.0.0.1", { verify: true }, false],
    [plain, "127.0.0.1", { ca: strangerCert, verify: true }, false],
    [plain, "127.0.0.1", { verify: false }, true],
    [stranger, "127.0.0.1", { ca, verify: true }, false],
    [mutual, "127.0.0.1", { ca, verify: true }, false],
    [mutual, "127.0.0.1", { ca, cert: strangerCert, key: strangerKey, verify: true }, false],
    [mutual, "127.0.0.1", { ca, cert: clientCert, key: clientKey, verify: true }, true],
  ];
  for (const [index, [server, host, tls, works]] of cases.entries()) {
    const endpoint = { host, port: Number(new URL(server.address).port), tls };
    const client = new HttpClient(endpoint, { idleMs: 1_000, connectMs: 10_000 });
    const result = await post(client).catch((error) => error);
    assert.is(result === "y", works, `case ${index}: ${result}`);
    client.close();
  }
});

test("no proxy of the environment is taken, and an idle connection keeps no program running", async () => {
  await using proxy = await startPlugin({}, (_request, response) => reply(response, "proxy"));
  await using target = await startPlugin({}, (_request, response) => reply(response, "target"));
  const script = ["test", "support", "post-once"];
  const args = "Deno" in globalThis
    ? ["run", "-A", "--quiet", `${projectPath(...script)}.ts`]
    : [`${projectPath("build", ...script)}.js`];
  const { address } = proxy;
  const child = spawn(process.execPath, [...args, new URL(target.address).port], {
    env: {
      ...plainEnvironment(),
      NODE_USE_ENV_PROXY: "1",
      HTTP_PROXY: address,
      http_proxy: address,
      ALL_PROXY: address,
      NO_PROXY: "",
      no_proxy: "",
    },
  });
  let output = "";
  child.stdout.on("data", (chunk) => output += chunk);
  child.stderr.on("data", (chunk) => output += chunk);
  const code = await new Promise((resolve) => child.on("close", resolve));
  assert.equal([code, output], [0, "target"]);
  assert.is(proxy.received.length, 0);
});

test.run();

import { readFile } from "node:fs/promises";
import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { connect as connectTls } from "node:tls";
import * as assert from "uvu/assert";
import {
  type HttpReply,
  type HttpRequest,
  type HttpServer,
  serveHttp,
} from "../../src/platform/http-server.ts";
import { makeFolder } from "../support/folder.ts";
import { projectPath } from "../support/paths.ts";
import { suite } from "../support/suite.ts";

const test = suite("platform/http-server");

/** Requests whose path is `/wait` are answered when a test says so. */
let answerWaiting: () => void = () => {};
let waiting: (request: HttpRequest) => void = () => {};

const MAX_BODY_BYTES = 1_000;
const TIMES = { headMs: 1_000, requestMs: 1_500, lookMs: 100 };

async function handle(request: HttpRequest): Promise<HttpReply> {
  const { method, path, origin } = request;
  if (path === "/throw") throw new Error("oops");
  if (path === "/wait") {
    await new Promise<void>((resolve) => {
      answerWaiting = resolve;
      waiting(request);
    });
  }
  const body = await request.readBody();
  const text = body === undefined ? "too large" : new TextDecoder().decode(body);
  return {
    status: body === undefined ? 413 : 200,
    mediaType: "application/json",
    body: new TextEncoder().encode(JSON.stringify([method, path, text, origin ?? null])),
  };
}

/** A test with a server of its own on a socket. */
function testServer(name: string, use: (path: string, server: HttpServer) => Promise<void>): void {
  test(name, async () => {
    const folder = await makeFolder();
    const path = join(folder.path, "s");
    const options = { address: { path }, maxBodyBytes: MAX_BODY_BYTES, times: TIMES, handle };
    const server = await serveHttp(options);
    try {
      await use(path, server);
    } finally {
      await server.close(0);
      await folder.remove();
    }
  });
}

/** A connection on which a test writes what it likes. */
async function open(path: string): Promise<Socket> {
  const socket = connect({ path });
  socket.on("error", () => {});
  await new Promise<void>((resolve) => socket.once("connect", resolve));
  return socket;
}

/** What comes until the other side closes. */
async function readToEnd(socket: Socket): Promise<string> {
  let text = "";
  for await (const chunk of socket) text += chunk;
  return text;
}

/** The next answer, whose body is a list. */
async function readAnswer(socket: Socket): Promise<string> {
  let text = "";
  await new Promise<void>((resolve, reject) => {
    const add = (chunk: Uint8Array) => {
      text += new TextDecoder().decode(chunk);
      if (!text.endsWith("]")) return;
      socket.removeListener("data", add);
      resolve();
    };
    socket.on("data", add);
    socket.once("close", () => reject(new Error(`it was closed behind ${JSON.stringify(text)}`)));
  });
  return text;
}

const post = (path: string, body: string, headers = "Host: \r\n") =>
  `POST ${path} HTTP/1.1\r\n${headers}Content-Length: ${body.length}\r\n\r\n${body}`;

/** What a client of a socket gets. */
function ask(path: string, target: string, body = ""): Promise<[number, unknown]> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ socketPath: path, path: target, method: "POST" }, (response) => {
      let text = "";
      response.on("data", (chunk) => text += chunk);
      response.on("end", () => resolve([response.statusCode!, JSON.parse(text)]));
      response.on("error", reject);
    });
    request.on("error", reject);
    request.end(body);
  });
}

testServer("it answers, again and again on one connection", async (path) => {
  const socket = await open(path);
  for (let i = 0; i < 3; i++) {
    socket.write(post(`/X.Y?i=${i}`, `body ${i}`));
    const answer = await readAnswer(socket);
    assert.match(answer, /^HTTP\/1\.1 200 OK\r\n/);
    assert.match(answer, /\r\nContent-Type: application\/json\r\n/);
    assert.ok(answer.endsWith(`["POST","/X.Y","body ${i}",null]`), answer);
  }
  socket.destroy();
});

for (
  const [target, seen] of [
    ["/VolumeDriver.List", "/VolumeDriver.List"],
    ["http://d/VolumeDriver.List?x=/y", "/VolumeDriver.List"],
    ["/a%2Fb", "/a%2Fb"],
    ["http://d", ""],
    ["*", ""],
  ] as const
) {
  testServer(`it sees the path of ${target}`, async (path) => {
    const socket = await open(path);
    socket.write(post(target, ""));
    assert.match(await readAnswer(socket), `["POST","${seen}","",null]`);
    socket.destroy();
  });
}

testServer("it tells of the site that a page is from", async (path) => {
  const socket = await open(path);
  socket.write(post("/", "", "Host: d\r\nOrigin: http://evil.example\r\n"));
  assert.match(await readAnswer(socket), '["POST","/","","http://evil.example"]');
  socket.destroy();
});

testServer("it takes chunks, and answers about too much without reading it", async (path) => {
  const socket = await open(path);
  socket.write("POST / HTTP/1.1\r\nHost: d\r\nTransfer-Encoding: chunked\r\n\r\n");
  socket.write("3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
  assert.match(await readAnswer(socket), '["POST","/","abcde",null]');
  socket.write(
    `POST / HTTP/1.1\r\nHost: d\r\nContent-Length: 1000000000\r\n\r\n${"x".repeat(1_001)}`,
  );
  const answer = await readToEnd(socket);
  assert.match(answer, /^HTTP\/1\.1 413 /);
  assert.match(answer, /\r\nConnection: close\r\n/);
});

for (
  const [what, text] of [
    ["no HTTP", "\u0016\u0003\u0001 garbage\r\n\r\n"],
    [
      "a head that is too large",
      `POST / HTTP/1.1\r\nHost: d\r\nX-A: ${"a".repeat(20_000)}\r\n\r\n`,
    ],
    [
      "two lengths of a body",
      "POST / HTTP/1.1\r\nHost: d\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ],
    ["nothing", ""],
    ["half of a head", "POST / HTTP/1.1\r\nHost: d\r\nContent-Le"],
    ["half of a body", "POST / HTTP/1.1\r\nHost: d\r\nContent-Length: 100\r\n\r\nabc"],
    ["a handler that fails", post("/throw", "")],
  ] as const
) {
  testServer(`it closes a connection with ${what}, and serves the others`, async (path) => {
    const socket = await open(path);
    socket.write(text);
    assert.not.match(await readToEnd(socket), /HTTP\/1\.1 200/);
    assert.equal(await ask(path, "/X", "y"), [200, ["POST", "/X", "y", null]]);
  });
}

testServer("an idle connection stays open longer than a head may take", async (path) => {
  const socket = await open(path);
  socket.write(post("/", "1"));
  await readAnswer(socket);
  await new Promise((resolve) => setTimeout(resolve, 2 * TIMES.headMs));
  socket.write(post("/", "2"));
  assert.match(await readAnswer(socket), '["POST","/","2",null]');
  socket.destroy();
});

testServer("a client that goes away aborts the signal of its request", async (path) => {
  const socket = await open(path);
  const began = new Promise<HttpRequest>((resolve) => waiting = resolve);
  socket.write(post("/wait", "x"));
  const { signal } = await began;
  assert.is(signal.aborted, false);
  const aborted = new Promise((resolve) => signal.addEventListener("abort", resolve));
  socket.destroy();
  await aborted;
  answerWaiting();
});

testServer(
  "close() lets what runs come to its end, and takes nothing new",
  async (path, server) => {
    const idle = await open(path);
    idle.write(post("/", ""));
    await readAnswer(idle);
    const busy = await open(path);
    const began = new Promise<HttpRequest>((resolve) => waiting = resolve);
    busy.write(post("/wait", "x"));
    const { signal } = await began;
    const closed = server.close(60_000);
    await readToEnd(idle);
    const refused = await new Promise((resolve) => connect({ path }).on("error", resolve));
    assert.match((refused as { code: string }).code, /^(?:ECONNREFUSED|ENOENT)$/);
    assert.is(signal.aborted, false);
    answerWaiting();
    const answer = await readToEnd(busy);
    assert.match(answer, /^HTTP\/1\.1 200 OK\r\n/);
    assert.match(answer, '["POST","/wait","x",null]');
    await closed;
  },
);

for (
  const [what, text] of [
    ["nothing", ""],
    ["half of a head", "POST / HTTP/1.1\r\nHost: d\r\nContent-Le"],
    ["a request that was answered", post("/", "")],
  ] as const
) {
  testServer(`close() hangs up at once on who has sent ${what}`, async (path, server) => {
    const idle = await open(path);
    idle.write(text);
    if (text.endsWith("\r\n\r\n")) await readAnswer(idle);
    const busy = await open(path);
    const began = new Promise<HttpRequest>((resolve) => waiting = resolve);
    busy.write(post("/wait", "x"));
    await began;
    const closed = server.close(60_000);
    assert.is(await readToEnd(idle), "");
    answerWaiting();
    assert.match(await readToEnd(busy), '["POST","/wait","x",null]');
    await closed;
  });
}

testServer("close() ends what takes too long", async (path, server) => {
  const busy = await open(path);
  const began = new Promise<HttpRequest>((resolve) => waiting = resolve);
  busy.write(post("/wait", "x"));
  const { signal } = await began;
  const aborted = new Promise((resolve) => signal.addEventListener("abort", resolve));
  await server.close(10);
  assert.is(await readToEnd(busy), "");
  await aborted;
  answerWaiting();
});

testServer("200 at once are all answered", async (path) => {
  const answers = await Promise.all(Array.from({ length: 200 }, (_, i) => ask(path, `/${i}`, "x")));
  assert.equal(answers[199], [200, ["POST", "/199", "x", null]]);
  assert.ok(answers.every(([status]) => status === 200));
});

test("close() hangs up at once in the middle of a handshake, and behind one", async () => {
  const read = (name: string) => readFile(projectPath("test", "fixture", "tls", name));
  const [cert, key, ca] = await Promise.all(["server.pem", "server.key", "ca.pem"].map(read));
  const tls = { cert: cert!, key: key!, ca: ca! };
  const address = { host: "127.0.0.1", port: 0 };
  const server = await serveHttp({ address, tls, maxBodyBytes: MAX_BODY_BYTES, handle });
  const at = { host: "127.0.0.1", port: server.port! };
  const own = { ca, cert: await read("client.pem"), key: await read("client.key") };
  const connected = async (socket: Socket, event: string) => {
    socket.on("error", () => {});
    await new Promise((resolve) => socket.once(event, resolve));
    return socket;
  };
  const silent = await connected(connect(at), "connect");
  const greeted = await connected(connectTls({ ...at, ...own }), "secureConnect");
  const busy = await connected(connectTls({ ...at, ...own }), "secureConnect");
  const began = new Promise<HttpRequest>((resolve) => waiting = resolve);
  busy.write(post("/wait", "x"));
  await began;
  const closed = server.close(60_000);
  for (const idle of [silent, greeted]) await readToEnd(idle).catch(() => {});
  answerWaiting();
  assert.match(await readToEnd(busy), '["POST","/wait","x",null]');
  await closed;
});

test("two connections from one port of a client to two addresses are told apart", async () => {
  const read = (name: string) => readFile(projectPath("test", "fixture", "tls", name));
  const [cert, key, ca] = await Promise.all(["server.pem", "server.key", "ca.pem"].map(read));
  const server = await serveHttp({
    address: { host: "0.0.0.0", port: 0 },
    tls: { cert: cert!, key: key!, ca: ca! },
    maxBodyBytes: MAX_BODY_BYTES,
    handle,
  });
  const own = { ca, cert: await read("client.pem"), key: await read("client.key") };
  const from = { localAddress: "127.0.0.1", localPort: await freePort() };
  const open = async (host: string) => {
    const socket = connect({ ...from, host, port: server.port! });
    const secured = connectTls({ ...own, socket, checkServerIdentity: () => undefined });
    secured.on("error", () => {});
    await new Promise((resolve) => secured.once("secureConnect", resolve));
    return secured;
  };
  const busy = await open("127.0.0.1");
  const began = new Promise<HttpRequest>((resolve) => waiting = resolve);
  busy.write(post("/wait", "x"));
  await began;
  const other = await open("127.0.0.2");
  other.write(post("/", "x"));
  await new Promise((resolve) => other.once("data", resolve));
  // Both end, the one that is never answered too.
  const ended = Promise.all([busy, other].map((one) => readToEnd(one).catch(() => "")));
  await server.close(1);
  await ended;
  answerWaiting();
});

/** A port that nobody has now. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

test("with TLS it serves only who shows what its authority signed", async () => {
  const read = (name: string) => readFile(projectPath("test", "fixture", "tls", name));
  const ca = await read("ca.pem");
  const server = await serveHttp({
    address: { host: "127.0.0.1", port: 0 },
    tls: { cert: await read("server.pem"), key: await read("server.key"), ca },
    maxBodyBytes: MAX_BODY_BYTES,
    handle,
  });
  const askAs = async (name: string | undefined, version: "TLSv1.2" | "TLSv1.3") => {
    const own = name === undefined
      ? {}
      : { cert: await read(`${name}.pem`), key: await read(`${name}.key`) };
    return await new Promise<unknown>((resolve) => {
      const options = {
        host: "127.0.0.1",
        port: server.port!,
        method: "POST",
        path: "/",
        ca,
        ...own,
      };
      const request = httpsRequest(
        { ...options, agent: false, maxVersion: version },
        (response) => {
          response.resume();
          response.on("end", () => resolve(response.statusCode));
          response.on("error", () => resolve("refused"));
        },
      );
      request.on("error", () => resolve("refused"));
      request.end();
    });
  };
  try {
    for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
      assert.is(await askAs("client", version), 200);
      assert.is(await askAs(undefined, version), "refused");
      assert.is(await askAs("stranger", version), "refused");
    }
    const plain = connect({ host: "127.0.0.1", port: server.port! });
    plain.on("error", () => {});
    plain.write(post("/", ""));
    assert.not.match(await readToEnd(plain).catch(() => ""), /HTTP\/1\.1 200/);
  } finally {
    await server.close(0);
  }
});

test.run();

import { connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import * as assert from "uvu/assert";
import {
  askSocket,
  serveSocket,
  type SocketServer,
  type SocketServerOptions,
} from "../../src/platform/socket-server.ts";
import { makeFolder, type TestFolder } from "../support/folder.ts";
import { suite } from "../support/suite.ts";

interface Context {
  folder: TestFolder;
}

const test = suite<Context>("socket-server");

const bytes = (text: string) => new TextEncoder().encode(text);
const textOf = (all: Uint8Array | undefined) => all && new TextDecoder().decode(all);

test.before(async (context) => {
  context.folder = await makeFolder();
});
test.after(({ folder }) => folder.remove());

let made = 0;

/** A server whose requests say in their first byte how long they are. */
async function serve(
  { folder }: Context,
  more: Partial<SocketServerOptions> = {},
): Promise<{ path: string; server: SocketServer }> {
  const path = join(folder.path, `s${made++}`);
  const server = await serveSocket({
    path,
    greeting: bytes("hello"),
    lengthOf: ([length]) => {
      if (length === 0) throw new Error("no length");
      return length;
    },
    handle: (request) => Promise.resolve(bytes(`got ${request.length}`)),
    ...more,
  });
  return { path, server };
}

function ask(path: string, request: Uint8Array, greeting = "hello"): Promise<string | undefined> {
  const question = { path, greeting: bytes(greeting), greetingMs: 5_000, request };
  return askSocket(question).then(textOf);
}

/** A client of its own manners, and what it has read when the server hangs up. */
function open(path: string): Promise<{ socket: Socket; ended: Promise<string> }> {
  return new Promise((resolve, reject) => {
    const socket = connect({ path });
    let text = "";
    const ended = new Promise<string>((end) => socket.on("close", () => end(text)));
    socket.on("error", reject);
    socket.on("data", (chunk) => {
      text += chunk;
      resolve({ socket, ended });
    });
  });
}

test("serveSocket() greets, answers and hangs up, many at once", async (context) => {
  const { path, server } = await serve(context);
  const answers = await Promise.all(
    Array.from({ length: 50 }, (_, n) => ask(path, new Uint8Array(n + 1).fill(n + 1))),
  );
  assert.equal(answers, answers.map((_, n) => `got ${n + 1}`));
  await server.close(0);
});

test("serveSocket() takes a request in whatever pieces it comes", async (context) => {
  const { path, server } = await serve(context);
  const { socket, ended } = await open(path);
  for (const byte of [4, 1, 2, 3]) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    socket.write(new Uint8Array([byte]));
  }
  assert.is(await ended, "hellogot 4");
  await server.close(0);
});

test("serveSocket() hangs up on what is no request, or more than one", async (context) => {
  const { path, server } = await serve(context);
  for (const request of [[0], [2, 0, 0], [1, 1]]) {
    const { socket, ended } = await open(path);
    socket.write(new Uint8Array(request));
    assert.is(await ended, "hello", request.join());
  }
  await server.close(0);
});

test("serveSocket() hangs up where nobody can answer", async (context) => {
  const { path, server } = await serve(context, { handle: () => Promise.reject(new Error("x")) });
  assert.is(await ask(path, new Uint8Array([1])), "");
  await server.close(0);
});

test("a client that goes away aborts its request, and no other", async (context) => {
  const heard: string[] = [];
  let finish!: () => void;
  const finished = new Promise<void>((resolve) => finish = resolve);
  let asked!: () => void;
  const bothAsked = new Promise<void>((resolve) => asked = resolve);
  let count = 0;
  let aborted!: () => void;
  const oneAborted = new Promise<void>((resolve) => aborted = resolve);
  const { path, server } = await serve(context, {
    handle: async (request, signal) => {
      signal.addEventListener("abort", () => {
        heard.push(`aborted ${request[1]}`);
        aborted();
      });
      if (++count === 2) asked();
      await finished;
      return bytes(`answered ${request[1]}`);
    },
  });
  const stays = ask(path, new Uint8Array([2, 7]));
  const { socket } = await open(path);
  socket.write(new Uint8Array([2, 8]));
  await bothAsked;
  socket.destroy();
  await oneAborted;
  assert.equal(heard, ["aborted 8"]);
  finish();
  assert.is(await stays, "answered 7");
  await server.close(0);
});

test("close() answers what was asked, and waits no longer than told for what was not", async (context) => {
  let finish!: () => void;
  const finished = new Promise<void>((resolve) => finish = resolve);
  let asked!: () => void;
  const isAsked = new Promise<void>((resolve) => asked = resolve);
  const { path, server } = await serve(context, {
    handle: async () => {
      asked();
      await finished;
      return bytes("late");
    },
  });
  const silent = await open(path);
  const answer = ask(path, new Uint8Array([1]));
  await isAsked;
  const closed = server.close(10);
  assert.is(await silent.ended, "hello");
  assert.is(await ask(path, new Uint8Array([1])), undefined);
  finish();
  assert.is(await answer, "late");
  await closed;
});

test("askSocket() asks nobody who is not there, says something else, or says nothing", async (context) => {
  const { path, server } = await serve(context);
  assert.is(await ask(join(context.folder.path, "none"), new Uint8Array([1])), undefined);
  assert.is(await ask(path, new Uint8Array([1]), "hallo"), undefined);
  await server.close(0);
  const silentPath = join(context.folder.path, "silent");
  const heard: Socket[] = [];
  const silent = createServer((socket) => void heard.push(socket.on("error", () => {})));
  await new Promise<void>((resolve) => silent.listen({ path: silentPath }, resolve));
  const question = { path: silentPath, greeting: bytes("hello"), greetingMs: 20 };
  assert.is(await askSocket({ ...question, request: new Uint8Array([1]) }), undefined);
  for (const socket of heard) socket.destroy();
  await new Promise((resolve) => silent.close(resolve));
});

test("serveSocket() says why it cannot listen", async ({ folder }) => {
  const path = join(folder.path, "none", "s");
  const error = await serve({ folder }, { path }).then(() => undefined, (thrown) => thrown);
  assert.instance(error, Error);
});

test.run();

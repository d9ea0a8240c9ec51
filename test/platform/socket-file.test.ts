import { lstat, mkdir, readdir, rename, stat, symlink } from "node:fs/promises";
import { connect, createServer, type Server } from "node:net";
import { join } from "node:path";
import * as assert from "uvu/assert";
import {
  NameInUse,
  placeSocket,
  removeDeadSocket,
  type SocketFile,
} from "../../src/platform/socket-file.ts";
import { PluginError } from "../../src/plugin-error.ts";
import { makeFolder } from "../support/folder.ts";
import { suite } from "../support/suite.ts";

const test = suite("platform/socket-file");

/** A server that says who it is. */
function serverOf(name: string): Server {
  return createServer((socket) => {
    socket.on("error", () => {});
    socket.end(name);
  });
}

const listenOn = (server: Server) => (path: string) =>
  new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ path }, resolve);
  });

const close = (server: Server) => new Promise<void>((resolve) => server.close(() => resolve()));

function whoListens(path: string): Promise<string> {
  return new Promise((resolve) => {
    let text = "";
    const socket = connect({ path });
    socket.on("data", (chunk) => text += chunk);
    socket.on("end", () => resolve(text));
    socket.on("error", (error: { code?: string }) => resolve(error.code!));
  });
}

/** A test with a folder, the path in it that a socket gets, and servers that are closed behind it. */
function testFolder(
  name: string,
  use: (
    path: string,
    place: (name: string) => Promise<SocketFile | NameInUse>,
    servers: Server[],
  ) => Promise<void>,
): void {
  test(name, async () => {
    const folder = await makeFolder();
    const path = join(folder.path, "p.sock");
    const servers: Server[] = [];
    const place = async (name: string) => {
      const server = serverOf(name);
      const placed = await placeSocket(path, listenOn(server));
      if (placed instanceof NameInUse) await close(server);
      else servers.push(server);
      return placed;
    };
    try {
      await use(path, place, servers);
    } finally {
      await Promise.all(servers.map(close));
      await folder.remove();
    }
  });
}

/** A socket that a process left behind. */
async function leaveBehind(path: string): Promise<void> {
  const server = serverOf("dead");
  await listenOn(server)(`${path}.first`);
  await rename(`${path}.first`, path);
  // A runtime removes the name that it knows.
  await close(server);
  assert.is(await whoListens(path), "ECONNREFUSED");
}

testFolder(
  "it makes a socket for its own user alone, and nothing beside it",
  async (path, place) => {
    const file = await place("one");
    assert.not.instance(file, NameInUse);
    assert.is(await whoListens(path), "one");
    const stats = await stat(path);
    assert.ok(stats.isSocket());
    assert.is(stats.mode & 0o777, 0o600);
    assert.equal(await readdir(join(path, "..")), ["p.sock"]);
  },
);

testFolder("it replaces a socket that nobody listens on", async (path, place) => {
  await leaveBehind(path);
  assert.not.instance(await place("one"), NameInUse);
  assert.is(await whoListens(path), "one");
  assert.equal(await readdir(join(path, "..")), ["p.sock"]);
});

testFolder(
  "removeDeadSocket() removes one that nobody listens on, and nothing else",
  async (path, place) => {
    assert.is(await removeDeadSocket(path), undefined);
    await leaveBehind(path);
    assert.is(await removeDeadSocket(path), undefined);
    assert.equal(await readdir(join(path, "..")), []);
    await place("one");
    assert.is((await removeDeadSocket(path))!.why, "a process listens there");
    assert.is(await whoListens(path), "one");
    assert.equal(await readdir(join(path, "..")), ["p.sock"]);
  },
);

testFolder("it leaves one alone that a process listens on", async (path, place) => {
  await place("one");
  const other = await place("other");
  assert.instance(other, NameInUse);
  assert.is((other as NameInUse).why, "a process listens there");
  assert.is(await whoListens(path), "one");
  assert.equal(await readdir(join(path, "..")), ["p.sock"]);
});

for (
  const [what, make] of [
    ["a folder", (path: string) => mkdir(path)],
    ["a link", (path: string) => symlink("elsewhere", path)],
  ] as const
) {
  testFolder(`it leaves ${what} alone`, async (path, place) => {
    await make(path);
    const placed = await place("one");
    assert.match((placed as NameInUse).why, /something else than a socket/);
    assert.not.ok((await lstat(path)).isSocket());
  });
}

testFolder("of two at once, one gets the name of a dead one", async (path, place) => {
  await leaveBehind(path);
  const names = ["one", "two"];
  const placed = await Promise.all(names.map((name) => place(name)));
  const winners = names.filter((_, i) => !(placed[i] instanceof NameInUse));
  assert.is(winners.length, 1);
  assert.is(await whoListens(path), winners[0]!);
  assert.equal(await readdir(join(path, "..")), ["p.sock"]);
});

testFolder(
  "it removes its own, also behind the end of the server, and once",
  async (path, place, servers) => {
    const file = await place("one") as SocketFile;
    await close(servers.pop()!);
    assert.is(await whoListens(path), "ECONNREFUSED");
    await file.remove();
    assert.equal(await readdir(join(path, "..")), []);
    await file.remove();
  },
);

testFolder("it leaves alone what took its place", async (path, place, servers) => {
  const file = await place("one") as SocketFile;
  await close(servers.pop()!);
  assert.not.instance(await place("two"), NameInUse);
  await file.remove();
  assert.is(await whoListens(path), "two");
});

test("it says what keeps it from making a socket", async () => {
  const folder = await makeFolder();
  try {
    for (
      const path of [
        join(folder.path, "none", "p.sock"),
        join(folder.path, "x".repeat(200), "p.sock"),
      ]
    ) {
      const server = serverOf("one");
      const error = await placeSocket(path, listenOn(server)).catch(PluginError.from);
      assert.is((error as PluginError).code, "output.unwritable");
    }
    const long = join(folder.path, "y".repeat(100));
    await mkdir(long);
    const server = serverOf("one");
    const error = await placeSocket(join(long, "p.sock"), listenOn(server))
      .catch(PluginError.from);
    // It has listened; to end it is for who made it.
    server.close();
    assert.is((error as PluginError).code, "output.unwritable");
    assert.equal(await readdir(long), []);
  } finally {
    await folder.remove();
  }
});

test.run();

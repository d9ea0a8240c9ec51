import { Buffer } from "node:buffer";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { isNotFound } from "../../src/docker/answer.ts";
import { PluginClient } from "../../src/docker/plugin-client.ts";
import {
  answering,
  errorOf,
  reply,
  startPlugin,
  startRaw,
  testClock,
} from "../support/docker-plugin.ts";
import { suiteFolder } from "../support/folder.ts";
import { suite } from "../support/suite.ts";

// "(moby N)" in a test's name is the number of a behaviour in test/docker/README.md.

const test = suite("PluginClient");

const folder = suiteFolder(test);
let count = 0;

/** A path for one more socket. */
const socket = () => join(folder.path, `${++count}.sock`);

const MANIFEST = { Implements: ["VolumeDriver", "NetworkDriver"] };

const echo = ({ body }: { body: string }, response: Parameters<typeof reply>[0]) =>
  reply(response, body);

test("call() is a POST with Docker's headers; an echo comes back; nothing may be sent (moby 3, 11)", async () => {
  for (const where of [socket(), {}]) {
    await using plugin = await startPlugin(where, echo);
    await using client = new PluginClient(plugin.address);
    assert.equal(await client.call("Test.Echo", MANIFEST), MANIFEST);
    await client.notify("Test.Echo");
    await client.notify("/");
    const [first, second, third] = plugin.received;
    assert.equal([first!.method, first!.url], ["POST", "/Test.Echo"]);
    assert.is(first!.body, `${JSON.stringify(MANIFEST)}\n`);
    assert.is(first!.headers.accept, "application/vnd.docker.plugins.v1.2+json");
    assert.is(first!.headers["content-type"], undefined);
    assert.is(first!.headers["content-length"], String(first!.body.length));
    const host = typeof where === "string" ? "plugin.moby.localhost" : new URL(plugin.address).host;
    assert.is(first!.headers.host, host);
    assert.equal([second!.body, second!.headers["content-length"]], ["", "0"]);
    assert.equal([third!.method, third!.url], ["POST", "/"]);
    assert.is(plugin.connections(), 1);
  }
});

test("call() without trying again fails at once where nobody listens (moby 1)", async () => {
  const clock = testClock();
  for (const address of ["tcp://127.0.0.1:1", `unix://${socket()}`]) {
    await using client = new PluginClient(address, { clock });
    const error = await errorOf(client.call("Service.Method", {}, { retry: false }));
    assert.is(error.code, "docker.unreachable");
    assert.match(error.message, JSON.stringify(address));
  }
  assert.equal(clock.slept, []);
});

test("call() tries again, with the same body, where Docker sends an empty one (moby 2)", async () => {
  const clock = testClock();
  await using plugin = await startPlugin(socket(), ({ body }, response, count) => {
    if (count < 3) response.destroy();
    else reply(response, body);
  });
  await using client = new PluginClient(plugin.address, { clock });
  assert.equal(await client.call("Test.FailOnce", { a: "body" }), { a: "body" });
  assert.equal(plugin.received.map(({ body }) => body), Array(3).fill('{"a":"body"}\n'));
  assert.equal(clock.slept, [1_000, 2_000]);
});

test("call() gives up after 15 s of refusals", async () => {
  const clock = testClock();
  await using client = new PluginClient(`unix://${socket()}`, { clock });
  assert.is((await errorOf(client.call("A.B"))).code, "docker.unreachable");
  assert.equal(clock.slept, [1_000, 2_000, 4_000, 8_000]);
  const other = testClock();
  await using plugin = await startRaw(socket(), (socket) => socket.end("hello\n\n"));
  await using second = new PluginClient(plugin.address, { clock: other });
  assert.is((await errorOf(second.call("A.B"))).code, "docker.unreachable");
  assert.is(plugin.connections(), 5);
});

test("a client that bounds time says that the time was up (moby 7)", async () => {
  await using plugin = await startPlugin(socket(), () => {});
  const clock = testClock();
  await using client = new PluginClient(plugin.address, { timeoutMs: 10, clock });
  const error = await errorOf(client.call("Test.Echo", MANIFEST));
  assert.is(error.code, "docker.timeout");
  assert.match(error.message, "Test.Echo was given up: the plugin took longer than 0.01 s");
  // The clock stands still while the plugin is waited for; by it, there were as many tries as for a refusal.
  assert.equal(clock.slept, [1_000, 2_000, 4_000, 8_000]);
});

test("so does a call with a time of its own, promptly; and a body that does not end (moby 8)", async () => {
  await using plugin = await startPlugin(socket(), ({ url }, response) => {
    if (url === "/Plugin.Half") response.write('{"a":');
  });
  await using client = new PluginClient(plugin.address);
  for (const method of ["Plugin.Hello", "Plugin.Half"]) {
    const started = performance.now();
    const error = await errorOf(client.call(method, {}, { timeoutMs: 20, retry: false }));
    assert.is(error.code, "docker.timeout", method);
    assert.ok(performance.now() - started < 5_000);
  }
  for (const timeoutMs of [0, -1, NaN]) {
    assert.is((await errorOf(client.call("A.B", {}, { timeoutMs }))).code, "usage.invalid");
  }
});

test("a body that breaks off or is too slow is not asked for again", async () => {
  const clock = testClock();
  await using plugin = await startPlugin(socket(), ({ url }, response) => {
    response.writeHead(200, { "Content-Length": 100 });
    response.write('{"Mountpoint":"/x"}');
    if (url === "/A.Close") setTimeout(() => response.destroy(), 5);
  });
  await using client = new PluginClient(plugin.address, { clock });
  const closed = await errorOf(client.call("A.Close"));
  assert.is(closed.code, "docker.answer-invalid");
  assert.match(closed.message, "breaks off");
  assert.is(
    (await errorOf(client.call("A.Stay", {}, { timeoutMs: 1_000 }))).code,
    "docker.timeout",
  );
  assert.is(plugin.received.length, 2);
  assert.equal(clock.slept, []);
});

test("only a status of 200 succeeds; any other is the plugin's word, and never asked again", async () => {
  const answers: [status: number, body: string, message: RegExp][] = [
    [201, "{}", /^A\.B: \{\}$/],
    [204, "", /^A\.B: the plugin answered with the status 204, without a word$/],
    [302, "moved", /^A\.B: moved$/],
    [400, '{"Err":"no such volume"}', /^A\.B: no such volume$/],
    [404, "404 page not found\n", /^A\.B: 404 page not found$/],
    [500, '{"eRR":"in any case"}\n', /^A\.B: in any case$/],
    [500, '{"Err":""}', /^A\.B: \{"Err":""\}$/],
    [500, '{"Err":7}', /^A\.B: \{"Err":7\}$/],
    [500, '{"Err":"\\u001b[31mred\\nline\\u202e"}', /^A\.B: \\u\{1b\}\[31mred\\nline\\u\{202e\}$/],
    [500, "plain\r\nwords\u0085", /^A\.B: plain\\r\\nwords\\u\{85\}$/],
    [500, `{"Err":"${"x".repeat(5_000)}"}`, /^A\.B: x{4096}… \(904 more\)$/],
    [500, '{"Err":"a"} trailing', /^A\.B: \{"Err":"a"\} trailing$/],
    [503, "x".repeat(70_000), /^A\.B: the plugin answered with the status 503/],
  ];
  const clock = testClock();
  await using plugin = await startPlugin(socket(), (_request, response, count) => {
    const [status, body] = answers[count - 1]!;
    response.writeHead(status, { Location: "http://127.0.0.1:1/" }).end(body);
  });
  await using client = new PluginClient(plugin.address, { clock });
  for (const [status, , message] of answers) {
    const error = await errorOf(client.call("A.B", {}));
    assert.is(error.code, "docker.call-failed");
    assert.match(error.message, message);
    assert.is(isNotFound(error), status === 404);
  }
  assert.equal(clock.slept, []);
  assert.is(plugin.received.length, answers.length);
});

test("an answer is read as Go reads it, without losing anything", async () => {
  const answers: [body: string, wanted: unknown][] = [
    ['{"implements":["a"],"IMPLEMENTS_":1}', { Implements: ["a"], IMPLEMENTS_: 1 }],
    ['{"Implements":[]} and more', { Implements: [] }],
    ["\n null", null],
    ['{"a":9007199254740993}', { a: "9007199254740993" }],
    ['{"a":1,"a":2}', /stands twice/],
    ['{"Implements":1,"implements":2}', /stands there already/],
    ["", /it is empty/],
    ["  \n", /it is empty/],
    ['{"\u202e":1,"\u202e":2}', /the key "\\u\{202e\}" stands twice/],
    [`{"${"x".repeat(9_000)}":}`, /^.{0,5000}$/],
    ['{"a":', /Parsing JSON failed/],
    ["<html>", /Parsing JSON failed/],
    ["\u0000\u0001", /Parsing JSON failed/],
    ["[".repeat(100_000), /nested more than/],
  ];
  await using plugin = await startPlugin(socket(), (_request, response, count) => {
    reply(response, answers[count - 1]![0]);
  });
  await using client = new PluginClient(plugin.address);
  for (const [body, wanted] of answers) {
    if (!(wanted instanceof RegExp)) {
      assert.equal(await client.call("Plugin.Activate"), wanted, body);
      continue;
    }
    const error = await errorOf(client.call("Plugin.Activate"));
    assert.is(error.code, "docker.answer-invalid", body.slice(0, 100));
    assert.match(error.message, wanted);
  }
});

test("fields of another interface are read in any case where they are named", async () => {
  await using plugin = await startPlugin(socket(), (_request, response) => {
    reply(response, { fooBAR: 1, ERR: "x", other: 2 });
  });
  await using client = new PluginClient(plugin.address);
  assert.equal(await client.call("Own.Method", {}), { fooBAR: 1, Err: "x", other: 2 });
  const fields = ["FooBar", "constructor"];
  assert.equal(await client.call("Own.Method", {}, { fields }), { FooBar: 1, Err: "x", other: 2 });
});

test("an answer of a gigabyte is read no further than its bound", async () => {
  let sent = 0;
  await using plugin = await startPlugin(socket(), (_request, response) => {
    const chunk = Buffer.alloc(64 * 1024, " ");
    const more = () => {
      while (sent < 1 << 30 && !response.destroyed) {
        sent += chunk.length;
        if (!response.write(chunk)) return response.once("drain", more);
      }
    };
    response.on("error", () => {});
    more();
  });
  await using client = new PluginClient(plugin.address, { maxAnswerBytes: 1_000_000 });
  const error = await errorOf(client.call("A.B", {}));
  assert.is(error.code, "docker.answer-invalid");
  assert.match(error.message, "more than 1000000 bytes");
  assert.ok(sent < 64 * 1024 * 1024, `${sent} bytes were sent`);
});

test("what speaks no HTTP as it should is unreachable, or its answer is none", async () => {
  const head = "HTTP/1.1 200 OK\r\n";
  const speeches: [speech: string, code: string][] = [
    ["", "docker.unreachable"],
    ["garbage\r\n\r\n", "docker.unreachable"],
    [`${head}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}`, "docker.unreachable"],
    [`${head}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}`, "docker.unreachable"],
    [`${head}Content-Length: -1\r\n\r\n{}`, "docker.unreachable"],
    [`${head}A: ${"x".repeat(100_000)}\r\n\r\n{}`, "docker.unreachable"],
    ["HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n", "docker.unreachable"],
    [`${head}Transfer-Encoding: chunked\r\n\r\n2\r\n{"\r\nzz\r\n`, "docker.answer-invalid"],
    [`${head}Content-Length: 100\r\n\r\n{}`, "docker.answer-invalid"],
    [`${head}\r\n{"half":`, "docker.answer-invalid"],
  ];
  for (const [speech, code] of speeches) {
    await using plugin = await startRaw(socket(), (socket) => {
      socket.once("data", () => {
        socket.write(speech);
        setTimeout(() => socket.destroy(), 20);
      });
    });
    await using client = new PluginClient(plugin.address);
    const error = await errorOf(client.call("A.B", {}, { retry: false, timeoutMs: 10_000 }));
    assert.is(error.code, code, `${speech.slice(0, 60)}: ${error.message}`);
  }
});

test("bytes behind an answer's length are not part of it", async () => {
  await using plugin = await startRaw(socket(), (socket) => {
    socket.on(
      "data",
      () => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}HTTP junk"),
    );
  });
  await using client = new PluginClient(plugin.address);
  for (let n = 0; n < 3; n++) {
    const answer = await client.call("A.B", {}, { retry: false }).catch((error) => error.code);
    assert.ok(answer === "docker.unreachable" || Object.keys(answer).length === 0, String(answer));
  }
});

test("a redirect is not followed", async () => {
  await using target = await startPlugin({}, answering({ "A.B": {} }));
  await using plugin = await startPlugin({}, (_request, response) => {
    response.writeHead(307, { Location: `${target.address}/A.B` }).end();
  });
  await using client = new PluginClient(plugin.address);
  assert.is((await errorOf(client.call("A.B", {}))).code, "docker.call-failed");
  assert.is(target.received.length, 0);
});

test("stream() gives the body as it comes (moby 9)", async () => {
  await using plugin = await startPlugin(socket(), echo);
  await using client = new PluginClient(plugin.address);
  assert.equal(await new Response(await client.stream("Test.Echo", MANIFEST)).json(), MANIFEST);
  assert.is(await new Response(await client.stream("Test.Echo")).text(), "null\n");
});

test("stream() gives a log driver's frames as they were written (moby 27)", async () => {
  // A length in four bytes, then so many bytes of protobuf: source "stdout", a time, a line.
  const frame = (line: string) => {
    const entry = Buffer.from(
      `\x0a\x06stdout\x10\x01\x1a${String.fromCharCode(line.length)}${line}`,
    );
    const length = Buffer.alloc(4);
    length.writeUInt32BE(entry.length);
    return Buffer.concat([length, entry]);
  };
  const lines = ["one", "two", "and three"].map(frame);
  await using plugin = await startPlugin(socket(), async (_request, response) => {
    for (const line of lines) {
      response.write(line);
      await new Promise((resolve) => setTimeout(resolve));
    }
    response.end();
  });
  await using client = new PluginClient(plugin.address);
  const config = { Info: { ContainerID: "c" }, Config: { Tail: -1, Follow: false } };
  const body = await new Response(await client.stream("LogDriver.ReadLogs", config)).arrayBuffer();
  assert.equal(Buffer.from(body), Buffer.concat(lines));
  assert.equal(JSON.parse(plugin.received[0]!.body), config);
});

test("stream() has all the time once it has begun, ends with its reader, its signal and its client", async () => {
  const gone: Promise<void>[] = [];
  await using plugin = await startPlugin(socket(), ({ url }, response) => {
    gone.push(new Promise((resolve) => response.on("close", () => resolve())));
    if (url === "/A.Refused") return reply(response, { Err: "no logs" }, 500);
    response.write("a");
  });
  const client = new PluginClient(plugin.address);
  const open = (options = {}) => client.stream("A.B", {}, options);
  const first = (await open({ timeoutMs: 1_000 })).getReader();
  assert.is(Buffer.from((await first.read()).value!).toString(), "a");
  const timeUp = new Promise<string>((resolve) => setTimeout(() => resolve("waits"), 1_100));
  assert.is(await Promise.race([first.read(), timeUp]), "waits");
  first.releaseLock();
  await (await open()).cancel();
  const controller = new AbortController();
  const second = (await open({ signal: controller.signal })).getReader();
  await second.read();
  controller.abort();
  assert.is((await errorOf(second.read())).code, "call.aborted");
  const third = (await open()).getReader();
  await third.read();
  const reading = errorOf(third.read());
  assert.is((await errorOf(client.stream("A.Refused"))).message, "A.Refused: no logs");
  await client.close();
  assert.is((await reading).code, "docker.closed");
  await Promise.all(gone);
});

test("sendFile() sends bytes as they are, once, and reads the answer (moby 10)", async () => {
  const clock = testClock();
  await using plugin = await startPlugin(socket(), (request, response, count) => {
    if (count > 1) return void response.destroy();
    echo(request, response);
  });
  await using client = new PluginClient(plugin.address, { clock });
  async function* data() {
    const bytes = Buffer.from(JSON.stringify(MANIFEST));
    yield bytes.subarray(0, 5);
    await Promise.resolve();
    yield bytes.subarray(5);
  }
  assert.equal(await client.sendFile("Test.Echo?id=a&parent=", data()), MANIFEST);
  assert.is(plugin.received[0]!.url, "/Test.Echo?id=a&parent=");
  assert.is(plugin.received[0]!.headers["transfer-encoding"], "chunked");
  assert.is((await errorOf(client.sendFile("Test.Echo", data()))).code, "docker.unreachable");
  assert.is(plugin.received.length, 2);
  assert.equal(clock.slept, []);
});

test("sendFile() says what reading the bytes failed with, and stops sending when it is refused", async () => {
  await using plugin = await startRaw(socket(), (socket) => {
    socket.once("data", () => socket.write("HTTP/1.1 404 No\r\nContent-Length: 2\r\n\r\nno"));
  });
  await using client = new PluginClient(plugin.address);
  async function* broken() {
    yield Buffer.from("a");
    await Promise.resolve();
    throw new Error("the disk is gone");
  }
  await using other = await startPlugin(socket(), echo);
  await using second = new PluginClient(other.address);
  const error = await errorOf(second.sendFile("A.B", broken()));
  assert.is(error.code, "input.unreadable");
  assert.match(error.message, "the disk is gone");
  let ended = false;
  async function* endless() {
    try {
      while (true) {
        yield Buffer.alloc(1024);
        await new Promise((resolve) => setTimeout(resolve));
      }
    } finally {
      ended = true;
    }
  }
  assert.ok(isNotFound(await errorOf(client.sendFile("A.B", endless()))));
  for (let n = 0; n < 200 && !ended; n++) await new Promise((resolve) => setTimeout(resolve, 10));
  assert.ok(ended);
});

test("a call is given up by its signal, before, during and between tries", async () => {
  await using plugin = await startPlugin(socket(), () => {});
  await using client = new PluginClient(plugin.address);
  const before = AbortSignal.abort();
  assert.is((await errorOf(client.call("A.B", {}, { signal: before }))).code, "call.aborted");
  assert.is(plugin.received.length, 0);
  // A kept connection as well as a new one.
  for (let n = 0; n < 2; n++) {
    const controller = new AbortController();
    const calling = errorOf(client.call("A.B", {}, { signal: controller.signal }));
    while (plugin.received.length === n) await new Promise((resolve) => setTimeout(resolve, 5));
    controller.abort("enough");
    const error = await calling;
    assert.equal([error.code, error.cause], ["call.aborted", "enough"]);
  }
  const controller = new AbortController();
  const clock = testClock(() => controller.abort());
  await using dead = new PluginClient(`unix://${socket()}`, { clock });
  const { signal } = controller;
  assert.is((await errorOf(dead.call("A.B", {}, { signal }))).code, "call.aborted");
  assert.equal(clock.slept, [1_000]);
});

test("close() ends what is under way and what waits for its next try; calls are refused then", async () => {
  await using plugin = await startPlugin(socket(), () => {});
  const client = new PluginClient(plugin.address);
  const calling = errorOf(client.call("A.B", {}));
  while (plugin.received.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  await client.close();
  assert.is((await calling).code, "docker.closed");
  assert.is((await errorOf(client.call("A.B"))).code, "docker.closed");
  await client.close();
  const clock = testClock(() => dead.close());
  const dead = new PluginClient(`unix://${socket()}`, { clock });
  assert.is((await errorOf(dead.call("A.B"))).code, "docker.closed");
  assert.equal(clock.slept, [1_000]);
});

test("a thousand calls at once are all answered, over connections that are used again", async () => {
  await using plugin = await startPlugin(socket(), echo);
  const clock = testClock();
  await using client = new PluginClient(plugin.address, { clock });
  const all = Array.from({ length: 1_000 }, (_, n) => client.call("A.B", { n }));
  assert.equal(await Promise.all(all), Array.from({ length: 1_000 }, (_, n) => ({ n })));
  assert.equal(clock.slept, []);
  assert.ok(plugin.connections() <= 256);
});

test("what is no method, or no JSON, is not sent", async () => {
  await using plugin = await startPlugin(socket(), echo);
  await using client = new PluginClient(plugin.address);
  const circle: unknown[] = [];
  circle.push(circle);
  for (
    const [method, args] of [["A B", {}], ["A.B\r\nX: y", {}], ["", {}], ["A.B", circle], [
      "A.B",
      1n,
    ]]
  ) {
    const error = await errorOf(client.call(method as string, args));
    assert.is(error.code, "usage.invalid", String(method));
  }
  assert.is(plugin.received.length, 0);
});

test.run();

import * as assert from "uvu/assert";
import { bundleTransport } from "../../src/docker/bundle-transport.ts";
import type { DockerHandler } from "../../src/docker/handler.ts";
import { PluginClient } from "../../src/docker/plugin-client.ts";
import { LIMITS } from "../../src/limits.ts";
import { errorOf, testClock } from "../support/docker-plugin.ts";
import { suite } from "../support/suite.ts";

const test = suite("bundleTransport");

/** A handler that answers as `answer` says, and the methods and bodies that it was asked. */
function handlerOf(answer: () => Promise<[status: number, body: string]>) {
  const asked: [method: string, body: string][] = [];
  const signals: AbortSignal[] = [];
  const handler: DockerHandler = {
    implements: ["apple"],
    call: async (method, body, options = {}) => {
      asked.push([method, new TextDecoder().decode(body)]);
      if (options.signal !== undefined) signals.push(options.signal);
      const [status, text] = await answer();
      return { status, body: new TextEncoder().encode(text) };
    },
  };
  return { handler, asked, signals };
}

test("a client asks a handler as it asks a socket, and tries nothing again", async () => {
  const clock = testClock();
  const answers: [number, string][] = [[200, "{}"], [500, '{"Err":"no"}'], [200, "{"], [200, ""]];
  const { handler, asked } = handlerOf(() => Promise.resolve(answers.shift()!));
  await using client = new PluginClient(bundleTransport(handler), { clock });
  assert.equal(await client.call("/A.B", { a: 1 }), {});
  assert.is((await errorOf(client.call("A.B"))).message, "A.B: no");
  assert.is((await errorOf(client.call("A.B", null))).code, "docker.answer-invalid");
  await client.notify("A.C");
  assert.equal(asked, [["A.B", '{"a":1}\n'], ["A.B", ""], ["A.B", "null\n"], ["A.C", ""]]);
  assert.equal(clock.slept, []);
});

test("whoever gives a call up, by a signal, by time or by closing, waits for nobody", async () => {
  const { handler, signals } = handlerOf(() => new Promise(() => {}));
  const client = new PluginClient(bundleTransport(handler));
  const controller = new AbortController();
  const { signal } = controller;
  const calling = errorOf(client.call("A.B", {}, { signal }));
  while (signals.length === 0) await new Promise((resolve) => setTimeout(resolve));
  controller.abort();
  assert.is((await calling).code, "call.aborted");
  const late = errorOf(client.call("A.B", {}, { timeoutMs: 10, retry: false }));
  assert.is((await late).code, "docker.timeout");
  const closing = errorOf(client.call("A.B", {}));
  while (signals.length < 3) await new Promise((resolve) => setTimeout(resolve));
  await client.close();
  assert.is((await closing).code, "docker.closed");
  // The guest is told as well.
  assert.equal(signals.map(({ aborted }) => aborted), [true, true, true]);
});

test("bytes that are sent as they are go in one piece, up to what a call may take", async () => {
  const { handler, asked } = handlerOf(() => Promise.resolve([200, "{}"]));
  await using client = new PluginClient(bundleTransport(handler));
  async function* data(count: number, bytes: number) {
    const chunk = new Uint8Array(bytes).fill(0x61);
    for (let n = 0; n < count; n++) {
      await Promise.resolve();
      yield chunk;
    }
  }
  assert.equal(await client.sendFile("A.B", data(3, 2)), {});
  assert.equal(asked, [["A.B", "aaaaaa"]]);
  const count = LIMITS.callInputBytes / (1 << 20) + 1;
  const error = await errorOf(client.sendFile("A.B", data(count, 1 << 20)));
  assert.is(error.code, "docker.request-too-large");
  assert.is(asked.length, 1);
});

test.run();

import * as assert from "uvu/assert";
import { createDoor } from "../../src/docker/door.ts";
import { MEDIA_TYPE } from "../../src/docker/wire.ts";
import type { HttpRequest } from "../../src/platform/http-server.ts";
import { suite } from "../support/suite.ts";

const test = suite("docker/door");

const calls: [string, string][] = [];
const door = () =>
  createDoor({
    implements: ["VolumeDriver"],
    call: (method, body) => {
      calls.push([method, new TextDecoder().decode(body)]);
      return Promise.resolve({ status: 200, body: new TextEncoder().encode("{}\n") });
    },
  });

const request = (change: Partial<HttpRequest> = {}): HttpRequest => ({
  method: "POST",
  path: "/VolumeDriver.List",
  origin: undefined,
  signal: new AbortController().signal,
  readBody: () => Promise.resolve(new TextEncoder().encode("{}")),
  ...change,
});

async function answer(change: Partial<HttpRequest>, of = door()) {
  calls.length = 0;
  const { status, mediaType, body } = await of.answer(request(change));
  assert.is(mediaType, MEDIA_TYPE);
  return { status, ...JSON.parse(new TextDecoder().decode(body)) };
}

test("a POST is a call by the name of its path", async () => {
  assert.equal(await answer({}), { status: 200 });
  assert.equal(calls, [["VolumeDriver.List", "{}"]]);
});

for (
  const [what, change, status, words] of [
    ["another method", { method: "GET" }, 405, /by POST, not "GET"/],
    ["a web page", { origin: "http://evil.example" }, 403, /no web page of "http:\/\/evil/],
    ["a page of no site", { origin: "null" }, 403, /"null"/],
    ["a body that is too large", { readBody: () => Promise.resolve(undefined) }, 413, /bytes/],
  ] as const
) {
  test(`it refuses ${what}, and calls nobody`, async () => {
    const reply = await answer(change);
    assert.is(reply.status, status);
    assert.match(reply.Err, words);
    assert.equal(calls, []);
  });
}

test("a door that is closed takes no new calls", async () => {
  const closed = door();
  closed.close();
  const { status, Err } = await answer({}, closed);
  assert.is(status, 503);
  assert.match(Err, /\[docker\.closed\]$/);
  assert.equal(calls, []);
});

test("a door that is closed does not wait for the rest of a call, nor minds how that ends", async () => {
  const closed = door();
  let fail!: (error: Error) => void;
  const readBody = () => new Promise<Uint8Array>((_, reject) => fail = reject);
  const answered = answer({ readBody }, closed);
  closed.close();
  assert.is((await answered).status, 503);
  fail(new Error("the client went away"));
  assert.equal(calls, []);
});

test.run();

import * as assert from "uvu/assert";
import { blob, type BlobGrant } from "../../src/capability/blob.ts";
import { blobFromBytes } from "../../src/capability/blob-source.ts";
import { type Blob, createBlobTable } from "../../src/capability/blob-table.ts";
import { FUNCTION_NAMES } from "../../src/capability/function-names.ts";
import type { HostCall, OpenedCapability } from "../../src/capability/host-function.ts";
import { LIMITS } from "../../src/limits.ts";
import { PluginError } from "../../src/plugin-error.ts";
import { type Answer, ask, askBytes, hostCall, pluginNamed } from "../support/capability.ts";
import { suite } from "../support/suite.ts";

const test = suite("blob");

const open = (grant: BlobGrant = {}): Promise<OpenedCapability> =>
  blob.open(grant, pluginNamed("x"));

/** A call with these blobs, and their handles. */
function callWith(blobs: readonly Blob[], signal?: AbortSignal): [HostCall, readonly number[]] {
  const table = createBlobTable(blobs);
  return [hostCall({ blobs: table, ...(signal === undefined ? {} : { signal }) }), table.handles];
}

/** `blob_read`: the bytes, or the error. */
async function read(
  opened: OpenedCapability,
  call: HostCall,
  handle: unknown,
  maxBytes: unknown = 4,
): Promise<number[] | string> {
  const request = new TextEncoder().encode(JSON.stringify({ handle, maxBytes }));
  const answer = await askBytes(opened, "blob_read", request, call);
  if (answer[0] === 0) return [...answer.subarray(1)];
  assert.is(answer[0], 1);
  return (JSON.parse(new TextDecoder().decode(answer.subarray(1))) as Answer).error!.code;
}

/** `blob_write`: how many bytes, or the error. */
async function write(
  opened: OpenedCapability,
  call: HostCall,
  handle: number,
  bytes: Uint8Array,
): Promise<unknown> {
  const request = new Uint8Array(4 + bytes.length);
  new DataView(request.buffer).setUint32(0, handle, true);
  request.set(bytes, 4);
  const answer = await askBytes(opened, "blob_write", request, call);
  const { ok, error } = JSON.parse(new TextDecoder().decode(answer)) as Answer;
  return error?.code ?? ok!["written"];
}

/** A blob whose every action is this one. */
function doing(action: () => Promise<never>): Blob {
  return { read: action, write: action, close: action };
}

test("it gives the functions it names", async () => {
  assert.equal((await open()).functions.map((one) => one.name), [...FUNCTION_NAMES.blob]);
});

test("blob_read gives chunks to the end, and an empty one there", async () => {
  const b = await open();
  const [call, [handle]] = callWith([blobFromBytes(Uint8Array.of(0, 1, 2, 255, 4, 5))]);
  assert.equal(await read(b, call, handle), [0, 1, 2, 255]);
  assert.equal(await read(b, call, handle), [4, 5]);
  assert.equal(await read(b, call, handle), []);
  assert.equal(await read(b, call, handle), []);
});

test("blob_read gives no more at a time than a chunk, however much is asked for", async () => {
  const b = await open();
  const [call, [handle]] = callWith([blobFromBytes(new Uint8Array(LIMITS.blobChunkBytes + 1))]);
  const chunk = await read(b, call, handle, Number.MAX_SAFE_INTEGER);
  assert.is(chunk.length, LIMITS.blobChunkBytes);
});

test("blob_write hands over every byte, in order", async () => {
  const b = await open();
  const chunks: Uint8Array[] = [];
  const sink: Blob = {
    write: (bytes) => {
      chunks.push(bytes);
      return Promise.resolve();
    },
    close: () => Promise.resolve(),
  };
  const [call, [handle]] = callWith([sink]);
  assert.is(await write(b, call, handle!, Uint8Array.of(1, 2)), 2);
  assert.is(await write(b, call, handle!, new Uint8Array(0)), 0);
  assert.is(await write(b, call, handle!, Uint8Array.of(3)), 1);
  assert.equal(chunks.flatMap((one) => [...one]), [1, 2, 3]);
  const large = new Uint8Array(LIMITS.blobChunkBytes + 1);
  assert.is(await write(b, call, handle!, large), "capability.limit");
});

test("a blob is only for what it was handed over for", async () => {
  const b = await open();
  const sink: Blob = { write: () => Promise.resolve(), close: () => Promise.resolve() };
  const [call, [source, target]] = callWith([blobFromBytes(Uint8Array.of(1)), sink]);
  assert.is(await write(b, call, source!, Uint8Array.of(1)), "capability.denied");
  assert.is(await read(b, call, target), "capability.denied");
});

test("a handle of another call, a closed one and an invented one are not found", async () => {
  const b = await open();
  const [first, [handle]] = callWith([blobFromBytes(Uint8Array.of(1))]);
  const [second, [other]] = callWith([blobFromBytes(Uint8Array.of(2))]);
  assert.is.not(handle, other);
  assert.is(await read(b, second, handle), "capability.not-found");
  assert.is(await read(b, first, other), "capability.not-found");
  assert.is(await read(b, first, 0), "capability.not-found");
  assert.is(await write(b, first, 0xffff_ffff, Uint8Array.of(1)), "capability.not-found");
  assert.equal(await ask(b, "blob_close", { handle: handle! }, first), { ok: {} });
  assert.is(await read(b, first, handle), "capability.not-found");
  const again = await ask(b, "blob_close", { handle: handle! }, first);
  assert.is(again.error?.code, "capability.not-found");
});

test("a request of another form is refused", async () => {
  const b = await open();
  const [call, [handle]] = callWith([blobFromBytes(Uint8Array.of(1))]);
  for (const wrong of [-1, 1.5, "1", null, 2 ** 32]) {
    assert.is(await read(b, call, wrong), "capability.invalid", String(wrong));
  }
  for (const wrong of [0, -1, 1.5, "1"]) {
    assert.is(await read(b, call, handle, wrong), "capability.invalid", String(wrong));
  }
  const answer = await askBytes(b, "blob_write", new Uint8Array(3), call);
  assert.match(new TextDecoder().decode(answer), "capability.invalid");
});

test("reading is bounded for each call by itself, and a stream may end at the bound", async () => {
  const b = await open({ maxReadBytes: 4 });
  const [call, [exact, more]] = callWith([
    blobFromBytes(new Uint8Array(4)),
    blobFromBytes(new Uint8Array(1)),
  ]);
  assert.is((await read(b, call, exact, 10)).length, 4);
  assert.equal(await read(b, call, exact, 10), []);
  assert.is(await read(b, call, more, 10), "capability.limit");
  const [next, [handle]] = callWith([blobFromBytes(new Uint8Array(9))]);
  assert.is((await read(b, next, handle, 10)).length, 4);
  assert.is(await read(b, next, handle, 10), "capability.limit");
});

test("writing is bounded before it is done", async () => {
  const b = await open({ maxWriteBytes: 4 });
  let written = 0;
  const sink: Blob = {
    write: (bytes) => {
      written += bytes.length;
      return Promise.resolve();
    },
    close: () => Promise.resolve(),
  };
  const [call, [handle]] = callWith([sink]);
  assert.is(await write(b, call, handle!, new Uint8Array(3)), 3);
  assert.is(await write(b, call, handle!, new Uint8Array(2)), "capability.limit");
  assert.is(written, 3);
});

test("a stream that throws harms only its call, and its words stay with the host", async () => {
  const b = await open();
  const bad: Blob[] = [
    doing(() => Promise.reject(new Error("/secret/path"))),
    doing(() => {
      throw new Error("/secret/path");
    }),
    { read: (max) => Promise.resolve(new Uint8Array(max + 1)), close: () => Promise.resolve() },
    { read: () => Promise.resolve("text" as never), close: () => Promise.resolve() },
  ];
  for (const one of bad) {
    const [call, [handle]] = callWith([one]);
    assert.is(await read(b, call, handle), "capability.failed");
    if (one.write === undefined) continue;
    assert.is(await write(b, call, handle!, Uint8Array.of(1)), "capability.failed");
    const { error } = await ask(b, "blob_close", { handle: handle! }, call);
    assert.is(error?.code, "capability.failed");
    assert.not.match(error!.message, "secret");
  }
});

test("a stream that hangs ends with its call", async () => {
  const b = await open();
  const ending = new AbortController();
  const [call, [handle]] = callWith([doing(() => new Promise(() => {}))], ending.signal);
  const reading = read(b, call, handle);
  const writing = write(b, call, handle!, Uint8Array.of(1));
  const closing = ask(b, "blob_close", { handle: handle! }, call);
  ending.abort();
  assert.is(await reading, "capability.timeout");
  assert.is(await writing, "capability.timeout");
  assert.is((await closing).error?.code, "capability.timeout");
});

test("a grant of another form is refused", async () => {
  for (const grant of [{ maxReadBytes: 0 }, { maxreadbytes: 1 }, null]) {
    let code: string | undefined;
    await open(grant as BlobGrant).catch((error: PluginError) => code = error.code);
    assert.is(code, "config.invalid", JSON.stringify(grant));
  }
});

test.run();
